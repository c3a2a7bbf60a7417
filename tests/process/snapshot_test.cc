// Snapshots of a real server: on request and by size, restarts from them, what is let go and
// archived, and what it says when one is bad.
#include <gtest/gtest.h>

#include <sysexits.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/engine/commands.h"
#include "tests/process/data_files.h"
#include "tests/process/log_replay.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

class SnapshotProcess : public testing::Test {
 protected:
  SnapshotProcess()
      : server(directory.path(), {"--segment-bytes", "4194304", "--snapshot-log-bytes", "0",
                                  "--archive-dir", archive.path()}) {}

  // Two segments and more.
  void fill(net::Client& client, std::uint64_t first) {
    constexpr std::uint64_t kCommands = 80'000;
    for (std::uint64_t i = 0; i < kCommands;) {
      std::vector<net::ClientReply> replies;
      for (int batch = 0; batch < 1'000; ++batch, ++i) {
        client.submit(create_account(first + i, first + i, 100));
      }
      ASSERT_TRUE(client.flush().has_value());
      while (replies.size() < 1'000) ASSERT_TRUE(client.receive(replies).has_value());
    }
  }

  nlohmann::json run_now() {
    const ProcessResult now =
        run_program("holdfast", {"--connect", server.endpoint(), "--json", "snapshot", "now"});
    EXPECT_EQ(now.exit_code, 0) << now.err << server.log();
    return now.exit_code == 0 ? nlohmann::json::parse(now.out) : nlohmann::json();
  }

  // Two snapshots with log between, so that the first segments go to the archive.
  void take_two() {
    ASSERT_TRUE(server.start()) << server.log();
    net::Client client = server.connect();
    fill(client, 1'000'000);
    EXPECT_EQ(run_now()["position"], client.show_status(false)->position.value);
    fill(client, 2'000'000);
    EXPECT_EQ(run_now()["position"], client.show_status(false)->position.value);
    ASSERT_TRUE(client.execute(create_account(5, 5, 100)).has_value());
    digest = client.show_status(true)->digest;
    const auto is_there = [&](int segment) {
      return fs::exists(directory.path() + "/wal-000000000000000" + std::to_string(segment) +
                        ".log");
    };
    wait_for("two segments are let go", [&] { return !is_there(1) && !is_there(2); });
    server.kill();
    ASSERT_EQ(files_in(directory.path(), "snapshot-").size(), 2U);
    ASSERT_GE(files_in(archive.path(), "wal-").size(), 2U) << server.log();
    ASSERT_FALSE(is_there(1)) << server.log();
  }

  void expect_restart(const std::string& said, std::uint64_t records_max) {
    ASSERT_TRUE(server.start()) << server.log();
    EXPECT_NE(server.log().find(said), std::string::npos) << server.log();
    EXPECT_LE(std::stoull(server.ready().at("recovered_records")), records_max);
    net::Client client = server.connect();
    EXPECT_EQ(client.show_status(true)->digest, digest);
  }

  const TemporaryDirectory directory;
  const TemporaryDirectory archive;
  ServerProcess server;
  StateDigest digest;
};

TEST_F(SnapshotProcess, ARestartGoesOnFromTheNewestOne) {
  ASSERT_NO_FATAL_FAILURE(take_two());
  expect_restart("loaded the snapshot of position 160001", 10);
  // All of history is there, in the archive and the directory together.
  const ReplayedLog log = replay_log(directory.path(), archive.path());
  ASSERT_EQ(log.error, "");
  EXPECT_EQ(log.engine->digest(), digest);
  const ProcessResult replay = run_program(
      "holdfast", {"wal", "replay", directory.path(), "--archive-dir", archive.path(), "--json"});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
  const ProcessResult verified = run_program("holdfast", {"wal", "verify", directory.path()});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << "log that was let go is not missed";
  const ProcessResult snapshots =
      run_program("holdfast", {"snapshot", "verify", directory.path(), "--replay", "--archive-dir",
                               archive.path(), "--json"});
  EXPECT_EQ(snapshots.exit_code, 0) << snapshots.out << snapshots.err;
  const auto told = nlohmann::json::parse(snapshots.out);
  ASSERT_EQ(told["snapshots"].size(), 2U);
  EXPECT_EQ(told["snapshots"][1]["replay"], "same digest");
}

TEST_F(SnapshotProcess, ABadNewestOneIsPassedOverAndNoneAtAllIsReplayedFromTheArchive) {
  ASSERT_NO_FATAL_FAILURE(take_two());
  const auto snapshots = files_in(directory.path(), "snapshot-");
  flip_bit(snapshots[1], 300'000);
  expect_restart("a newer snapshot was passed over: an older one and more log are used", 85'000);
  EXPECT_NE(server.log().find(snapshots[1] + " is damaged (at offset "), std::string::npos)
      << server.log();
  server.kill();
  const ProcessResult verified = run_program("holdfast", {"snapshot", "verify", directory.path()});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_NE(verified.out.find("1 of 2 bad"), std::string::npos) << verified.out;

  flip_bit(snapshots[0], 8'192);
  expect_restart("archive and log are replayed from the first command", 170'000);
  server.kill();

  // Without the archive that cannot be, and is said.
  ServerProcess poor(directory.path(), {"--segment-bytes", "4194304"});
  EXPECT_FALSE(poor.start());
  EXPECT_EQ(poor.wait(), EX_DATAERR);
  EXPECT_NE(
      poor.log().find("no snapshot is good, and the log does not begin with the first command"),
      std::string::npos)
      << poor.log();
  EXPECT_NE(poor.log().find("--archive-dir"), std::string::npos);

  // Only the header is looked at to list them; what is wrong with one has a place of its own.
  flip_bit(snapshots[1], 200);
  const ProcessResult listed = run_program("holdfast", {"snapshot", "ls", directory.path()});
  EXPECT_EQ(listed.exit_code, 1);
  const std::string head = listed.out.substr(0, listed.out.find('\n'));
  EXPECT_TRUE(head.starts_with("snapshot") && head.ends_with("problem")) << listed.out;
  const auto told = nlohmann::json::parse(
      run_program("holdfast", {"snapshot", "ls", directory.path(), "--json"}).out);
  ASSERT_EQ(told["snapshots"].size(), 2U) << told;
  EXPECT_TRUE(told["snapshots"][0]["problem"].is_null()) << told;
  const auto& bad = told["snapshots"][1];
  EXPECT_TRUE(bad["time"].is_null() && bad["pages"].is_null()) << told;
  EXPECT_NE(bad["problem"].get<std::string>().find("checksum"), std::string::npos) << told;
  EXPECT_GT(bad["position"], told["snapshots"][0]["position"]) << "its name tells it";
}

TEST_F(SnapshotProcess, TheStatusTellsOfThem) {
  ASSERT_TRUE(server.start()) << server.log();
  const auto status = [&] {
    const ProcessResult result = run_program("holdfast",
                                             {"--connect", server.endpoint(), "--json", "status"});
    return nlohmann::json::parse(result.out);
  };
  EXPECT_EQ(status()["snapshots_on"], true);
  EXPECT_EQ(status()["snapshot_position"], 0);
  net::Client client = server.connect();
  ASSERT_TRUE(client.execute(create_account(5, 5, 100)).has_value());
  const auto now = run_now();
  EXPECT_EQ(now["position"], 2);
  EXPECT_EQ(status()["snapshot_position"], 2);
  EXPECT_EQ(status()["snapshot_bytes"], now["bytes"]);
  EXPECT_EQ(status()["snapshots_completed"], 1);
  EXPECT_EQ(run_now()["position"], 2) << "it is there already";
}

TEST(SnapshotsOff, ARequestForOneIsAnsweredSo) {
  const TemporaryDirectory directory;
  ServerProcess server(directory.path(), {"--no-snapshots"});
  ASSERT_TRUE(server.start()) << server.log();
  const ProcessResult now =
      run_program("holdfast", {"--connect", server.endpoint(), "snapshot", "now"});
  EXPECT_EQ(now.exit_code, 1);
  EXPECT_NE(now.err.find("the server takes no snapshots"), std::string::npos) << now.err;
}

TEST(SnapshotsOnSchedule, TheyAreTakenByLogBytes) {
  const TemporaryDirectory directory;
  ServerProcess server(directory.path(), {"--snapshot-log-bytes", "100000"});
  ASSERT_TRUE(server.start()) << server.log();
  net::Client client = server.connect();
  std::uint64_t request = 1;
  while (client.show_status(false)->snapshots.report.completed < 3) {
    ASSERT_LT(request, 1'000'000U) << server.log();
    ASSERT_TRUE(client.execute(create_account(request, request, 100)).has_value());
    ++request;
  }
  EXPECT_LE(files_in(directory.path(), "snapshot-").size(), 4U) << "two, and what is on its way";
}

}  // namespace
}  // namespace holdfast::test
