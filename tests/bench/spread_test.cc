// Medians and quarters of several runs.
#include "bench/report/spread.h"

#include <gtest/gtest.h>

namespace holdfast::bench {
namespace {

TEST(SpreadTest, QuantilesBetweenTwoValuesAreInterpolated) {
  const Spread spread = spread_of({4, 1, 3, 2});
  EXPECT_DOUBLE_EQ(spread.median, 2.5);
  EXPECT_DOUBLE_EQ(spread.quarter_1, 1.75);  // NumPy: quantile([1, 2, 3, 4], 0.25)
  EXPECT_DOUBLE_EQ(spread.quarter_3, 3.25);
  EXPECT_DOUBLE_EQ(spread.min, 1);
  EXPECT_DOUBLE_EQ(spread.max, 4);
  EXPECT_EQ(spread.runs, 4U);
}

TEST(SpreadTest, OneRunIsItsOwnMedian) {
  const Spread spread = spread_of({7});
  EXPECT_DOUBLE_EQ(spread.median, 7);
  EXPECT_DOUBLE_EQ(spread.quarter_1, 7);
  EXPECT_DOUBLE_EQ(spread.max, 7);
}

}  // namespace
}  // namespace holdfast::bench
