#include "tests/simulation/seed_runner.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "tests/simulation/simulation.h"

namespace holdfast::simulation {
namespace {

thread_local std::uint64_t current_seed = 0;

std::string how_to_repeat(std::uint64_t seed) {
  return fmt::format("repeat it: tests/simulation/run --seed {} --seeds 1", seed);
}

// A failed check of the engine aborts, on the thread of its simulation.
void on_abort(int signal) {
  char text[96];
  const int length =
      std::snprintf(text, sizeof text, "repeat it: tests/simulation/run --seed %llu --seeds 1\n",
                    static_cast<unsigned long long>(current_seed));
  if (length > 0) static_cast<void>(!write(STDOUT_FILENO, text, static_cast<std::size_t>(length)));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

struct Shared {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;  // guards what follows
  SeedResult result;
};

void work(Shared& shared, const SeedPlan& plan) {
  while (!shared.stop.load()) {
    const std::uint64_t index = shared.next.fetch_add(1);
    const bool is_late = index > 0 && std::chrono::steady_clock::now() > plan.deadline;
    if (index >= plan.seeds || is_late) return;
    current_seed = plan.first + index;
    std::optional<Simulation> simulation;
    try {
      simulation.emplace(current_seed);
      simulation->run();
    } catch (const std::exception& violation) {
      const std::scoped_lock lock(shared.mutex);
      shared.stop = true;
      const std::string where =
          simulation ? fmt::format(" ({}; {})", simulation->where(), simulation->mix().text()) : "";
      shared.result.failure = fmt::format("seed {} failed{}:\n{}\n{}", current_seed, where,
                                          violation.what(), how_to_repeat(current_seed));
      return;
    }
    const std::scoped_lock lock(shared.mutex);
    shared.result.coverage.add_all(simulation->coverage());
    shared.result.decided += simulation->decided();
    ++shared.result.done;
    if (plan.seeds > 1) continue;
    shared.result.last = fmt::format("seed {}: {}\ntrace {:016x}, {} decided", current_seed,
                                     simulation->mix().text(), simulation->trace_hash(),
                                     simulation->decided());
  }
}

}  // namespace

std::vector<std::string> SeedResult::missing() const {
  return done < kSeedsForFullCoverage ? std::vector<std::string>() : coverage.missing();
}

std::string SeedResult::summary() const {
  return fmt::format("{} seeds passed in {:.1f} s ({:.1f} a second), {} commands decided", done,
                     seconds, static_cast<double>(done) / seconds, decided);
}

SeedResult run_seeds(const SeedPlan& plan) {
  const auto started = std::chrono::steady_clock::now();
  const auto before = std::signal(SIGABRT, on_abort);
  Shared shared;
  std::vector<std::thread> workers;
  for (std::uint64_t i = 0; i < plan.jobs; ++i) {
    workers.emplace_back([&] { work(shared, plan); });
  }
  for (std::thread& worker : workers) worker.join();
  std::signal(SIGABRT, before);
  shared.result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return std::move(shared.result);
}

// Small machines come and go by the thousand. Huge pages would be zeroed for each of their tables,
// and memory given back to the system comes back as page faults.
void spare_the_kernel() {
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  mallopt(M_MMAP_THRESHOLD, 256 * 1024 * 1024);
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024 * 1024);
}

std::uint64_t drawn_seed() { return std::random_device()() % 1'000'000'000; }

}  // namespace holdfast::simulation
