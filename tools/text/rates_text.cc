#include "tools/text/rates_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <limits>

namespace holdfast::tools {
namespace {

constexpr std::uint64_t kMostRate = std::numeric_limits<std::int64_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int exponent_of(CurrencyCode code) {
  const auto known = find_currency(code);
  return known ? known->exponent : 0;
}

}  // namespace

std::expected<MinorRate, std::string> parse_major_rate(std::string_view text, const Currency& from,
                                                       const Currency& to) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const bool point_without_digits = point != std::string_view::npos && fraction.empty();
  std::string digits(whole);
  digits += fraction;
  if (whole.empty() || point_without_digits || !std::ranges::all_of(digits, is_digit)) {
    return std::unexpected(fmt::format(
        "'{}' is not a rate: write what one {} costs in {} with digits and a point, such as 0.8534",
        text, from.name(), to.name()));
  }
  // One major unit of `from` is 10^from.exponent minor ones.
  int scale = static_cast<int>(fraction.size()) + from.exponent - to.exponent;
  for (; scale < 0; ++scale) digits += '0';
  for (; scale > 0 && digits.ends_with('0'); --scale) digits.pop_back();
  digits.erase(0, digits.find_first_not_of('0'));
  if (digits.empty()) return std::unexpected(fmt::format("'{}' is not a rate: it is zero", text));
  if (scale > kRateScaleMax) {
    return std::unexpected(fmt::format(
        "'{}' cannot be kept exactly: from minor units of {} to minor units of {} it has {} "
        "decimal places, and {} is the most",
        text, from.name(), to.name(), scale, kRateScaleMax));
  }
  std::uint64_t rate = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (rate > (kMostRate - digit) / 10) {
      return std::unexpected(fmt::format(
          "'{}' cannot be kept exactly: its digits do not fit 63 bits; write fewer", text));
    }
    rate = rate * 10 + digit;
  }
  return MinorRate{.rate = static_cast<std::int64_t>(rate),
                   .scale = static_cast<std::uint8_t>(scale)};
}

std::string major_rate_text(MinorRate rate, CurrencyCode from, CurrencyCode to) {
  std::string digits = std::to_string(rate.rate);
  int places = rate.scale - exponent_of(from) + exponent_of(to);
  for (; places < 0; ++places) digits += '0';
  const auto after_point = static_cast<std::size_t>(places);
  if (digits.size() <= after_point) digits.insert(0, after_point + 1 - digits.size(), '0');
  if (after_point == 0) return digits;
  digits.insert(digits.size() - after_point, 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return digits;
}

}  // namespace holdfast::tools
