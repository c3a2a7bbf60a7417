// Log-linear latency histogram: constant-time recording, bounded relative error, no allocation.
//
// Values below 2^kSubBucketBits are kept exactly; above that each power of two is cut into
// 2^(kSubBucketBits-1) equal buckets, so a value is told at most 1/256 (0.4 %) above what it was.
// Values above `kValueMax` count in the last bucket, but `max()` stays exact. Recording does not
// read the clock. Thread: one owner; give each thread its own and `merge` them at the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/log_linear.h"

namespace holdfast::bench {

class Histogram {
 public:
  static constexpr unsigned kSubBucketBits = 9;
  using Buckets = LogLinear<kSubBucketBits>;
  static constexpr std::uint64_t kHalf = Buckets::kHalf;
  /// About 18 minutes when the values are nanoseconds.
  static constexpr std::uint64_t kValueMax = (1ULL << 40) - 1;

  Histogram();

  void record(std::uint64_t value) { record(value, 1); }
  /// The same value `count` times.
  void record(std::uint64_t value, std::uint64_t count) {
    if (count == 0) return;
    counts_[index_of(value < kValueMax ? value : kValueMax)] += count;
    count_ += count;
    sum_ += static_cast<double>(value) * static_cast<double>(count);
    if (value > max_) max_ = value;
    if (value < min_) min_ = value;
  }

  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Zero when nothing was recorded.
  [[nodiscard]] std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const;

  /// Smallest recorded value (within the relative error, never below it) such that at least
  /// `quantile` (0..1) of all values are not above it. Zero when nothing was recorded.
  [[nodiscard]] std::uint64_t value_at(double quantile) const;

  /// Percentile distribution in the text form of HdrHistogram's `outputPercentileDistribution`,
  /// which its plotters read. Values are divided by `unit` (1000: microseconds out of nanoseconds).
  [[nodiscard]] std::string percentile_text(double unit) const;

  /// The bucket of `value` and the highest value of a bucket; exposed for tests of the error bound.
  [[nodiscard]] static constexpr std::size_t index_of(std::uint64_t value) {
    return Buckets::index_of(value);
  }
  [[nodiscard]] static constexpr std::uint64_t highest_of(std::size_t index) {
    return Buckets::highest_of(index);
  }

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  std::uint64_t min_ = ~0ULL;
  double sum_ = 0;
};

}  // namespace holdfast::bench
