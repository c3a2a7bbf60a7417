// Amounts as people write them: major units with a decimal point in, "25.00 GBP" out.
//
// Never through floating point: digits are counted and moved, so that what is printed parses back
// to the same minor units, to the last of 64 bits. A fraction finer than the currency's minor unit
// is refused, not rounded. Thread: no state; any.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "engine/types.h"
#include "tools/text/currencies.h"

namespace holdfast::tools {

/// "25.00", "25", "0.5" in `currency`; digits and at most one point, no sign, no separators.
/// Errors are whole sentences.
[[nodiscard]] std::expected<Money, std::string> parse_major_amount(std::string_view text,
                                                                   const Currency& currency);

/// "2500": minor units, 0 to 2^63 - 1.
[[nodiscard]] std::expected<Money, std::string> parse_minor_amount(std::string_view text);

/// "25.00 GBP", "-5446.60 CZK"; "2500 minor units of 964" when the currency has no known exponent;
/// "2500 minor units" when the currency is not known at all (code 0).
[[nodiscard]] std::string amount_text(Money amount, CurrencyCode currency);

/// The number alone: "25.00".
[[nodiscard]] std::string major_units_text(Money amount, std::uint8_t exponent);

}  // namespace holdfast::tools
