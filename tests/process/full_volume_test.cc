// A volume that is really full: a small ext4 on a loop device,
// under load until nothing more goes in.
#include <gtest/gtest.h>
#include <sysexits.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/engine/commands.h"
#include "tests/process/gateway.h"
#include "tests/process/operations_page.h"
#include "tests/process/server_process.h"
#include "tests/process/volume.h"

namespace holdfast::test {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20;
// Too little for a segment, and for a snapshot of what the gateway has asked for.
constexpr std::uint64_t kTooLittle = kMiB / 2;

std::vector<std::string> options(const std::vector<std::string>& more) {
  std::vector<std::string> all{"--segment-bytes", "4194304", "--snapshot-log-bytes", "0"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

class FullVolume : public VolumeTest {
 protected:
  void load_until_full(const ServerProcess& server) {
    net::Client client = server.connect();
    const std::uint64_t before = gateway.declined();
    const auto end = gateway.load(client, [&] { return gateway.declined() > before + 500; });
    ASSERT_EQ(end, Gateway::End::asked_to) << server.log();
  }

  // New commands are declined, what was told is told again, and inquiries are answered.
  void expect_full(const ServerProcess& server, std::size_t answers) {
    net::Client client = server.connect();
    EXPECT_FALSE(gateway.try_one(client)) << "a new command was decided on a full volume";
    ASSERT_NO_FATAL_FAILURE(gateway.check_answers(client, answers));
    const auto account = client.show_account({100, 0});
    ASSERT_TRUE(account.has_value()) << account.error().message;
    EXPECT_EQ(account->credit_limit, Money{5'000});
    ASSERT_TRUE(client.show_card({1000, 0}).has_value());
    const ProcessResult status =
        run_program("holdfast", {"--connect", server.endpoint(), "status"});
    EXPECT_EQ(status.exit_code, 0) << status.err;
  }

  void expect_it_goes_on(const ServerProcess& server) {
    net::Client client = server.connect();
    wait_for("a new command is decided", [&] { return gateway.try_one(client); });
    ASSERT_NO_FATAL_FAILURE(gateway.resolve(client));
    EXPECT_EQ(gateway.unresolved(), 0U) << server.log();
  }

  void check_all(ServerProcess& server, const std::string& data_dir,
                 const std::string& archive_dir = "") {
    net::Client client = server.connect();
    ASSERT_NO_FATAL_FAILURE(gateway.check_answers(client, 0));
    const auto told = client.show_status(true);
    ASSERT_TRUE(told.has_value());
    server.kill();
    gateway.check_log(data_dir, archive_dir, *told);
  }

  Gateway gateway{number_from_environment("HOLDFAST_SEED", 1)};
};

class FullLog : public FullVolume, public testing::WithParamInterface<const char*> {};

TEST_P(FullLog, NewCommandsAreDeclinedUntilThereIsSpaceAndNothingIsLost) {
  Volume volume({});
  const std::string dir = volume.path() + "/data";
  ServerProcess server(dir, options({"--write-method", GetParam()}));
  volume.fill(12 * kMiB + kTooLittle);
  ASSERT_TRUE(server.start()) << server.log();
  {
    net::Client client = server.connect();
    gateway.set_up(client);
  }
  ASSERT_NO_FATAL_FAILURE(load_until_full(server));
  ASSERT_NO_FATAL_FAILURE(expect_full(server, 0));
  wait_for("it says so", [&] { return server.log().find("log: full") != std::string::npos; });
  expect_told(server.log(), "log: there is no room for another segment");
  expect_told(server.log(), "log: full: new commands are declined");

  volume.fill(0);
  const ProcessResult snapshot = run_program("holdfast",
                                             {"--connect", server.endpoint(), "snapshot", "now"});
  EXPECT_EQ(snapshot.exit_code, 1) << snapshot.out;
  EXPECT_NE(snapshot.err.find("failed"), std::string::npos) << snapshot.err;
  expect_told(server.log(), "failed: cannot write");

  // Its space comes back while it serves.
  volume.make_room();
  ASSERT_NO_FATAL_FAILURE(expect_it_goes_on(server));
  wait_for("it says so",
           [&] { return server.log().find("log: there is room again") != std::string::npos; });
  expect_told(server.log(), "log: there is room again");

  // Full once more; now it comes back after restarts, so many that they use up what a segment keeps
  // for their first blocks.
  volume.fill(kTooLittle);
  ASSERT_NO_FATAL_FAILURE(load_until_full(server));
  StateDigest digest;
  {
    net::Client client = server.connect();
    digest = client.show_status(true)->digest;
  }
  constexpr int kRestarts = 20;
  for (int i = 0; i < kRestarts; ++i) {
    if (i % 2 == 0) {
      server.kill();
    } else {
      ASSERT_EQ(server.terminate(), 0) << server.log();
    }
    ASSERT_TRUE(server.start()) << server.log();
    ASSERT_NO_FATAL_FAILURE(expect_full(server, 300));
  }
  {
    net::Client client = server.connect();
    EXPECT_EQ(client.show_status(true)->digest, digest)
        << "a restart on a full volume changes nothing";
  }
  server.kill();
  ServerProcess with_limits(dir, options({"--accounts-max", "1000"}));
  ASSERT_TRUE(with_limits.start()) << with_limits.log();
  wait_for("it says that",
           [&] { return with_limits.log().find("not in force") != std::string::npos; });
  expect_told(with_limits.log(), "the limits given are not in force");
  with_limits.kill();
  ASSERT_TRUE(server.start()) << server.log();
  volume.make_room();
  ASSERT_NO_FATAL_FAILURE(expect_it_goes_on(server));
  ASSERT_NO_FATAL_FAILURE(check_all(server, dir));
}

INSTANTIATE_TEST_SUITE_P(WriteMethods, FullLog, testing::Values("dsync", "fdatasync"),
                         [](const auto& test) { return test.param; });

TEST_F(FullVolume, ASnapshotMakesRoomWhereASegmentFindsNone) {
  Volume volume({});
  const std::string dir = volume.path() + "/data";
  ServerProcess server(dir, options({}));
  volume.fill(15 * kMiB);
  ASSERT_TRUE(server.start()) << server.log();
  net::Client client = server.connect();
  // One at a time each command takes a block of 4 KiB: much log, little state.
  std::uint64_t request = 0;
  const auto one = [&] {
    return client.execute(create_account(request + 1, request + 1, 0))->decision;
  };
  for (; request < 1'100; ++request) ASSERT_EQ(one(), Decision::approved);
  const ProcessResult now =
      run_program("holdfast", {"--connect", server.endpoint(), "snapshot", "now"});
  ASSERT_EQ(now.exit_code, 0) << now.err << server.log();
  // With a second one the log below the first can go. It is taken when the log is full.
  const auto snapshots = [&] { return client.show_status(false)->snapshots.report.completed; };
  bool was_full = false;
  while (snapshots() < 2) {
    if (one() == Decision::approved) {
      ASSERT_LT(++request, 10'000U);
    } else {
      was_full = true;
    }
  }
  EXPECT_TRUE(was_full);
  EXPECT_LT(volume.free_bytes(), 4 * kMiB);
  wait_for("a new command is decided", [&] { return one() == Decision::approved; });
  wait_for("it says so",
           [&] { return server.log().find("log: there is room again") != std::string::npos; });
  expect_told(server.log(), "log: there is room again");
}

TEST_F(FullVolume, AFirstStartSaysWhatItNeedsAndWorksOnceItHasIt) {
  Volume volume({});
  volume.fill(2 * kMiB);
  ServerProcess server(volume.path() + "/data", options({}));
  EXPECT_FALSE(server.start());
  EXPECT_EQ(server.wait(), EX_IOERR);
  expect_told(server.log(), "What to do: free some space on the volume, then start again");
  volume.make_room();
  ASSERT_TRUE(server.start()) << server.log();
  EXPECT_EQ(server.ready().at("recovered_records"), "0");
}

TEST_F(FullVolume, AnArchiveThatIsFullHoldsUpNobodyAndTakesAllInTheEnd) {
  Volume volume({});
  volume.fill(5 * kMiB);
  const TemporaryDirectory directory;
  ServerProcess server(directory.path(), {"--segment-bytes", "4194304", "--snapshot-log-bytes",
                                          "1000000", "--archive-dir", volume.path() + "/archive"});
  ASSERT_TRUE(server.start()) << server.log();
  net::Client client = server.connect();
  gateway.set_up(client);
  const auto times_told = [&](std::string_view what) {  // by all servers so far
    const std::string log = server.log();
    std::size_t times = 0;
    for (auto at = log.find(what); at != std::string::npos; at = log.find(what, at + 1)) ++times;
    return times;
  };
  const auto is_told = [&](std::string_view what) { return times_told(what) > 0; };
  ASSERT_EQ(gateway.load(client, [&] { return is_told("archive: cannot write"); }),
            Gateway::End::asked_to);
  expect_told(server.log(), "archive: cannot write");
  const std::size_t then = gateway.answers().size();
  gateway.load(client, [&] { return gateway.answers().size() > then + 20'000; });
  EXPECT_EQ(gateway.declined(), 0U);

  server.kill();  // and starts while it is full
  const std::size_t told = times_told("archive: cannot write");
  ASSERT_TRUE(server.start()) << server.log();
  client = server.connect();
  ASSERT_NO_FATAL_FAILURE(gateway.resolve(client));
  // Not before this one, too, has found it full: else it has nothing to say of its end.
  ASSERT_EQ(gateway.load(client, [&] { return times_told("archive: cannot write") > told; }),
            Gateway::End::asked_to);
  volume.make_room();
  wait_for("the archive takes segments again",
           [&] { return is_told("archive: the archive takes segments again"); });
  ASSERT_NO_FATAL_FAILURE(check_all(server, directory.path(), volume.path() + "/archive"));
}

}  // namespace
}  // namespace holdfast::test
