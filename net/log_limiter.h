// Log lines that a peer can cause, held to a rate: hostile input must not fill a disk with log.
//
// One limiter a network thread; not shared. What is held back is counted and told with the next
// line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/server.h"

namespace holdfast::net {

class LogLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// At most `lines_per_s` lines a second, counted by whole seconds from the first line.
  LogLimiter(LogSink sink, std::uint32_t lines_per_s) : sink_(std::move(sink)), max_(lines_per_s) {}

  /// True when a line may be told now: ask before making the text.
  [[nodiscard]] bool may_tell(Clock::time_point now) {
    if (!sink_) return false;
    if (now - second_began_ >= std::chrono::seconds(1)) {
      second_began_ = now;
      told_ = 0;
    }
    if (told_ == max_) {
      ++held_back_;
      return false;
    }
    ++told_;
    return true;
  }

  /// After `may_tell`.
  void tell(LogLevel level, std::string_view line) {
    if (held_back_ == 0) return sink_(level, line);
    const std::string text =
        std::string(line) + " (" + std::to_string(held_back_) + " earlier lines held back)";
    held_back_ = 0;
    sink_(level, text);
  }

 private:
  LogSink sink_;
  std::uint32_t max_;
  std::uint32_t told_ = 0;
  std::uint64_t held_back_ = 0;
  Clock::time_point second_began_{};
};

}  // namespace holdfast::net
