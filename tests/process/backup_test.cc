// A backup that an earlier Holdfast wrote.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

using nlohmann::json;

// Written on 2026-11-26 by format version 1: with a snapshot of position 19 and one of position 44.
TEST(BackupOfVersion1, IsRestoredByEveryLaterHoldfast) {
  const std::string backup = HOLDFAST_SOURCE_DIR "/tests/data/backup-1";
  const TemporaryDirectory scratch;
  const auto restored = [&](const std::string& dir, const std::string& until) {
    const ProcessResult result =
        run_program("holdfast", {"restore", backup, scratch.path() + dir, "--until", until, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out, nullptr, false);
  };
  EXPECT_EQ(run_program("holdfast", {"restore", backup, "--check"}).exit_code, 0);
  const json all = restored("/all", "44");
  EXPECT_EQ(all["digest"], "56608b170c1ae525b9c019886390359c");
  EXPECT_EQ(all["snapshot_position"], 44);
  const json part = restored("/part", "33");
  EXPECT_EQ(part["digest"], "bedab0f0cec4cd6e336d7207829acc6d");
  EXPECT_EQ(part["snapshot_position"], 19);
}

}  // namespace
}  // namespace holdfast::test
