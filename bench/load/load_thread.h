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

#include "bench/load/acked_file.h"
#include "bench/load/run_options.h"

namespace holdfast::bench {

struct LoadThreadPlan {
  const RunOptions* options = nullptr;
  std::uint32_t thread = 0;         // 0 .. options->threads-1
  AckedFile* acked_file = nullptr;  // may be null
  LiveProgress* progress = nullptr;
};

class LoadThread {
 public:
  /// Connects. Errors are sentences.
  [[nodiscard]] static Result<LoadThread> prepare(const LoadThreadPlan& plan);
  ~LoadThread();
  LoadThread(LoadThread&&) noexcept;
  LoadThread& operator=(LoadThread&&) noexcept;

  /// Starts at `start_ns`, returns when the time is over and nothing is under way, or all is lost.
  void run(std::uint64_t start_ns);

  [[nodiscard]] const LoadCounts& counts() const;
  [[nodiscard]] const ExpectedChange& expected() const;
  /// When the last answer came, or the connection was lost; monotonic.
  [[nodiscard]] std::uint64_t finished_ns() const;

 private:
  struct Impl;
  explicit LoadThread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The monotonic clock of all load, in nanoseconds.
[[nodiscard]] std::uint64_t monotonic_ns();

}  // namespace holdfast::bench
