// A small random number generator (SplitMix64) that gives the same numbers on every machine and
// with every standard library, so that a seed names a test run for ever.
#pragma once

#include <cstdint>

namespace holdfast::model {

class RandomSource {
 public:
  explicit RandomSource(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  /// 0 .. bound - 1; `bound` is at least 1. (The bias of the remainder does not matter here.)
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

  /// `low` .. `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

  /// True `n` times in a thousand.
  bool per_mille(std::uint64_t n) { return below(1000) < n; }

 private:
  std::uint64_t state_;
};

}  // namespace holdfast::model
