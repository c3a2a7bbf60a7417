// Does something when the measured time begins and something when it ends, on a thread of its own,
// so that the load does not wait for it. Thread: made and finished by one; both functions are
// called by the thread inside.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace holdfast::bench {

class WindowThread {
 public:
  /// Both moments are of CLOCK_MONOTONIC.
  WindowThread(std::uint64_t from_ns, std::uint64_t until_ns, std::function<void()> at_begin,
               std::function<void()> at_end);
  ~WindowThread();
  WindowThread(const WindowThread&) = delete;
  WindowThread& operator=(const WindowThread&) = delete;

  /// Once. What is still to be done is done at once.
  void finish();

 private:
  void wait_until(std::uint64_t moment_ns);

  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
  std::thread thread_;  // last: all else is there when it begins
};

}  // namespace holdfast::bench
