// Backup and restore of a real server: beside load, snapshots and recycling; restored, started, and
// held against what was acknowledged and what a replay comes to.
//
//   HOLDFAST_BACKUPS=20 process_tools_test --gtest_filter='Backup*'
#include <gtest/gtest.h>

#include <sysexits.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/engine/commands.h"
#include "tests/process/recycled_log.h"
#include "tools/text/ids_text.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using tools::digest_text;

int backups_wanted() {
  const char* text = std::getenv("HOLDFAST_BACKUPS");
  return text == nullptr ? 4 : std::atoi(text);
}

class BackupUnderLoad : public RecycledLog {
 protected:
  // A snapshot after each half segment or so: log is let go all the time.
  BackupUnderLoad() : RecycledLog({"--snapshot-log-bytes", "2000000"}) {}

  void load_until(const std::atomic<bool>& stop) {
    net::Client client = server.connect();
    while (!stop && !HasFatalFailure()) {
      pay(client, 1'000);
      acknowledged = last.value;
      ++rounds;
    }
  }
  void wait_for_rounds(std::uint64_t more) const {
    const std::uint64_t goal = rounds + more;
    while (rounds < goal) ::usleep(5'000);
  }

  /// Starts a server on a restored directory and asks it for its state, and for answers that were
  /// given before.
  void expect_serves(const std::string& dir, const std::string& state_digest, LogPosition position) {
    ServerProcess restored(dir, {"--segment-bytes", "4194304"});
    ASSERT_TRUE(restored.start()) << restored.log();
    EXPECT_EQ(restored.ready().at("position"), std::to_string(position.value));
    net::Client client = restored.connect();
    EXPECT_EQ(digest_text(client.show_status(true)->digest), state_digest);
    std::size_t asked = 0;
    for (std::size_t at = 0; at < answers.size(); at += 97) {
      const auto& [command, answer] = answers[at];
      if (answer.position > position) continue;
      const auto again = client.execute(command);
      ASSERT_TRUE(again.has_value()) << again.error().message;
      EXPECT_EQ(again->flags & kOutcomeRepeated, kOutcomeRepeated) << "position " << answer.position.value << " was lost";
      EXPECT_EQ(again->position, answer.position);
      EXPECT_EQ(again->decision, answer.decision);
      ++asked;
    }
    EXPECT_GT(asked, 10U);
    EXPECT_EQ(restored.terminate(), 0);
  }

  std::atomic<std::uint64_t> acknowledged = 0;  // position
  std::atomic<std::uint64_t> rounds = 0;
};

TEST_F(BackupUnderLoad, NothingAcknowledgedBeforeItIsMissingAndItRestoresToAnyPosition) {
  ASSERT_NO_FATAL_FAILURE(open_shop());
  const std::string backup = scratch.path() + "/backup";
  const std::string plain = scratch.path() + "/plain";  // made without the archive
  std::atomic<bool> stop = false;
  std::thread gateway([&] { load_until(stop); });
  wait_for_rounds(30);
  std::uint64_t covered = 0;
  for (int i = 0; i < backups_wanted(); ++i) {
    const std::uint64_t before = acknowledged;
    const json made = tool({"backup", directory.path(), backup, "--archive-dir", archive.path()});
    covered = made["position"];
    EXPECT_GE(covered, before);
    ASSERT_EQ(made["restorable"].size(), 1U) << made;
    EXPECT_EQ(made["restorable"][0]["position_first"], 1) << "with the archive all history is in it";
    // The other tools read the same files meanwhile.
    EXPECT_GE(replay(directory.path())["position"], before);
    EXPECT_GE(replay(directory.path(), {"--verify"})["position"], before);
    EXPECT_GE(tool({"holds", "--dir", directory.path()})["position"], before);
    const std::uint64_t before_plain = acknowledged;
    const json without = tool({"backup", directory.path(), plain});
    EXPECT_GE(without["position"], before_plain);
    EXPECT_GT(without["restorable"].size(), 0U);
    wait_for_rounds(12);
  }
  stop = true;
  gateway.join();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_FALSE(begins_with_the_first()) << "the server was meant to let log go";

  for (const std::string& target : {backup, plain}) {
    SCOPED_TRACE(target);
    EXPECT_EQ(tool({"restore", target, "--check"})["good"], true);
    const std::string dir = target + "-restored";
    const json restored = tool({"restore", target, dir});
    const LogPosition position{restored["position"].get<std::uint64_t>()};
    EXPECT_EQ(restored["log_id"], restored["restored_from_log_id"]);
    const json history = replay(directory.path(), {"--archive-dir", archive.path(), "--until",
                                                   std::to_string(position.value)});
    EXPECT_EQ(restored["digest"], history["digest"]) << "that of a replay to the same position";
    ASSERT_NO_FATAL_FAILURE(expect_serves(dir, restored["digest"], position));
    EXPECT_EQ(run_program("holdfast", {"wal", "verify", dir}).exit_code, 0);
  }

  // Anywhere: soon after the beginning, in the middle, at a time.
  const auto history_until = [&](const std::string& point) {
    return replay(directory.path(), {"--archive-dir", archive.path(), "--from-start", "--until", point});
  };
  int at = 0;
  for (const std::string& point : {std::string("700"), std::to_string(covered / 2),
                                   history_until(std::to_string(covered * 2 / 3))["time"].get<std::string>()}) {
    SCOPED_TRACE(point);
    const std::string dir = scratch.path() + "/then" + std::to_string(++at);
    const json restored = tool({"restore", backup, dir, "--until", point});
    const json history = history_until(point);
    EXPECT_EQ(restored["position"], history["position"]);
    EXPECT_EQ(restored["digest"], history["digest"]);
    EXPECT_EQ(restored["cut_records"], covered - restored["position"].get<std::uint64_t>());
    EXPECT_NE(restored["log_id"], restored["restored_from_log_id"]);
  }

  // The cut one is another log: the original's archive and backup are refused, and the tools say so.
  const std::string cut = scratch.path() + "/then2";
  ServerProcess confused(cut, {"--segment-bytes", "4194304", "--archive-dir", archive.path()});
  EXPECT_FALSE(confused.start());
  EXPECT_EQ(confused.wait(), EX_DATAERR);
  EXPECT_NE(confused.log().find("the archive holds the log of another data directory, or of this one from before a restore "
                                "cut it"),
            std::string::npos)
      << confused.log();
  EXPECT_NE(fails({"backup", cut, backup}, 64).find("a backup of another log"), std::string::npos);
  EXPECT_NE(fails({"wal", "replay", cut, "--archive-dir", archive.path()}, 1).find("is of log"), std::string::npos);
  ASSERT_NO_FATAL_FAILURE(expect_serves(cut, replay(cut)["digest"], LogPosition{covered / 2}));
}

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
  EXPECT_EQ(made["bytes"], 0) << "nothing is copied a second time";
  ASSERT_NO_FATAL_FAILURE(pay(client, 50));
  made = tool({"backup", dir, backup});
  EXPECT_EQ(made["position"], last.value);
  EXPECT_LT(made["bytes"], 100'000) << "only what came since";

  expect_said(fails({"restore", backup, dir}, 69), "a running server uses");
  expect_said(fails({"restore", backup}, 64), "it is not said where to restore to");
  expect_said(fails({"restore", backup, scratch.path()}, 64), "is not empty");
  expect_said(fails({"restore", backup, empty, "--until", "999999999"}, 1), "position 999999999 cannot be restored");
  expect_said(fails({"restore", backup, empty, "--until", "2020-01-01"}, 1), "2020-01-01T00:00:00.000000000Z cannot be");
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
