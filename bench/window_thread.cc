#include "bench/window_thread.h"

#include <chrono>
#include <utility>

namespace holdfast::bench {

WindowThread::WindowThread(std::uint64_t from_ns, std::uint64_t until_ns,
                           std::function<void()> at_begin, std::function<void()> at_end) {
  thread_ = std::thread(
      [this, from_ns, until_ns, begin = std::move(at_begin), end = std::move(at_end)] {
        wait_until(from_ns);
        begin();
        wait_until(until_ns);
        end();
      });
}

WindowThread::~WindowThread() { finish(); }

void WindowThread::finish() {
  {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void WindowThread::wait_until(std::uint64_t moment_ns) {
  // steady_clock is CLOCK_MONOTONIC.
  const std::chrono::steady_clock::time_point moment{std::chrono::nanoseconds(moment_ns)};
  std::unique_lock lock(mutex_);
  ended_.wait_until(lock, moment, [this] { return is_over_; });
}

}  // namespace holdfast::bench
