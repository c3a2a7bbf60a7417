#include "bench/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace holdfast::bench {

namespace {

constexpr std::size_t kBuckets = Histogram::index_of(Histogram::kValueMax) + 1;
static_assert(Histogram::highest_of(kBuckets - 1) == Histogram::kValueMax);
static_assert(Histogram::index_of(2 * Histogram::kHalf) == 2 * Histogram::kHalf);

}  // namespace

Histogram::Histogram() : counts_(kBuckets, 0) {}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
  min_ = std::min(min_, other.min_);
}

double Histogram::mean() const { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }

std::uint64_t Histogram::value_at(double quantile) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 1 < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(highest_of(i), max_);
  }
  return max_;
}

std::string Histogram::percentile_text(double unit) const {
  std::string text = fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile",
                                 "TotalCount", "1/(1-Percentile)");
  auto out = std::back_inserter(text);
  const double total = static_cast<double>(count_);
  double squares = 0;
  std::uint64_t seen = 0;
  // As HdrHistogram: five lines for each halving of the distance to 100 %.
  double next_level = 0;
  for (std::size_t i = 0; i < counts_.size() && count_ != 0; ++i) {
    if (counts_[i] == 0) continue;
    seen += counts_[i];
    const bool last = i + 1 == counts_.size();
    const double value = static_cast<double>(last ? max_ : std::min(highest_of(i), max_));
    squares += (value - mean()) * (value - mean()) * static_cast<double>(counts_[i]);
    const double level = static_cast<double>(seen) / total;
    while (next_level <= level && next_level < 1.0) {
      fmt::format_to(out, "{:12.3f} {:2.12f} {:10d} {:14.2f}\n", value / unit, next_level, seen,
                     1.0 / (1.0 - next_level));
      if (seen == count_ && next_level > 0) break;
      const double ticks = 5.0 * std::exp2(std::floor(std::log2(1.0 / (1.0 - next_level))) + 1.0);
      next_level += 1.0 / ticks;
    }
  }
  if (count_ != 0) {
    fmt::format_to(out, "{:12.3f} {:2.12f} {:10d}\n", static_cast<double>(max_) / unit, 1.0,
                   count_);
  }
  const double deviation = count_ == 0 ? 0.0 : std::sqrt(squares / total);
  fmt::format_to(out, "#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", mean() / unit,
                 deviation / unit);
  fmt::format_to(out, "#[Max     = {:12.3f}, Total count    = {:12d}]\n",
                 static_cast<double>(max_) / unit, count_);
  fmt::format_to(out, "#[Buckets = {:12d}, SubBuckets     = {:12d}]\n", 41 - kSubBucketBits,
                 2 * kHalf);
  return text;
}

}  // namespace holdfast::bench
