// holdfast_simulation [--seeds N] [--seed S] [--minutes M] [--jobs J] [--quiet] [--coverage]
//
// Runs simulations from seed S on (drawn when it is not given) and stops at the first that fails,
// with the command that repeats it. See tests/simulation/README.md.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/simulation/simulation.h"

namespace holdfast::simulation {
namespace {

struct Options {
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> seeds;
  std::optional<std::uint64_t> minutes;
  std::uint64_t jobs = 1;
  bool quiet = false;
};

thread_local std::uint64_t current_seed = 0;

void say_how_to_repeat(std::uint64_t seed) {
  char text[96];
  const int length =
      std::snprintf(text, sizeof text, "repeat it: tests/simulation/run --seed %llu --seeds 1\n",
                    static_cast<unsigned long long>(seed));
  if (length > 0) static_cast<void>(!write(STDOUT_FILENO, text, static_cast<std::size_t>(length)));
}

// A failed check of the engine aborts, on the thread of its simulation.
void on_abort(int signal) {
  say_how_to_repeat(current_seed);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// Small machines come and go by the thousand. Huge pages would be zeroed for each of their tables,
// and memory given back to the system comes back as page faults.
void spare_the_kernel() {
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  mallopt(M_MMAP_THRESHOLD, 256 * 1024 * 1024);
  mallopt(M_TRIM_THRESHOLD, 1024 * 1024 * 1024);
}

struct Shared {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;  // guards what follows
  Coverage coverage;
  std::uint64_t done = 0;
  std::uint64_t decided = 0;
  bool failed = false;
};

void work(Shared& shared, std::uint64_t first, std::uint64_t seeds,
          std::chrono::steady_clock::time_point deadline) {
  while (!shared.stop.load()) {
    const std::uint64_t index = shared.next.fetch_add(1);
    if (index >= seeds || std::chrono::steady_clock::now() > deadline) return;
    current_seed = first + index;
    std::optional<Simulation> simulation;
    try {
      simulation.emplace(current_seed);
      simulation->run();
    } catch (const std::exception& violation) {
      const std::scoped_lock lock(shared.mutex);
      shared.stop = shared.failed = true;
      fmt::print("seed {} failed{}:\n{}\n", current_seed,
                 simulation ? " (" + simulation->where() + "; " + simulation->mix().text() + ")" : "",
                 violation.what());
      std::fflush(stdout);
      say_how_to_repeat(current_seed);
      return;
    }
    const std::scoped_lock lock(shared.mutex);
    shared.coverage.add_all(simulation->coverage());
    shared.decided += simulation->decided();
    ++shared.done;
    if (seeds == 1) {
      fmt::print("seed {}: {}\ntrace {:016x}, {} decided\n", current_seed, simulation->mix().text(),
                 simulation->trace_hash(), simulation->decided());
    }
  }
}

int usage() {
  fmt::print(stderr,
             "usage: holdfast_simulation [--seeds N] [--seed S] [--minutes M] [--jobs J] [--quiet]\n"
             "  --seeds N    how many seeds (200 when neither this nor --minutes is given)\n"
             "  --seed S     the first one (drawn when not given)\n"
             "  --minutes M  stop after that time\n"
             "  --jobs J     seeds side by side, each in one thread\n"
             "  --quiet      no table of what was reached\n");
  return 64;
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--quiet") {
      options.quiet = true;
      continue;
    }
    if (++i == argc) return std::nullopt;
    std::uint64_t value = 0;
    const std::string_view text = argv[i];
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    if (error != std::errc() || end != text.end()) return std::nullopt;
    if (name == "--seeds") options.seeds = value;
    else if (name == "--seed") options.seed = value;
    else if (name == "--minutes") options.minutes = value;
    else if (name == "--jobs") options.jobs = value;
    else return std::nullopt;
  }
  if (options.jobs < 1 || options.jobs > 256) return std::nullopt;
  return options;
}

int run(const Options& options) {
  const std::uint64_t first = options.seed ? *options.seed : std::random_device()() % 1'000'000'000;
  const bool timed = options.minutes.has_value();
  const std::uint64_t seeds = options.seeds.value_or(timed ? UINT64_MAX / 2 : 200);
  if (seeds > 1) fmt::print("seeds from {} on\n", first);
  std::fflush(stdout);
  const auto started = std::chrono::steady_clock::now();
  const auto deadline = timed ? started + std::chrono::minutes(*options.minutes)
                              : std::chrono::steady_clock::time_point::max();
  std::signal(SIGABRT, on_abort);
  spare_the_kernel();
  Shared shared;
  std::vector<std::thread> workers;
  for (std::uint64_t i = 0; i < options.jobs; ++i) {
    workers.emplace_back([&] { work(shared, first, seeds, deadline); });
  }
  for (std::thread& worker : workers) worker.join();
  if (shared.failed) return 1;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!options.quiet) fmt::print("{}", shared.coverage.text());
  fmt::print("{} seeds passed in {:.1f} s ({:.1f} a second), {} commands decided\n", shared.done,
             seconds, static_cast<double>(shared.done) / seconds, shared.decided);
  if (shared.done < kSeedsForFullCoverage) return 0;
  const std::vector<std::string> missing = shared.coverage.missing();
  for (const std::string& kind : missing) fmt::print("never reached: {}\n", kind);
  return missing.empty() ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::simulation

int main(int argc, char** argv) {
  const auto options = holdfast::simulation::parse(argc, argv);
  if (!options) return holdfast::simulation::usage();
  return holdfast::simulation::run(*options);
}
