#include "bench/micro/count_instructions.h"

#include <cstdio>
#include <regex>

#ifdef HOLDFAST_HAS_CALLGRIND
#include <valgrind/callgrind.h>
#endif

namespace holdfast::bench {

#ifdef HOLDFAST_HAS_CALLGRIND

namespace {

// Enough that what happens now and then (a table that grows) counts by its share.
constexpr std::size_t kRoundsMeasured = 16;
// First touches of memory, symbols that the loader looks up late.
constexpr std::size_t kRoundsBefore = 2;

std::size_t count(const PieceEntry& entry) {
  const auto piece = entry.make();
  for (std::size_t i = 0; i < kRoundsBefore; ++i) {
    piece->prepare();
    piece->run();
    piece->finish();
  }
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  for (std::size_t i = 0; i < kRoundsMeasured; ++i) {
    piece->prepare();
    CALLGRIND_TOGGLE_COLLECT;
    piece->run();
    CALLGRIND_TOGGLE_COLLECT;
    piece->finish();
  }
  CALLGRIND_DUMP_STATS_AT(entry.name.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
  return kRoundsMeasured * piece->items();
}

}  // namespace

int count_instructions(const PieceList& pieces, const std::string& pattern) {
  if (RUNNING_ON_VALGRIND == 0) {
    std::fputs("holdfast-micro: instructions are counted by callgrind; run tools/perf-gate.sh\n",
               stderr);
    return 1;
  }
  const std::regex wanted(pattern);
  for (const PieceEntry& entry : pieces) {
    if (!entry.counts_instructions || !std::regex_search(entry.name, wanted)) continue;
    const std::size_t items = count(entry);
    std::printf("%s\t%zu\n", entry.name.c_str(), items);
    std::fflush(stdout);
  }
  return 0;
}

#else

int count_instructions(const PieceList&, const std::string&) {
  std::fputs("holdfast-micro: built without valgrind's headers, so no instructions can be counted; "
             "install the package valgrind and configure again\n",
             stderr);
  return 1;
}

#endif

}  // namespace holdfast::bench
