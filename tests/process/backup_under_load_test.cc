// Backups and replays beside a server under load that takes a snapshot every few megabytes and lets
// log go behind it all the time: nothing that was answered before one began is missing from it.
//
//   HOLDFAST_BACKUPS=100 HOLDFAST_SEED=1 process_tools_test --gtest_filter='BackupUnderLoad.*'
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <random>
#include <thread>

#include "tests/engine/commands.h"
#include "tests/process/gateway.h"
#include "tests/process/recycled_log.h"

namespace holdfast::test {
namespace {

using nlohmann::json;

class BackupUnderLoad : public RecycledLog {
 protected:
  // A snapshot each segment.
  BackupUnderLoad() : RecycledLog({"--snapshot-log-bytes", "4194304"}) {}
  ~BackupUnderLoad() override { end_load(); }

  void begin_load() {
    ASSERT_TRUE(server.start()) << server.log();
    loader = std::thread([this] {
      net::Client client = server.connect();
      gateway.set_up(client);
      const auto end = gateway.load(client, [this] {
        answered = gateway.answers().size();
        return is_over.load();
      });
      EXPECT_EQ(end, Gateway::End::asked_to) << server.log();
      is_over = true;
    });
    wait_for("the server lets log go", [this] { return !begins_with_the_first() || is_over; });
  }
  void end_load() {
    is_over = true;
    if (loader.joinable()) loader.join();
  }

  /// What a directory must have: the first `answers` of the gateway's.
  struct Made {
    std::string dir;
    std::size_t answers;
  };

  void back_up(const std::string& to, bool with_archive) {
    const std::size_t before = answered;
    std::vector<std::string> words{"backup", directory.path(), to};
    if (with_archive) words.insert(words.end(), {"--archive-dir", archive.path()});
    const json told = tool(words);
    ASSERT_FALSE(HasFailure());
    tries += told["tries"].get<std::uint64_t>();
    const std::string restored = scratch.path() + "/restored-" + std::to_string(made.size());
    // Its log ends where the backup's does, so that nothing is cut and the log is the same one.
    const json there = tool({"restore", to, restored});
    ASSERT_FALSE(HasFailure());
    EXPECT_EQ(there["position"], told["position"]);
    made.push_back({restored, before});
    digests.emplace_back(there["position"], there["digest"]);
  }

  // The newest snapshot and the log behind it, which may be let go at any moment of the replay.
  void replay_beside() {
    const json told = replay(directory.path());
    ASSERT_FALSE(HasFailure());
    digests.emplace_back(told["position"], told["digest"]);
  }

  void check(const Made& of) {
    SCOPED_TRACE(of.dir);
    ServerProcess again(of.dir);
    ASSERT_TRUE(again.start()) << again.log();
    net::Client client = again.connect();
    // An answer that it does not have would be decided anew, and be told as not repeated.
    ASSERT_NO_FATAL_FAILURE(gateway.check_first_answers(client, of.answers));
    std::int64_t sum = 0;
    const auto add = [&](std::uint64_t account) {
      const auto view = client.show_account({account});
      ASSERT_TRUE(view.has_value()) << view.error().message << again.log();
      ASSERT_TRUE(view->found) << "account " << account;
      sum += view->ledger_balance.minor;
    };
    add(kFunding);
    add(kSettlement);
    for (std::uint64_t i = 0; i < Gateway::kCustomers; ++i) add(Gateway::kFirstCustomer + i);
    EXPECT_EQ(sum, 0) << "money was made or lost";
  }

  const std::uint64_t seed = number_from_environment("HOLDFAST_SEED", std::random_device{}());
  const std::uint64_t backups = number_from_environment("HOLDFAST_BACKUPS", 4);
  Gateway gateway{seed};
  std::thread loader;
  std::atomic<std::size_t> answered{0};
  std::atomic<bool> is_over{false};
  std::uint64_t tries = 0;
  std::vector<Made> made;
  std::vector<std::pair<std::uint64_t, std::string>> digests;  // told of the state of a position
};

TEST_F(BackupUnderLoad, HasEveryAnswerThatWasGivenBeforeItBegan) {
  std::printf(
      "see it again: HOLDFAST_BACKUPS=%lu HOLDFAST_SEED=%lu process_tools_test "
      "--gtest_filter=BackupUnderLoad.HasEveryAnswerThatWasGivenBeforeItBegan\n",
      backups, seed);
  ASSERT_NO_FATAL_FAILURE(begin_load());
  for (std::uint64_t i = 0; i < backups; ++i) {
    // In turns anew, without and with the archive, and what came since into the first.
    const std::string to = scratch.path() + "/backup-" + (i % 3 == 2 ? "0" : std::to_string(i));
    ASSERT_NO_FATAL_FAILURE(back_up(to, i % 2 == 1));
    ASSERT_NO_FATAL_FAILURE(replay_beside());
  }
  end_load();
  net::Client client = server.connect();
  const auto status = client.show_status(true);
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(server.terminate(), 0) << server.log();
  EXPECT_GT(status->snapshots.report.completed, 2U) << "nothing was let go beside a backup";

  for (const Made& of : made) ASSERT_NO_FATAL_FAILURE(check(of));
  // The truth about each position: all of history, replayed from the first command.
  for (const auto& [position, digest_told] : digests) {
    const json truth = replay(directory.path(), {"--archive-dir", archive.path(), "--from-start",
                                                 "--until", std::to_string(position)});
    EXPECT_EQ(truth["digest"], digest_told) << "at position " << position;
  }
  gateway.check_log(directory.path(), archive.path(), *status);
  std::printf("%zu backups in %lu tries and %zu replays beside %lu commands and %lu snapshots\n",
              made.size(), tries, digests.size() - made.size(), status->position.value,
              status->snapshots.report.completed);
}

}  // namespace
}  // namespace holdfast::test
