// holdfast-micro: what each hot piece costs, by the clock (Google Benchmark) and in instructions.
//
// Everything but tables of ten million entries runs by default; `--benchmark_filter=10000000` runs
// those. `--count-instructions[=REGEX]`: see count_instructions.h.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "bench/micro/count_instructions.h"
#include "bench/micro/piece.h"

namespace holdfast::bench {
namespace {

/// Google Benchmark calls a benchmark several times to find how often to run it; making a large
/// piece takes much longer than running it, so the last one is kept.
Piece& piece_of(const PieceEntry& entry) {
  static std::string name;
  static std::unique_ptr<Piece> piece;
  if (name == entry.name) return *piece;
  auto next = entry.make();  // before the last one goes: they may share a table
  piece = std::move(next);
  name = entry.name;
  return *piece;
}

void measure(benchmark::State& state, const PieceEntry& entry) {
  using Clock = std::chrono::steady_clock;
  Piece& piece = piece_of(entry);
  for (auto _ : state) {
    piece.prepare();
    const Clock::time_point start = Clock::now();
    piece.run();
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
    piece.finish();
  }
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(piece.items()));
  if (piece.bytes() > 0) state.SetBytesProcessed(rounds * static_cast<std::int64_t>(piece.bytes()));
  state.counters["time/item"] =
      benchmark::Counter(static_cast<double>(rounds) * static_cast<double>(piece.items()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

int run(int argc, char** argv) {
  static const PieceList pieces = all_pieces();
  constexpr std::string_view kCount = "--count-instructions";
  if (argc == 2 && std::string_view(argv[1]).starts_with(kCount)) {
    std::string_view pattern = std::string_view(argv[1]).substr(kCount.size());
    if (pattern.starts_with('=')) pattern.remove_prefix(1);
    return count_instructions(pieces, std::string(pattern));
  }
  std::vector<char*> arguments(argv, argv + argc);
  char without_the_largest[] = "--benchmark_filter=-:10000000";
  const bool has_filter = std::any_of(argv + 1, argv + argc, [](const char* argument) {
    return std::string_view(argument).starts_with("--benchmark_filter");
  });
  if (!has_filter) arguments.push_back(without_the_largest);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  for (const PieceEntry& entry : pieces) {
    benchmark::RegisterBenchmark(
        entry.name.c_str(), [&entry](benchmark::State& state) { measure(state, entry); })
        ->UseManualTime();
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) { return holdfast::bench::run(argc, argv); }
