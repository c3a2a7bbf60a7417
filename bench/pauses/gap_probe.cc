#include "bench/pauses/gap_probe.h"

#include <sys/resource.h>

#include <algorithm>
#include <latch>
#include <thread>

#include "bench/clock.h"
#include "bench/pauses/processors.h"

namespace holdfast::bench {

namespace {

/// Shorter gaps cannot have held a context switch there and back.
constexpr std::uint64_t kSwitchMin_ns = 1'000;
/// Room that is there before the first pause.
constexpr std::size_t kPausesAhead = 4096;

/// How often the kernel took the processor from the calling thread.
std::uint64_t involuntary_switches() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return static_cast<std::uint64_t>(usage.ru_nivcsw);
}

void look(std::uint64_t duration_ns, ProcessorPauses& seen) {
  std::uint64_t switches = involuntary_switches();
  const std::uint64_t switches_before = switches;
  const std::uint64_t began_ns = monotonic_ns();
  std::uint64_t last_ns = began_ns;
  while (last_ns - began_ns < duration_ns) {
    const std::uint64_t now_ns = monotonic_ns();
    const std::uint64_t gap_ns = now_ns - last_ns;
    if (gap_ns < kSwitchMin_ns) {
      last_ns = now_ns;
      continue;
    }
    const std::uint64_t switches_now = involuntary_switches();
    if (gap_ns >= kPauseMin_ns) seen.pauses.push_back({last_ns, now_ns, switches_now != switches});
    seen.longest_ns = std::max(seen.longest_ns, gap_ns);
    switches = switches_now;
    last_ns = monotonic_ns();  // what was just done is no gap
  }
  seen.looked_ns += last_ns - began_ns;
  seen.switches = seen.switches.value_or(0) + switches - switches_before;
}

}  // namespace

Result<void> look_for_gaps(std::uint64_t duration_ns, PausesSeen& seen) {
  if (seen.processors.empty()) {
    const auto allowed = allowed_processors();
    if (!allowed) return std::unexpected(allowed.error());
    for (const unsigned processor : *allowed) {
      seen.processors.push_back({.processor = processor});
      seen.processors.back().pauses.reserve(kPausesAhead);
    }
  }
  const std::size_t count = seen.processors.size();
  std::vector<Result<void>> bound(count);
  std::latch all_there(static_cast<std::ptrdiff_t>(count));
  std::vector<std::thread> threads;
  const StealTimes before = steal_times();
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      ProcessorPauses& mine = seen.processors[i];
      bound[i] = bind_to({&mine.processor, 1});
      all_there.arrive_and_wait();
      if (bound[i]) look(duration_ns, mine);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const StealTimes after = steal_times();
  for (ProcessorPauses& one : seen.processors) {
    const auto steal_ns = steal_between(before, after, one.processor);
    if (steal_ns) one.steal_ns = one.steal_ns.value_or(0) + *steal_ns;
  }
  for (const Result<void>& result : bound) {
    if (!result) return result;
  }
  return {};
}

}  // namespace holdfast::bench
