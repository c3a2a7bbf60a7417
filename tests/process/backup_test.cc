// Backup and restore of a real server: what is copied a second time, wrong uses,
// and what is half made.
#include <gtest/gtest.h>

#include <sysexits.h>

#include <filesystem>
#include <fstream>

#include "tests/process/recycled_log.h"
#include "tools/text/ids_text.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using tools::digest_text;

class Backup : public RecycledLog {};

TEST_F(Backup, WrongUsesAreToldAndHalfMadeOnesRefused) {
  ASSERT_NO_FATAL_FAILURE(open_shop());
  net::Client client = server.connect();
  ASSERT_NO_FATAL_FAILURE(pay(client, 500));
  const std::string dir = directory.path();
  const std::string backup = scratch.path() + "/backup";
  const std::string empty = scratch.path() + "/empty";
  fs::create_directory(empty);
  const auto expect_said = [](const std::string& said, std::string_view part) {
    EXPECT_NE(said.find(part), std::string::npos) << said;
  };
  expect_said(fails({"backup", empty, backup}, 66), "holds no Holdfast log");
  expect_said(fails({"backup", dir, dir}, 64), "is not empty and not a backup");
  expect_said(fails({"backup", dir, scratch.path()}, 64), "is not empty and not a backup");
  expect_said(fails({"restore", empty, scratch.path() + "/x"}, 66), "is no backup");
  json made = tool({"backup", dir, backup});
  EXPECT_EQ(made["position"], last.value);
  EXPECT_GT(made["bytes"], 0);
  made = tool({"backup", dir, backup});
  // But for the block that an idle server marks its last records durable with.
  EXPECT_LE(made["bytes"], 4096) << "nothing is copied a second time";
  ASSERT_NO_FATAL_FAILURE(pay(client, 50));
  made = tool({"backup", dir, backup});
  EXPECT_EQ(made["position"], last.value);
  EXPECT_LT(made["bytes"], 100'000) << "only what came since";

  expect_said(fails({"restore", backup, dir}, 69), "a running server uses");
  expect_said(fails({"restore", backup}, 64), "it is not said where to restore to");
  expect_said(fails({"restore", backup, scratch.path()}, 64), "is not empty");
  expect_said(fails({"restore", backup, empty, "--until", "999999999"}, 1),
              "position 999999999 cannot be restored");
  expect_said(fails({"restore", backup, empty, "--until", "2020-01-01"}, 1),
              "2020-01-01T00:00:00.000000000Z cannot be");
  EXPECT_TRUE(fs::is_empty(empty)) << "a refusal leaves nothing behind";
  ServerProcess on_backup(backup);
  EXPECT_FALSE(on_backup.start());
  EXPECT_EQ(on_backup.wait(), EX_DATAERR);
  expect_said(on_backup.log(), "is a backup, not a data directory");
  // The tools read a backup as they read a data directory.
  EXPECT_EQ(replay(backup)["digest"], digest_text(client.show_status(true)->digest));

  // A copy to work with is another log from its first command on.
  const std::string copy = scratch.path() + "/copy";
  const json other = tool({"restore", backup, copy, "--new-log-id"});
  EXPECT_NE(other["log_id"], other["restored_from_log_id"]);
  EXPECT_EQ(other["position"], last.value);
  EXPECT_EQ(other["digest"], digest_text(client.show_status(true)->digest));

  // A restore that did not come to its end.
  const std::string half = scratch.path() + "/half";
  fs::copy(copy, half);
  std::ofstream(half + "/restore.unfinished") << "\n";
  ServerProcess on_half(half);
  EXPECT_FALSE(on_half.start());
  EXPECT_EQ(on_half.wait(), EX_DATAERR);
  expect_said(on_half.log(), "did not come to its end");
  expect_said(fails({"restore", backup, half}, 64), "did not come to its end");

  // Damage, and a manifest that is gone.
  flip_bit(files_in(backup, "wal-")[0], 40'960 + 200);
  const json checked = tool({"restore", backup, "--check"}, 1);
  EXPECT_EQ(checked["good"], false);
  expect_said(checked["problems"][0]["problem"].get<std::string>(), "at offset 40960");
  expect_said(fails({"restore", backup, scratch.path() + "/y"}, 1), "at offset 40960");
  fs::remove(backup + "/backup.manifest");
  expect_said(fails({"restore", backup, scratch.path() + "/z"}, 66), "has no backup.manifest");
}

// Written on 2026-11-26 by format version 1: with a snapshot of position 19 and one of position 44.
TEST(BackupOfVersion1, IsRestoredByEveryLaterHoldfast) {
  const std::string backup = HOLDFAST_SOURCE_DIR "/tests/data/backup-1";
  const TemporaryDirectory scratch;
  const auto restored = [&](const std::string& dir, const std::string& until) {
    const ProcessResult result = run_program(
        "holdfast", {"restore", backup, scratch.path() + dir, "--until", until, "--json"});
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
