#include "bench/load/pacer.h"

#include <gtest/gtest.h>

namespace holdfast::bench {
namespace {

TEST(Pacer, IntendedTimesAreEvenWhateverHappensToTheGenerator) {
  Pacer pacer(1000.0, 5'000'000, 1'005'000'000);  // 1 a millisecond for one second
  EXPECT_FALSE(pacer.is_due(4'999'999));
  EXPECT_TRUE(pacer.is_due(5'000'000));
  EXPECT_EQ(pacer.take(), 5'000'000u);
  EXPECT_FALSE(pacer.is_due(5'999'999));
  // The generator sleeps for 100 ms: the next hundred are owed, each with its own intended time.
  EXPECT_EQ(pacer.behind(105'000'000), 100u);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(pacer.is_due(105'000'000));
    EXPECT_EQ(pacer.take(), 5'000'000 + i * 1'000'000);
  }
  EXPECT_FALSE(pacer.is_due(105'000'000));
  EXPECT_EQ(pacer.behind(105'000'000), 0u);
}

TEST(Pacer, WhatWasDueBeforeTheEndStaysOwedAfterIt) {
  Pacer pacer(100.0, 0, 1'000'000'000);
  std::uint64_t taken = 0;
  while (pacer.is_due(9'000'000'000)) {
    EXPECT_LT(pacer.take(), 1'000'000'000u);
    ++taken;
  }
  EXPECT_EQ(taken, 100u);
  EXPECT_TRUE(pacer.is_finished());
  EXPECT_EQ(pacer.behind(9'000'000'000), 0u);
}

TEST(Pacer, RateHoldsOverManyRequestsWithoutDrift) {
  Pacer pacer(333'333.0, 0, 30'000'000'000);
  std::uint64_t taken = 0;
  while (pacer.is_due(30'000'000'000)) pacer.take(), ++taken;
  EXPECT_NEAR(static_cast<double>(taken), 333'333.0 * 30, 1.0);
}

}  // namespace
}  // namespace holdfast::bench
