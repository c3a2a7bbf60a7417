// Merchant category codes imputed from merchant names (`merchant_mcc.csv`: letters of a name →
// MCC).
//
// A name stands in the file with its letters only: lower case, every run of other characters one
// space. Where a name has several codes the one seen most often wins, then the lower one. What
// comes from here is a guess and is counted as imputed. Thread: built once, then read only.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bench/result.h"
#include "engine/types.h"

namespace holdfast::bench {

class MerchantCodes {
 public:
  /// Knows no name.
  MerchantCodes();
  ~MerchantCodes();
  MerchantCodes(MerchantCodes&&) noexcept;
  MerchantCodes& operator=(MerchantCodes&&) noexcept;

  [[nodiscard]] static Result<MerchantCodes> load(const std::string& path);
  /// Code 0 when the name is not known.
  [[nodiscard]] Mcc find(std::string_view merchant_name) const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

/// The form in which names stand in the file.
[[nodiscard]] std::string merchant_letters(std::string_view name);

}  // namespace holdfast::bench
