// The clocks of the machine, as the core loop wants them (engine/core_loop.h). Any thread.
#pragma once

#include <cstdint>
#include <ctime>

#include "engine/types.h"

namespace holdfast::tools {

struct SystemClock {
  /// Wall-clock time; the engine sees to it that logged time never goes back.
  TimestampNs now() { return {read(CLOCK_REALTIME)}; }
  /// For durations: never set, never stepped.
  std::uint64_t monotonic_ns() { return read(CLOCK_MONOTONIC); }
  /// Of the calling thread.
  std::uint64_t thread_cpu_ns() { return read(CLOCK_THREAD_CPUTIME_ID); }

 private:
  static std::uint64_t read(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * kNsPerSecond +
           static_cast<std::uint64_t>(time.tv_nsec);
  }
};

}  // namespace holdfast::tools
