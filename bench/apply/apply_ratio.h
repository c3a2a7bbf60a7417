// `holdfast-bench apply-ratio`: what an authorization costs in the engine against what its memory
// work alone costs.
//
// Both sides have the same accounts, are given the same kind of commands (cards at random, new
// request ids) in batches as large as the core's, and prefetch as the core does. They take turns:
// a pair is so many batches by one and then by the other, in alternating order, so that a machine
// that drifts drifts for both. Times are of the thread's processor time. Between batches, not
// measured, both give back what they held and forget as many old ids as there were new ones: slots
// are used again, as in a server that has run for long, and no first touch of memory, which would
// be the larger part of either side, levels the two.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/report/spread.h"

namespace holdfast::bench {

struct ApplyRatioOptions {
  std::vector<std::uint64_t> accounts{10'000, 1'000'000};
  std::uint32_t pairs = 31;
  std::uint32_t batches = 64;  // of 256 commands, of each side in a pair
  /// Fails when a median is above it; 0: never.
  double ratio_max = 0;
  /// Nothing is given back or forgotten: growing tables, first touches and all.
  bool grows = false;
};

struct ApplyRatio {
  std::uint64_t accounts = 0;
  Spread apply_ns;  // an authorization, by pair
  Spread bare_ns;
  Spread ratio;     // of each pair
};

struct ApplyRatioReport {
  ApplyRatioOptions options;
  std::vector<ApplyRatio> rows;

  [[nodiscard]] bool passed() const;
};

/// In the calling thread. Takes about 1 KiB of memory an account.
[[nodiscard]] ApplyRatioReport measure_apply_ratio(const ApplyRatioOptions& options);

[[nodiscard]] nlohmann::ordered_json to_json(const ApplyRatioReport& report);
[[nodiscard]] std::string to_table(const ApplyRatioReport& report);

}  // namespace holdfast::bench
