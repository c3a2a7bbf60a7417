// Countries as people write them (ISO 3166-1 alpha-2) and as messages carry them (numeric).
// Thread: constant data; any.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "engine/types.h"

namespace holdfast::tools {

/// "GB" (case does not matter) or "826"; else a sentence saying what is due.
[[nodiscard]] std::expected<CountryCode, std::string> parse_country(std::string_view text);

/// "GB", or the three digits of a number that is not in the table.
[[nodiscard]] std::string country_text(CountryCode code);

}  // namespace holdfast::tools
