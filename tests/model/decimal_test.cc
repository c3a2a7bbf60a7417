// The reference model's own arithmetic, against figures worked out by hand and with Python's
// integers: a model that is wrong here would agree with an engine that is wrong in the same way.
#include "tests/model/decimal.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

namespace holdfast::model {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(Decimal, RoundsHalfToEven) {
  constexpr struct {
    std::int64_t amount;
    Rate rate;
    std::int64_t result;
  } kCases[] = {
      {100, {79, 2, 0}, 79},
      {1, {5, 1, 0}, 0},      // 0.5
      {3, {5, 1, 0}, 2},      // 1.5
      {5, {5, 1, 0}, 2},      // 2.5
      {7, {5, 1, 0}, 4},      // 3.5
      {19, {5, 1, 0}, 10},    // 9.5: the carry makes a new digit
      {1, {500'001, 6, 0}, 1},
      {1, {499'999, 6, 0}, 0},
      {3, {5, 1, 3'000}, 2},  // 1.95, not 2 x 1.3
      {100, {5, 1, 100}, 50},   // 50.5
      {100, {5, 1, 300}, 52},   // 51.5
      {1'000, {80, 2, 250}, 820},
      {1'234, {210, 3, 0}, 259},  // 259.14
      {0, {79, 2, 0}, 0},
      {kMax, {1, 0, 0}, kMax},
      {1, {kMax, 18, 0}, 9},      // 9.22...
      {kMax, {1, 18, 10'000}, 18},  // 18.44...
  };
  for (const auto& [amount, rate, result] : kCases) {
    EXPECT_EQ(exchanged(amount, rate), result)
        << amount << " at " << rate.rate << "e-" << int{rate.scale} << " + " << rate.markup_bp;
  }
}

TEST(Decimal, HasNoResultBeyondItsRange) {
  EXPECT_EQ(exchanged(kMax, {1, 0, 1}), std::nullopt);
  EXPECT_EQ(exchanged(kMax / 2 + 1, {2, 0, 0}), std::nullopt);
  EXPECT_EQ(exchanged(kMax / 2, {2, 0, 0}), kMax - 1);
  // The result would be small; the product is what does not fit: 2^128 - 1 =
  // 340282366920938463463374607431768211455.
  EXPECT_EQ(exchanged(kMax, {3'689'348'814'741'910'323 / 1'000, 18, 0}), 34'028'236'692'093'843);
  EXPECT_EQ(exchanged(kMax, {4'000'000'000'000'000, 18, 0}), std::nullopt);
}

}  // namespace
}  // namespace holdfast::model
