// Lines of the log that come too fast.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "net/log_limiter.h"

namespace holdfast::net {
namespace {

TEST(LogLimiter, HoldsToItsRateAndTellsWhatItHeldBack) {
  std::vector<std::string> lines;
  LogLimiter limiter([&](LogLevel, std::string_view line) { lines.emplace_back(line); }, 3);
  const auto start = LogLimiter::Clock::now();
  for (int i = 0; i < 10; ++i) {
    if (limiter.may_tell(start + std::chrono::milliseconds(i))) limiter.tell(LogLevel::warning,
        "a");
  }
  EXPECT_EQ(lines.size(), 3u);
  ASSERT_TRUE(limiter.may_tell(start + std::chrono::seconds(2)));
  limiter.tell(LogLevel::warning, "b");
  EXPECT_EQ(lines.back(), "b (7 earlier lines held back)");
  LogLimiter silent(LogSink{}, 3);
  EXPECT_FALSE(silent.may_tell(start));
}

}  // namespace
}  // namespace holdfast::net
