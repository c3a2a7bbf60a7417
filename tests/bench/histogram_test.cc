#include "bench/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "bench/load/random.h"

namespace holdfast::bench {
namespace {

TEST(Histogram, ManyAtOnceAreAsManyOneByOne) {
  Histogram one, many;
  for (const std::uint64_t value : {0u, 7u, 1'000u, 123'456'789u}) {
    for (int i = 0; i < 5; ++i) one.record(value);
    many.record(value, 5);
  }
  many.record(5, 0);  // nothing
  EXPECT_EQ(one.percentile_text(1), many.percentile_text(1));
  EXPECT_EQ(one.min(), many.min());
  EXPECT_EQ(one.count(), 20u);
}

TEST(Histogram, BucketsTileTheRangeWithoutGapOrOverlap) {
  for (std::size_t i = 0; i + 1 <= Histogram::index_of(Histogram::kValueMax); ++i) {
    const std::uint64_t highest = Histogram::highest_of(i);
    ASSERT_EQ(Histogram::index_of(highest), i);
    ASSERT_EQ(Histogram::index_of(highest + 1), i + 1);
  }
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t v = 1; v <= 100; ++v) histogram.record(v);
  EXPECT_EQ(histogram.value_at(0.50), 50u);
  EXPECT_EQ(histogram.value_at(0.99), 99u);
  EXPECT_EQ(histogram.value_at(0.0), 1u);
  EXPECT_EQ(histogram.value_at(1.0), 100u);
  EXPECT_EQ(histogram.min(), 1u);
  EXPECT_EQ(histogram.max(), 100u);
  EXPECT_DOUBLE_EQ(histogram.mean(), 50.5);
}

TEST(Histogram, PercentilesAreNeverBelowAndAtMostOnePartIn256AboveTheTrueOnes) {
  Random random(7);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 200'000; ++i) {
    // From nanoseconds to minutes, as latencies go.
    const auto value = static_cast<std::uint64_t>(std::exp2(random.unit() * 38.0));
    values.push_back(value);
    histogram.record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    const std::uint64_t truth = values[rank - 1];
    const std::uint64_t told = histogram.value_at(q);
    EXPECT_GE(told, truth) << q;
    EXPECT_LE(told - truth, truth / 256) << q;
  }
  EXPECT_EQ(histogram.value_at(1.0), values.back());
}

TEST(Histogram, MergedEqualsRecordedTogether) {
  Random random(8);
  Histogram left, right, both;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = random.below(1'000'000'000);
    (i % 3 == 0 ? left : right).record(value);
    both.record(value);
  }
  left.merge(right);
  EXPECT_EQ(left.count(), both.count());
  EXPECT_EQ(left.min(), both.min());
  EXPECT_EQ(left.max(), both.max());
  for (const double q : {0.5, 0.9, 0.999}) EXPECT_EQ(left.value_at(q), both.value_at(q));
}

TEST(Histogram, EmptyAndBeyondRange) {
  Histogram histogram;
  EXPECT_EQ(histogram.value_at(0.5), 0u);
  EXPECT_EQ(histogram.min(), 0u);
  EXPECT_NE(histogram.percentile_text(1000).find("Total count"), std::string::npos);
  histogram.record(Histogram::kValueMax * 4);
  EXPECT_EQ(histogram.max(), Histogram::kValueMax * 4);
  EXPECT_EQ(histogram.value_at(1.0), Histogram::kValueMax * 4);
}

TEST(Histogram, TextIsThePlottersFormat) {
  Histogram histogram;
  for (std::uint64_t v = 1; v <= 100'000; ++v) histogram.record(v * 1000);
  std::istringstream text(histogram.percentile_text(1000));
  std::string line;
  std::getline(text, line);
  EXPECT_NE(line.find("1/(1-Percentile)"), std::string::npos);
  std::getline(text, line);
  EXPECT_TRUE(line.empty());
  double last_value = 0, last_level = -1;
  std::uint64_t last_seen = 0;
  int lines = 0;
  while (std::getline(text, line) && line[0] != '#') {
    std::istringstream fields(line);
    double value = 0, level = 0;
    std::uint64_t seen = 0;
    ASSERT_TRUE(fields >> value >> level >> seen) << line;
    EXPECT_GE(value, last_value);
    EXPECT_GT(level, last_level);
    EXPECT_GE(seen, last_seen);
    // The share of values at or below the line's value is at least what the line says.
    EXPECT_GE(static_cast<double>(seen) / 100'000.0, level - 1e-12);
    last_value = value, last_level = level, last_seen = seen;
    ++lines;
  }
  EXPECT_GT(lines, 30);
  EXPECT_EQ(last_level, 1.0);
  EXPECT_EQ(last_seen, 100'000u);
  EXPECT_EQ(line.rfind("#[Mean", 0), 0u);
}

}  // namespace
}  // namespace holdfast::bench
