// Pauses of processors: stretches of time in which a thread that wanted to run did not. The
// arithmetic only; who sees them is `look_for_gaps` (looks at the clock without end) and
// `PauseWatch` (wakes every millisecond beside a load).
//
// What a pause does to a request is waiting: one that wants a processor at a moment within a pause
// waits for what is left of it. So beside the time spent in pauses above a threshold stands the
// share of all moments from which the wait is above it; that share is what quantiles of latencies
// meet. Times are nanoseconds of CLOCK_MONOTONIC. No state; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace holdfast::bench {

/// Rising. Pauses below the first are not kept.
inline constexpr std::array<std::uint64_t, 4> kPauseThresholds_ns = {100'000, 500'000, 1'000'000,
                                                                     4'000'000};
inline constexpr std::uint64_t kPauseMin_ns = kPauseThresholds_ns.front();

struct Pause {
  std::uint64_t from_ns = 0;
  std::uint64_t until_ns = 0;
  bool was_switched_out = false;  // the kernel let somebody else run: no pause of the host's

  [[nodiscard]] std::uint64_t length_ns() const { return until_ns - from_ns; }
};
/// In the order of time, one behind the other.
using Pauses = std::vector<Pause>;

/// When at least one of the processors paused; what overlaps or touches becomes one.
[[nodiscard]] Pauses any_of(std::span<const Pauses* const> of_processors);
/// When all of them did.
[[nodiscard]] Pauses all_of(std::span<const Pauses* const> of_processors);

struct PauseFigures {
  struct Above {
    std::uint64_t count = 0;
    double share = 0;       // of the time, spent in pauses above the threshold
    double late_share = 0;  // of all moments, those from which the wait is above it
  };
  std::uint64_t longest_ns = 0;
  std::array<Above, kPauseThresholds_ns.size()> above;
  /// What of all moments 99 % and 99.9 % do not wait longer than. 0: less than `kPauseMin_ns`.
  std::uint64_t wait_p99_ns = 0;
  std::uint64_t wait_p999_ns = 0;
};

/// `looked_ns`: for how long they were looked for. `tick_ns`: 0 for pauses seen whole; else the
/// moments so far apart at which somebody looked, and each pause begins at the first that it
/// covered.
[[nodiscard]] PauseFigures figures_of(const Pauses& pauses, std::uint64_t looked_ns,
                                      std::uint64_t tick_ns);

/// Whether long pauses end at the same point of each period.
struct Rhythm {
  std::uint64_t pauses = 0;        // above a millisecond
  std::uint64_t at_one_point = 0;  // of these, those that end within the same 2 % of the period
  double share = 0;                // of the time lost in these pauses, in those at one point

  /// A single long pause is no rhythm, and many that end anywhere share their time evenly.
  [[nodiscard]] bool is_told() const { return at_one_point >= kPausesMin && share > 0.5; }
  static constexpr std::uint64_t kPausesMin = 5;
};
/// The period at which Linux refills a quota of processor time (`cpu.max`) unless told otherwise.
inline constexpr std::uint64_t kQuotaPeriod_ns = 100'000'000;
[[nodiscard]] Rhythm rhythm_of(const Pauses& pauses, std::uint64_t period_ns = kQuotaPeriod_ns);

struct ProcessorPauses {
  unsigned processor = 0;
  std::uint64_t looked_ns = 0;
  std::uint64_t longest_ns = 0;  // also when it was too short to be kept
  Pauses pauses;
  /// What the hypervisor gave to others meanwhile, to 10 ms; nothing: the kernel does not tell.
  std::optional<std::uint64_t> steal_ns;
  /// How often the kernel took the processor from the thread that looked; nothing: not asked.
  std::optional<std::uint64_t> switches;

  [[nodiscard]] PauseFigures figures(std::uint64_t tick_ns) const;
  /// Of the time, spent in pauses in which the kernel let somebody else run.
  [[nodiscard]] double switched_out_share() const;
};

/// All processors that the process may use, looked at together.
struct PausesSeen {
  std::uint64_t tick_ns = 0;  // see `figures_of`
  std::vector<ProcessorPauses> processors;
  /// See `written_back_bytes`; nothing: not asked, or not told.
  std::optional<std::uint64_t> written_back_bytes;

  [[nodiscard]] PauseFigures in_any() const;
  [[nodiscard]] PauseFigures in_all() const;
  [[nodiscard]] Rhythm rhythm() const;  // of those in any
  /// Of the time of all processors; nothing: the kernel does not tell of one of them.
  [[nodiscard]] std::optional<double> steal_share() const;
};

}  // namespace holdfast::bench
