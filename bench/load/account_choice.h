// Which account the next request is for: every account alike, or by Zipf's law.
//
// Zipf ranks are drawn by rejection-inversion (Hörmann and Derflinger 1996): constant time and no
// table, whatever the number of accounts. Ranks are spread over the accounts by a fixed
// permutation, so that hot accounts are not neighbours in the engine's tables. Thread: one owner.
#pragma once

#include <cstdint>

#include "bench/load/random.h"

namespace holdfast::bench {

class ZipfRanks {
 public:
  /// `size` above 0; `exponent` above 0. Rank r (from 0) comes with probability ~ 1/(r+1)^exponent.
  ZipfRanks(std::uint64_t size, double exponent);
  [[nodiscard]] std::uint64_t draw(Random& random) const;

 private:
  [[nodiscard]] double integral(double x) const;
  [[nodiscard]] double integral_inverse(double x) const;
  [[nodiscard]] double weight(double x) const;

  std::uint64_t size_;
  double exponent_;
  double integral_first_;
  double integral_last_;
  double shortcut_;
};

class AccountChoice {
 public:
  /// `zipf_exponent` 0: uniform.
  AccountChoice(std::uint64_t accounts, double zipf_exponent);
  /// 0 .. accounts-1.
  [[nodiscard]] std::uint32_t draw(Random& random) const;

 private:
  std::uint64_t accounts_;
  bool uniform_;
  std::uint64_t stride_;  // coprime with `accounts_`
  ZipfRanks ranks_;
};

}  // namespace holdfast::bench
