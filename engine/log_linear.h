// Buckets of a log-linear histogram: the arithmetic only.
//
// Values below 2^SubBucketBits have a bucket each; above that each power of two is cut into
// 2^(SubBucketBits-1) equal buckets, so that a value is told at most 1 part in 2^(SubBucketBits-1)
// above what it was. No state; any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace holdfast {

template <unsigned SubBucketBits>
struct LogLinear {
  static constexpr std::uint64_t kHalf = 1ULL << (SubBucketBits - 1);

  [[nodiscard]] static constexpr std::size_t index_of(std::uint64_t value) {
    if (value < 2 * kHalf) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - SubBucketBits;
    return static_cast<std::size_t>((shift + 1) * kHalf + ((value >> shift) - kHalf));
  }
  /// The highest value that counts in a bucket.
  [[nodiscard]] static constexpr std::uint64_t highest_of(std::size_t index) {
    if (index < 2 * kHalf) return index;
    const std::uint64_t shift = index / kHalf - 1;
    const std::uint64_t top = kHalf + index % kHalf;
    return ((top + 1) << shift) - 1;
  }
};

}  // namespace holdfast
