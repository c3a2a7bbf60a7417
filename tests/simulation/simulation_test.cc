// The simulator in the suite: what fits in a minute, from a seed that changes each run and is
// printed; that a seed gives the same run twice; and the exhaustive small world.
//
// HOLDFAST_SIMULATION_SEED=S begins with that seed, HOLDFAST_SIMULATION_SECONDS=T takes that long.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include "tests/simulation/oracle.h"
#include "tests/simulation/seed_runner.h"
#include "tests/simulation/small_world.h"

namespace holdfast::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeconds = 15;
constexpr std::uint64_t kSmallWorldStates = 4;
#else
constexpr std::uint64_t kSeconds = 60;
constexpr std::uint64_t kSmallWorldStates = 400;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Simulation, TheSameSeedIsTheSameRunToTheLastByte) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const SeedResult first = run_seeds({.first = seed});
    const SeedResult second = run_seeds({.first = seed});
    ASSERT_FALSE(first.failure) << *first.failure;
    EXPECT_EQ(first.last, second.last);
    EXPECT_EQ(first.coverage.counts(), second.coverage.counts()) << "seed " << seed;
  }
}

TEST(Simulation, SeedsThatChangeEachRun) {
  SeedPlan plan;
  plan.first = from_environment("HOLDFAST_SIMULATION_SEED", drawn_seed());
  plan.seeds = UINT64_MAX / 2;
  plan.jobs = std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
  plan.deadline = std::chrono::steady_clock::now() +
                  std::chrono::seconds(from_environment("HOLDFAST_SIMULATION_SECONDS", kSeconds));
  std::cout << "seeds from " << plan.first << " on" << std::endl;
  spare_the_kernel();
  const SeedResult result = run_seeds(plan);
  ASSERT_FALSE(result.failure) << *result.failure;
  std::cout << result.summary() << "\nthe same ones again: tests/simulation/run --seed "
            << plan.first << " --seeds " << result.done << "\n";
  if (result.done < kSeedsForFullCoverage) {
    std::cout << "too few to judge what was reached: that takes " << kSeedsForFullCoverage << "\n";
  }
  for (const std::string& kind : result.missing()) ADD_FAILURE() << "never reached: " << kind;
}

void try_small_world(SmallWorkload workload, std::uint64_t states_max) {
  try {
    const SmallWorldResult result = run_small_world(workload, states_max, 1);
    std::cout << result.crash_points << " crash points, " << result.states
              << " states of the disk, " << result.points_bounded
              << " points with more than were tried\n";
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
