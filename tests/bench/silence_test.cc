// The server's silence, as the load generator counts it.
#include "bench/load/silence.h"

#include <gtest/gtest.h>

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kStart_ns = 1'000'000;
constexpr std::uint64_t kEvery_ns = 50;

TEST(Silence, IsTheTimeSinceTheLastAnswer) {
  Silence silence(kStart_ns, kEvery_ns);
  EXPECT_EQ(silence.silent_ns(), 0u);
  silence.look(kStart_ns + 10, false);
  silence.look(kStart_ns + 60, false);
  EXPECT_EQ(silence.silent_ns(), 60u);
  silence.look(kStart_ns + 70, true);
  EXPECT_EQ(silence.silent_ns(), 0u);
  silence.look(kStart_ns + 75, false);
  EXPECT_EQ(silence.silent_ns(), 5u);
}

TEST(Silence, DoesNotCountTheTimeInWhichNobodyListened) {
  Silence silence(kStart_ns, kEvery_ns);
  silence.look(kStart_ns + 10, false);
  silence.look(kStart_ns + 1'000'000, false);  // the machine stood still
  EXPECT_EQ(silence.silent_ns(), 10 + kEvery_ns);
  silence.look(kStart_ns + 1'000'020, false);
  EXPECT_EQ(silence.silent_ns(), 10 + kEvery_ns + 20);
}

TEST(Silence, OfAServerThatNeverAnswersGrowsWithoutEnd) {
  Silence silence(kStart_ns, kEvery_ns);
  for (std::uint64_t i = 1; i <= 1000; ++i) silence.look(kStart_ns + i * kEvery_ns, false);
  EXPECT_EQ(silence.silent_ns(), 1000 * kEvery_ns);
}

}  // namespace
}  // namespace holdfast::bench
