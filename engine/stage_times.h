// Where the time of a request goes inside the server: one histogram a stage.
//
//   read  ──receive──> handed over ──queue──> turn begins ──decide──> batch decided
//         ──log──> block submitted ──durable──> known durable ──send──> written        (total: all)
//
// Each stage begins where the one before ends, so that the stages of a request add up to its total,
// and each request counts once in each: one that waits for nothing spends no time in `log`.
// Moments are 32 bits of a monotonic clock in steps of 64 ns, taken once for a whole batch: a read,
// a turn of the core, a write. Requests that come one behind the other with the same moments are
// recorded at once, so that the cost is one or two comparisons a request.
//
// A `StageTimes` belongs to one thread, which writes it with plain stores; any thread reads it.
// Nothing here takes part in a decision.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/log_linear.h"

namespace holdfast {

enum class Stage : std::uint8_t {
  receive = 0,  // from the end of the read that brought it to its hand-over to the core
  queue = 1,    // until the core's turn that decides it begins; a full log keeps it here
  decide = 2,   // until all of that turn's batch is decided
  log = 3,      // until the log block that its answer reflects is handed to the disk
  durable = 4,  // until the core knows that block to be durable, and releases the answer
  send = 5,     // until the answer's last byte is written to the socket
  total = 6,    // all of these
};
inline constexpr std::size_t kStages = 7;
inline constexpr std::array<std::string_view, kStages> kStageNames = {
    "receive", "queue", "decide", "log", "durable", "send", "total"};

inline constexpr std::uint64_t kStageTickNs = 64;

/// A moment in ticks of 64 ns; goes round after 275 s. Never 0, which stands for "nobody looked".
using StageTick = std::uint32_t;
[[nodiscard]] constexpr StageTick stage_tick(std::uint64_t monotonic_ns) {
  const auto tick = static_cast<StageTick>(monotonic_ns / kStageTickNs);
  return tick == 0 ? 1 : tick;
}
/// Ticks from one moment to a later one, up to 137 s. Zero if `to` is before `from`: threads read
/// the clock for themselves.
[[nodiscard]] constexpr StageTick ticks_between(StageTick from, StageTick to) {
  const StageTick ticks = to - from;
  return ticks < 0x8000'0000U ? ticks : 0;
}

/// What is known of an answer that is on its way to the socket.
struct StageStamps {
  StageTick received = 0;  // end of the request's read; 0: not counted in any stage
  StageTick released = 0;  // by the core
  friend bool operator==(const StageStamps&, const StageStamps&) = default;
};

/// A bucket is told at most 1/16 above the durations in it; below 2 us each tick has its own.
using StageBuckets = LogLinear<5>;
inline constexpr std::size_t kStageBuckets = StageBuckets::index_of(0x7FFF'FFFF) + 1;
static_assert(kStageBuckets == 448);
[[nodiscard]] constexpr std::uint64_t stage_bucket_highest_ns(std::size_t bucket) {
  return StageBuckets::highest_of(bucket) * kStageTickNs;
}

/// One writer, any readers.
class StageHistogram {
 public:
  /// `count` requests, at least one, that each took `ticks`.
  void record(StageTick ticks, std::uint32_t count) {
    add(buckets_[StageBuckets::index_of(ticks)], count);
    add(sum_, std::uint64_t{ticks} * count);
    if (ticks > max_.load(std::memory_order_relaxed)) max_.store(ticks, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t bucket(std::size_t index) const {
    return buckets_[index].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t sum_ns() const {
    return sum_.load(std::memory_order_relaxed) * kStageTickNs;
  }
  [[nodiscard]] std::uint64_t max_ns() const {
    return max_.load(std::memory_order_relaxed) * kStageTickNs;
  }

 private:
  static void add(std::atomic<std::uint64_t>& to, std::uint64_t n) {
    to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::array<std::atomic<std::uint64_t>, kStageBuckets> buckets_{};
  std::atomic<std::uint64_t> sum_{0};
  std::atomic<std::uint64_t> max_{0};
};

/// What one thread records.
struct alignas(64) StageTimes {
  std::array<StageHistogram, kStages> stages;
  [[nodiscard]] StageHistogram& operator[](Stage stage) {
    return stages[static_cast<std::size_t>(stage)];
  }
  [[nodiscard]] const StageHistogram& operator[](Stage stage) const {
    return stages[static_cast<std::size_t>(stage)];
  }
};

/// A stage's histogram as it was at one moment, since the server's start; or what came between two.
struct StageCounts {
  std::vector<std::uint64_t> buckets = std::vector<std::uint64_t>(kStageBuckets);
  std::uint64_t sum_ns = 0;
  std::uint64_t max_ns = 0;

  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] double mean_ns() const;  // 0 when there is nothing
  /// The smallest duration, told at most 1/16 too high, that at least `quantile` (0..1) of all do
  /// not exceed. 0 when there is nothing.
  [[nodiscard]] std::uint64_t value_at_ns(double quantile) const;
  /// What was recorded after `before`. Its `max_ns` is told at most 1/16 too high.
  [[nodiscard]] StageCounts since(const StageCounts& before) const;
};

struct StageProfile {
  std::uint64_t uptime_ns = 0;  // of the server; of a difference: the time between
  std::array<StageCounts, kStages> stages;

  [[nodiscard]] const StageCounts& operator[](Stage stage) const {
    return stages[static_cast<std::size_t>(stage)];
  }
  /// False when the server was started again in between: then there is no difference to tell.
  [[nodiscard]] bool continues(const StageProfile& before) const {
    return uptime_ns >= before.uptime_ns;
  }
  [[nodiscard]] StageProfile since(const StageProfile& before) const;
  /// The stage (not `total`) with the largest value there. `total` when nothing was recorded.
  [[nodiscard]] Stage slowest_at(double quantile) const;
};

/// What all threads of a server record. Made before them, and outlives them.
class StageBoard {
 public:
  explicit StageBoard(std::size_t network_threads) : threads_(network_threads + 1) {}
  [[nodiscard]] StageTimes& core() { return threads_[0]; }
  [[nodiscard]] StageTimes& network_thread(std::size_t index) { return threads_[index + 1]; }

  // Any thread: sums over all threads.
  [[nodiscard]] std::uint64_t bucket(Stage stage, std::size_t index) const;
  [[nodiscard]] std::uint64_t sum_ns(Stage stage) const;
  [[nodiscard]] std::uint64_t max_ns(Stage stage) const;

 private:
  std::vector<StageTimes> threads_;
};

}  // namespace holdfast
