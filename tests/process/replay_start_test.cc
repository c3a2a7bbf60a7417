// Where a replay begins when the log no longer does with the first command: from a snapshot it comes to the
// same state as from the whole history, and says what it began with.
#include <gtest/gtest.h>

#include "tests/process/recycled_log.h"
#include "tools/text/ids_text.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using tools::digest_text;

std::string text_of(LogPosition position) { return std::to_string(position.value); }

class ReplayStartProcess : public RecycledLog {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(run_until_recycled());
    dir = directory.path();
    whole = {"--archive-dir", archive.path(), "--from-start"};
  }
  static std::vector<std::string> with(std::vector<std::string> arguments, const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::string dir;
  std::vector<std::string> whole;  // options for all of history
};

TEST_F(ReplayStartProcess, ReplayBeginsWithTheBestSnapshotBesideARunningServer) {
  ASSERT_EQ(snapshots.size(), 2U);
  json report = replay(dir);
  EXPECT_EQ(report["start_position"], snapshots[1].value);
  EXPECT_EQ(report["position"], last.value);
  EXPECT_EQ(report["records"], last.value - snapshots[1].value);
  EXPECT_EQ(report["digest"], digest_text(digest)) << "that of the running server";

  report = replay(dir, whole);
  EXPECT_EQ(report["start_position"], 0);
  EXPECT_EQ(report["records"], last.value);
  EXPECT_EQ(report["digest"], digest_text(digest));

  // To verify is to recompute all there is: from the older one, or from the archive's beginning.
  report = replay(dir, {"--verify"});
  EXPECT_EQ(report["start_position"], snapshots[0].value);
  EXPECT_EQ(report["records"], last.value - snapshots[0].value);
  report = replay(dir, {"--verify", "--archive-dir", archive.path()});
  EXPECT_EQ(report["start_position"], 0);

  // Below the newer snapshot the older one is the best, and at its position nothing is left to do.
  const LogPosition between{snapshots[1].value - 100};
  report = replay(dir, {"--until", text_of(between)});
  EXPECT_EQ(report["start_position"], snapshots[0].value);
  EXPECT_EQ(report["digest"], replay(dir, with({"--until", text_of(between)}, whole))["digest"]);
  report = replay(dir, {"--until", text_of(snapshots[1])});
  EXPECT_EQ(report["start_position"], snapshots[1].value);
  EXPECT_EQ(report["records"], 0);
  EXPECT_EQ(report["digest"], replay(dir, with({"--until", text_of(snapshots[1])}, whole))["digest"]);
  // A time is a point as well.
  const std::string then = report["time"];
  report = replay(dir, {"--until", then});
  EXPECT_EQ(report["start_position"], snapshots[1].value) << then;

  // Below both only the archive helps, and is then used without being asked to.
  const LogPosition early{snapshots[0].value - 1};
  const std::string refused = fails({"wal", "replay", dir, "--until", text_of(early)}, 1);
  EXPECT_NE(refused.find("no good snapshot is of position " + text_of(early) + " or before"), std::string::npos)
      << refused;
  EXPECT_NE(refused.find("Give --archive-dir"), std::string::npos) << refused;
  report = replay(dir, {"--until", text_of(early), "--archive-dir", archive.path()});
  EXPECT_EQ(report["start_position"], 0);
  EXPECT_EQ(report["position"], early.value);
  const std::string no_first = fails({"wal", "replay", dir, "--from-start"}, 1);
  EXPECT_NE(no_first.find("the first command is not there"), std::string::npos) << no_first;
}

}  // namespace
}  // namespace holdfast::test
