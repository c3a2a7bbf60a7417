// One thread of load: its connections, its share of the rate, its counts.
//
// The loop fills every connection up to its window (closed loop) or sends what is due (open loop),
// writes and reads in bulk, and waits in epoll. The clock is read once for each batch written and
// once for each batch read; nothing is allocated for a request. After the end time nothing new is
// sent, and what is under way is waited for. The object is made and destroyed by the main thread
// and used by `run` alone in between; only the acked file and the progress counters are shared.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bench/clock.h"
#include "bench/load/acked_file.h"
#include "bench/load/run_options.h"
#include "net/client/client.h"

namespace holdfast::bench {

struct LoadThreadPlan {
  const RunOptions* options = nullptr;
  std::uint32_t thread = 0;         // 0 .. options->threads-1
  AckedFile* acked_file = nullptr;  // may be null
  LiveProgress* progress = nullptr;
};

/// A time of load at one rate. A thread may run several, one after the other.
struct LoadPhase {
  std::uint64_t start_ns = 0;  // monotonic
  double rate_per_s = 0;       // of all threads together; 0: closed loop
  double warm_up_s = 0;
  double duration_s = 0;  // measured, behind the warm-up
  /// Of the connections made, only so many are used, each with so many requests under way; 0: all.
  std::uint32_t connections = 0;
  std::uint32_t in_flight = 0;
  bool gives_latencies = false;  // to `LiveProgress`, as they come
};

class LoadThread {
 public:
  /// `clients`: connections number `plan.thread`, `plan.thread + options->threads`, and so on.
  [[nodiscard]] static Result<LoadThread> prepare(const LoadThreadPlan& plan,
                                                  std::vector<net::DetachedClient> clients);
  ~LoadThread();
  LoadThread(LoadThread&&) noexcept;
  LoadThread& operator=(LoadThread&&) noexcept;

  /// Starts at once, returns when the time is over and nothing is under way, or all is lost; then
  /// there must be no further phase.
  void run(const LoadPhase& phase);

  /// Of the last phase.
  [[nodiscard]] const LoadCounts& counts() const;
  /// Of all phases.
  [[nodiscard]] const ExpectedChange& expected() const;
  /// When the last answer came, or the connection was lost; monotonic.
  [[nodiscard]] std::uint64_t finished_ns() const;

 private:
  struct Impl;
  explicit LoadThread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::bench
