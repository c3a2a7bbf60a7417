// Exchange rates as people write them (0.8534 pounds for a euro) and as the engine keeps them: for
// minor units, as an integer and a number of decimal places.
//
// The exponents of the two currencies move the point: 1 JPY is one minor unit, 1 EUR a hundred. No
// rate is rounded in either direction. Thread: no state; any.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "tools/text/currencies.h"

namespace holdfast::tools {

/// `to minor units = from minor units x rate / 10^scale`.
struct MinorRate {
  std::int64_t rate = 0;
  std::uint8_t scale = 0;  // 0..18
  friend bool operator==(const MinorRate&, const MinorRate&) = default;
};

inline constexpr std::uint8_t kRateScaleMax = 18;

/// What one major unit of `from` costs in major units of `to` ("0.8534"), exactly, with the least
/// scale that it needs. An error when it is no number above zero, or does not fit.
[[nodiscard]] std::expected<MinorRate, std::string> parse_major_rate(std::string_view text,
                                                                     const Currency& from,
                                                                     const Currency& to);

/// The rate in major units again ("0.8534"), without needless zeros. Currencies whose exponent is
/// not known count as having none.
[[nodiscard]] std::string major_rate_text(MinorRate rate, CurrencyCode from, CurrencyCode to);

}  // namespace holdfast::tools
