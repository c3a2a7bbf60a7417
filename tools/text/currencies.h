// ISO 4217 currencies: alphabetic code, numeric code, and the exponent that turns major units into
// minor ones (JPY 0, GBP 2, KWD 3, CLF 4).
//
// The engine knows only the numeric code and minor units; what a currency is called and where its
// decimal point stands is a matter of the text at the edge. Metals, bond units, XDR and testing
// codes have no minor unit in the standard and are not in the table: an account in one of them
// works, and its amounts are shown in minor units. Thread: constant data; any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/types.h"

namespace holdfast::tools {

struct Currency {
  char alphabetic[4];    // "GBP"
  std::uint16_t numeric;  // 826
  std::uint8_t exponent;  // decimal places of the major unit: 0..4

  [[nodiscard]] CurrencyCode code() const { return CurrencyCode{numeric}; }
  [[nodiscard]] std::string_view name() const { return {alphabetic, 3}; }
};

/// All of them, in order of the alphabetic code.
[[nodiscard]] std::span<const Currency> currencies();

/// By alphabetic code ("GBP", case does not matter) or numeric code ("826").
[[nodiscard]] std::optional<Currency> find_currency(std::string_view text);
[[nodiscard]] std::optional<Currency> find_currency(CurrencyCode code);

/// "GBP", or the three digits of a numeric code that is not in the table.
[[nodiscard]] std::string currency_text(CurrencyCode code);

}  // namespace holdfast::tools
