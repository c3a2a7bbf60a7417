// holdfast_simulation [--seeds N] [--seed S] [--minutes M] [--jobs J] [--quiet]
//
// Runs simulations from seed S on (drawn when it is not given) and stops at the first that fails,
// with the command that repeats it. See tests/simulation/README.md.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string_view>

#include "tests/simulation/seed_runner.h"

namespace holdfast::simulation {
namespace {

struct Options {
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> seeds;
  std::optional<std::uint64_t> minutes;
  std::uint64_t jobs = 1;
  bool quiet = false;
};

int usage() {
  fmt::print(
      stderr,
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
  SeedPlan plan;
  plan.first = options.seed ? *options.seed : drawn_seed();
  plan.seeds = options.seeds.value_or(options.minutes ? UINT64_MAX / 2 : 200);
  plan.jobs = options.jobs;
  if (options.minutes) {
    plan.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(*options.minutes);
  }
  if (plan.seeds > 1) fmt::print("seeds from {} on\n", plan.first);
  std::fflush(stdout);
  spare_the_kernel();
  const SeedResult result = run_seeds(plan);
  if (result.failure) {
    fmt::print("{}\n", *result.failure);
    return 1;
  }
  if (!result.last.empty()) fmt::print("{}\n", result.last);
  if (!options.quiet) fmt::print("{}", result.coverage.text());
  fmt::print("{}\n", result.summary());
  const std::vector<std::string> missing = result.missing();
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
