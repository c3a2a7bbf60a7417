// What a load run is told to do, and what it found. Plain values; thread: whoever holds them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/endpoint.h"
#include "bench/histogram.h"
#include "bench/load/population.h"
#include "bench/load/step.h"
#include "bench/pauses/pause_watch.h"
#include "bench/pauses/pauses_report.h"
#include "bench/result.h"
#include "engine/stage_times.h"

namespace holdfast::bench {

struct RunOptions {
  Endpoint endpoint;
  std::uint32_t connections = 4;
  std::uint32_t in_flight = 256;  // each connection; at most what the server allows
  std::uint32_t threads = 1;
  double rate_per_s = 0;  // 0: closed loop; else open loop, all connections together
  double duration_s = 10;
  double warm_up_s = 1;
  Population population;
  double zipf_exponent = 0;  // 0: uniform
  Mix mix;
  std::uint64_t seed = 1;
  std::int64_t amount_min = 100;  // minor units, both ends included
  std::int64_t amount_max = 10'000;
  std::uint64_t run_id = 0;       // high half of the request ids; 0: drawn at random
  bool repeats_expected = false;  // the run id was used before, on purpose
  std::string acked_file;         // empty: none
  double reconnect_s = 0;         // after a lost connection, try this long to go on; 0: end the run
  bool allow_lost = false;        // a lost connection is not a failure of the run
  /// The server releases holds after so many seconds: those older than half of that are not
  /// captured or reversed, and the books are checked when none is left. 0: no hold runs out during
  /// the run.
  std::uint32_t hold_period_s = 0;
  bool watch_pauses = false;  // see `PauseWatch`
  std::vector<unsigned> processors;  // on which the load's threads run; empty: all

  /// Empty when the options agree with each other, else a sentence.
  [[nodiscard]] std::string check() const;
};

inline constexpr std::size_t kDecisionNumbers = 512;

/// What one thread counted. Not counted in warm-up: latency and completions.
struct LoadCounts {
  Histogram latency_ns;            // of requests meant to be sent in the measured time
  Histogram outside_pauses_ns;     // of those that met no pause; empty when none are watched
  std::uint64_t completions = 0;   // answers that came in the measured time
  std::uint64_t acknowledged = 0;  // all commands answered, warm-up included
  std::uint64_t inquiries = 0;     // all inquiries answered
  std::uint64_t repeated = 0;
  std::uint64_t resent = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t errors = 0;           // answers that cannot be explained
  std::uint64_t unknown_outcome = 0;  // sent, and the connection lost before the answer
  std::uint64_t never_sent = 0;       // open loop: due, and not sent when the run ended
  /// Open loop: due when every connection was full. They wait in the generator, which counts in
  /// their latency and in no stage of the server. In the measured time.
  std::uint64_t found_no_room = 0;
  std::array<std::uint64_t, kDecisionNumbers> decisions{};
  std::array<std::uint64_t, kStepKinds> steps{};
  std::vector<std::string> error_texts;  // the first few
  std::optional<std::string> lost;       // why the connection was lost for good

  void merge(const LoadCounts& other);
  void add_error(std::string text);
};

/// By how much a run's acknowledged answers changed each account.
struct ExpectedChange {
  std::vector<std::int64_t> ledger;  // by account index
  std::vector<std::int64_t> held;
  std::int64_t settled = 0;
};

/// Shared with whoever watches; relaxed counters, written by the load threads.
struct LiveProgress {
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> connections_lost{0};
  PauseSignal pauses;  // silent when they are not watched

  /// Any thread. Latencies that a load thread has collected since it last gave some.
  void add_latencies(const Histogram& latency_ns) {
    const std::lock_guard lock(mutex_);
    latency_ns_.merge(latency_ns);
  }
  /// Any thread. What came since the last call; up to a quarter of a second late.
  [[nodiscard]] Histogram take_latencies() {
    const std::lock_guard lock(mutex_);
    return std::exchange(latency_ns_, Histogram());
  }

 private:
  std::mutex mutex_;
  Histogram latency_ns_;
};

struct RunReport {
  RunOptions options;
  LoadCounts counts;
  double measured_s = 0;
  double setup_s = 0;
  SetupCounts setup;
  /// The server's stage times in the measured time, or why there are none.
  Result<StageProfile> stages = std::unexpected(std::string("they were not asked for"));
  WatchedPauses pauses;
  /// Nothing: not checked, because the outcome of some requests is unknown.
  std::optional<bool> balances_conserved;
  std::vector<std::string> balance_errors;

  [[nodiscard]] double throughput_per_s() const {
    return measured_s > 0 ? static_cast<double>(counts.completions) / measured_s : 0;
  }
  /// Every answer explicable, balances right, nothing lost that was not allowed to be.
  [[nodiscard]] bool passed() const;
};

}  // namespace holdfast::bench
