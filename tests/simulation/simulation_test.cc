// The simulator in the suite: what fits in a minute, from a seed that changes each run and is
// printed; that a seed gives the same run twice; and the exhaustive small world.
//
// HOLDFAST_SIMULATION_SEED=S begins with that seed, HOLDFAST_SIMULATION_SECONDS=T takes that long.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "tests/simulation/simulation.h"
#include "tests/simulation/small_world.h"

namespace holdfast::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeconds = 15;
constexpr std::uint64_t kSmallWorldStates = 4;
#else
constexpr std::uint64_t kSeconds = 45;
constexpr std::uint64_t kSmallWorldStates = 400;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Ran {
  std::uint64_t trace = 0;
  std::uint64_t decided = 0;
};

// A failure names the seed; what went wrong is in the exception's text.
Ran run_seed(std::uint64_t seed, Coverage& coverage) {
  Simulation simulation(seed);
  try {
    simulation.run();
  } catch (const Violation& violation) {
    ADD_FAILURE() << "seed " << seed << " (" << simulation.where() << "): " << violation.what()
                  << "\nrepeat it: tests/simulation/run --seed " << seed << " --seeds 1";
  }
  coverage.add_all(simulation.coverage());
  return {simulation.trace_hash(), simulation.decided()};
}

TEST(Simulation, TheSameSeedIsTheSameRunToTheLastByte) {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Ran first = run_seed(seed, coverage);
    const Ran second = run_seed(seed, coverage);
    EXPECT_EQ(first.trace, second.trace) << "seed " << seed;
    EXPECT_EQ(first.decided, second.decided) << "seed " << seed;
  }
}

TEST(Simulation, SeedsThatChangeEachRun) {
  const std::uint64_t first =
      from_environment("HOLDFAST_SIMULATION_SEED", std::random_device()() % 1'000'000'000);
  const std::uint64_t seconds = from_environment("HOLDFAST_SIMULATION_SECONDS", kSeconds);
  std::cout << "seeds from " << first << " on" << std::endl;
  const auto started = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  };
  Coverage coverage;
  std::uint64_t seeds = 0;
  // At least one, however slow the machine.
  do {
    run_seed(first + seeds++, coverage);
  } while (!HasFailure() && elapsed() < static_cast<double>(seconds));
  std::cout << seeds << " seeds, " << static_cast<double>(seeds) / elapsed() << " a second\n";
  if (seeds < kSeedsForFullCoverage) return;
  for (const std::string& kind : coverage.missing()) ADD_FAILURE() << "never reached: " << kind;
}

void try_small_world(SmallWorkload workload, std::uint64_t states_max) {
  try {
    const SmallWorldResult result = run_small_world(workload, states_max, 1);
    std::cout << result.crash_points << " crash points, " << result.states << " states of the disk, "
              << result.points_bounded << " points with more than were tried\n";
    EXPECT_GT(result.states, result.crash_points);
  } catch (const Violation& violation) {
    ADD_FAILURE() << violation.what();
  }
}

TEST(SmallWorld, EveryStateThatACrashMayLeaveInTheFirstStepsIsRecovered) {
  try_small_world(SmallWorkload::first_steps, kSmallWorldStates);
}

TEST(SmallWorld, StatesThatACrashMayLeaveWhileSegmentsChangeAreRecovered) {
  try_small_world(SmallWorkload::segment_change, 1 + kSmallWorldStates / 400);
}

}  // namespace
}  // namespace holdfast::simulation
