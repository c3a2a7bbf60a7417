// Runs the simulations of a row of seeds, some side by side, and stops at the first that fails.
//
// Each simulation has one thread to itself. A failed check of the engine ends the process; the seed
// is told before. Thread: any; one run at a time in a process.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/coverage.h"

namespace holdfast::simulation {

struct SeedPlan {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1;  // at most
  std::uint64_t jobs = 1;   // side by side
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

struct SeedResult {
  Coverage coverage;
  std::uint64_t done = 0;
  std::uint64_t decided = 0;   // commands
  double seconds = 0;
  std::string last;            // of a run of one seed: what it was like, and its trace
  std::optional<std::string> failure;  // with the command that repeats it
  /// Kinds that a run of so many seeds must reach and this one did not; none of a short run.
  [[nodiscard]] std::vector<std::string> missing() const;
  [[nodiscard]] std::string summary() const;
};

/// At least one seed is run, whatever the deadline.
[[nodiscard]] SeedResult run_seeds(const SeedPlan& plan);

/// For a process that runs thousands: tells the allocator and the kernel not to give memory back.
void spare_the_kernel();

[[nodiscard]] std::uint64_t drawn_seed();

}  // namespace holdfast::simulation
