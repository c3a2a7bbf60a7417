// The machine's pauses beside a load: a thread of real-time priority on each processor sleeps until
// moments one millisecond apart and notes how late it runs again.
//
// The kernel runs such a thread before all others, so what makes it late is not the load: the host
// ran somebody else, an interrupt was served for long, or the kernel did something that it does not
// interrupt. Moments that pass during a pause are late, too, by what was left of it, so that the
// moments together are a fair sample of all. A pause shorter than a millisecond is seen only when a
// moment falls into it, one that is longer is seen up to a millisecond shorter than it was.
//
// Threads: made and finished by one; `PauseSignal` may be read by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "bench/pauses/pauses.h"
#include "bench/pauses/processors.h"
#include "bench/result.h"
#include "bench/window_thread.h"

namespace holdfast::bench {

/// What a load needs to know while it runs. Written by the watch's threads, which run before
/// everybody else on their processors.
struct PauseSignal {
  /// Pauses above this are told here.
  static constexpr std::uint64_t kAbove_ns = kPauseThresholds_ns[1];

  /// When the last one ended. A request that was under way before that met it.
  std::atomic<std::uint64_t> last_until_ns{0};
  /// The longest one since somebody last took it.
  std::atomic<std::uint64_t> longest_ns{0};
};

class PauseWatch {
 public:
  static constexpr std::uint64_t kTick_ns = 1'000'000;

  /// Whether this process may have such threads; an error says what to do. A watch of lower
  /// priority would take the load's own turns for pauses.
  [[nodiscard]] static Result<void> permitted();

  /// Watches until it is finished; told are the moments from `from_ns` and before `until_ns`
  /// (CLOCK_MONOTONIC). `signal` outlives the watch.
  [[nodiscard]] static Result<std::unique_ptr<PauseWatch>> start(std::uint64_t from_ns,
                                                                 std::uint64_t until_ns,
                                                                 PauseSignal& signal);
  ~PauseWatch();
  PauseWatch(const PauseWatch&) = delete;
  PauseWatch& operator=(const PauseWatch&) = delete;

  /// Once. What the window was, or what of it has passed.
  [[nodiscard]] PausesSeen finish();

 private:
  PauseWatch(std::uint64_t from_ns, std::uint64_t until_ns, PauseSignal& signal);
  void stop();

  const std::uint64_t from_ns_, until_ns_;
  PauseSignal& signal_;
  std::atomic<bool> is_over_{false};
  PausesSeen seen_;
  std::vector<std::thread> threads_;  // one for each of `seen_.processors`
  struct KernelCounts {
    StealTimes steal;
    std::optional<std::uint64_t> written_back_bytes;
  };
  [[nodiscard]] static KernelCounts kernel_counts();
  KernelCounts before_, after_;
  WindowThread counting_;  // last: all else is there when it begins
};

}  // namespace holdfast::bench
