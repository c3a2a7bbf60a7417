// Small rules that several commands of the reference model share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "engine/outcome.h"
#include "engine/types.h"

namespace holdfast::model {

/// Wide enough for any sum of three 64-bit amounts: the model never worries about overflow inside.
__extension__ using Wide = __int128;

inline constexpr Wide kMoneyMax = std::numeric_limits<std::int64_t>::max();
inline constexpr Wide kMoneyMin = std::numeric_limits<std::int64_t>::min();

inline bool fits(Wide value) { return value >= kMoneyMin && value <= kMoneyMax; }

inline Money saturated(Wide value) {
  return Money{static_cast<std::int64_t>(std::clamp(value, kMoneyMin, kMoneyMax))};
}

inline bool currency_ok(CurrencyCode currency) {
  return currency.numeric >= 1 && currency.numeric <= 999;
}

// Printable ASCII, then only NULs.
inline bool text_ok(const char* text, std::size_t size) {
  bool ended = false;
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] == '\0') {
      ended = true;
    } else if (ended || text[i] < 0x20 || text[i] > 0x7E) {
      return false;
    }
  }
  return true;
}

inline bool merchant_ok(const MerchantId& merchant, Mcc mcc) {
  return text_ok(merchant.text, sizeof merchant.text) && mcc.code <= 9999;
}

// Either the id or the request that asked for it, not both, not neither.
inline bool original_ok(AuthorizationId id, RequestId request) {
  return id.is_zero() != request.is_zero();
}

inline Outcome declined(Decision decision) {
  Outcome outcome;
  outcome.decision = decision;
  return outcome;
}

}  // namespace holdfast::model
