// SIGKILL under load, again and again, most of them in the middle of a snapshot or of letting log
// go: what was acknowledged is there with the same answer, what was not is decided once when it is
// sent again, and no money is made or lost.
//
//   HOLDFAST_KILLS=200 HOLDFAST_SEED=1 process_test --gtest_filter='Kill.*'
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <optional>
#include <random>
#include <thread>

#include "tests/process/gateway.h"
#include "tests/process/server_process.h"
#include "tests/process/snapshot_phase.h"

namespace holdfast::test {
namespace {

// From so many on, each step must have been hit: a run that never did shows nothing about it.
constexpr std::uint64_t kKillsForEachPhase = 200;
// A step comes with every other snapshot at the latest; this is the log of some hundred.
constexpr std::size_t kAnswersPerStepMax = 200'000;
constexpr auto kPhases = static_cast<std::size_t>(Phase::count);

// When the kernel tells of it, it is done; what is left to do is to sync the directory.
bool leaves_no_trace(Phase phase) { return phase == Phase::tidying || phase == Phase::recycling; }

class Kill : public testing::Test {
 protected:
  void load_and_kill() {
    net::Client client = server.connect();
    const std::uint64_t goal = gateway.answers().size() + 200 + random() % 3000;
    // One in eight at any moment, the others aimed at a step.
    const std::size_t aim = random() % (kPhases + 1);
    std::optional<PhaseKiller> killer;
    const auto end = gateway.load(client, [&] {
      if (killer) {
        // The step comes with the log's growth. A faster load would make the state of a long run,
        // and with it each step of the next rounds, grow without end.
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return gateway.answers().size() > goal + kAnswersPerStepMax;
      }
      if (gateway.answers().size() < goal) return false;
      if (aim == kPhases) {
        server.kill();
        return true;
      }
      killer.emplace(Phase(aim), directory.path(), archive.path(), server.pid(),
                     aim < 2 ? static_cast<unsigned>(random() % 3'000) : 0);
      return false;
    });
    if (HasFatalFailure()) return;
    if (killer) {
      ASSERT_EQ(end, Gateway::End::connection_lost)
          << "the step did not come: " << phase_name(Phase(aim)) << "\n" << server.log();
      ASSERT_TRUE(killer->has_killed()) << "it ended by itself: " << server.log();
    }
    server.kill();
    if (aim < kPhases) ++aimed[aim];
    for (const Phase phase : find_phases(directory.path(), archive.path(), server.log())) {
      ++found[static_cast<std::size_t>(phase)];
    }
  }

  void tell(std::uint64_t kills) const {
    std::printf("%lu kills, %zu answers checked, none lost\n%-24s %12s %19s\n", kills,
                gateway.answers().size(), "step", "kills aimed", "found in the files");
    for (std::size_t i = 0; i < kPhases; ++i) {
      const std::string of_files =
          leaves_no_trace(Phase(i)) ? "leaves no trace" : std::to_string(found[i]);
      std::printf("%-24s %12lu %19s\n", std::string(phase_name(Phase(i))).c_str(), aimed[i],
                  of_files.c_str());
    }
  }

  const std::uint64_t seed = number_from_environment("HOLDFAST_SEED", std::random_device{}());
  std::mt19937_64 random{seed};
  const TemporaryDirectory directory;
  const TemporaryDirectory archive;
  ServerProcess server{directory.path(),
                       {"--segment-bytes", "4194304", "--snapshot-log-bytes", "500000",
                        "--archive-dir", archive.path()}};
  Gateway gateway{seed};
  PhaseCounts aimed{};
  PhaseCounts found{};
};

TEST_F(Kill, NothingAcknowledgedIsLost) {
  const std::uint64_t kills = number_from_environment("HOLDFAST_KILLS", 20);
  std::printf("see it again: HOLDFAST_KILLS=%lu HOLDFAST_SEED=%lu process_test "
              "--gtest_filter=Kill.NothingAcknowledgedIsLost\n", kills, seed);
  ASSERT_TRUE(server.start()) << server.log();
  {
    net::Client client = server.connect();
    gateway.set_up(client);
  }
  for (std::uint64_t round = 0; round < kills; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    ASSERT_NO_FATAL_FAILURE(load_and_kill());
    ASSERT_TRUE(server.start()) << server.log();
    net::Client again = server.connect();
    ASSERT_NO_FATAL_FAILURE(gateway.check_answers(again, 300));
    ASSERT_NO_FATAL_FAILURE(gateway.resolve(again));
  }

  net::Client client = server.connect();
  ASSERT_NO_FATAL_FAILURE(gateway.check_answers(client, 0));
  const auto status = client.show_status(true);
  ASSERT_TRUE(status.has_value());
  server.kill();
  const ProcessResult verified = run_program(
      "holdfast",
      {"snapshot", "verify", directory.path(), "--replay", "--archive-dir", archive.path()});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_EQ(gateway.unresolved(), 0U);
  gateway.check_log(directory.path(), archive.path(), *status);
  tell(kills);
  if (kills < kKillsForEachPhase) return;
  for (std::size_t i = 0; i < kPhases; ++i) {
    EXPECT_GT(aimed[i], 0U) << "no kill hit: " << phase_name(Phase(i));
    if (!leaves_no_trace(Phase(i))) {
      EXPECT_GT(found[i], 0U) << "the files never showed: " << phase_name(Phase(i));
    }
  }
}

}  // namespace
}  // namespace holdfast::test
