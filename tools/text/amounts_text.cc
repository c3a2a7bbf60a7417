#include "tools/text/amounts_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "tools/text/ids_text.h"

namespace holdfast::tools {
namespace {

constexpr std::uint64_t kMostMinor = std::numeric_limits<std::int64_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string example(const Currency& currency) {
  return currency.exponent == 0
             ? "25"
             : fmt::format("25.{:0>{}}", "", static_cast<int>(currency.exponent));
}

std::string not_an_amount(std::string_view text, const Currency& currency) {
  return fmt::format("'{}' is not an amount in {}: write digits with a point before the minor "
                     "units, such as {}, without sign, spaces or thousands separators",
                     text, currency.name(), example(currency));
}

}  // namespace

std::expected<Money, std::string> parse_major_amount(std::string_view text,
                                                     const Currency& currency) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const bool point_without_digits = point != std::string_view::npos && fraction.empty();
  if (whole.empty() || point_without_digits || !std::ranges::all_of(whole, is_digit) ||
      !std::ranges::all_of(fraction, is_digit)) {
    return std::unexpected(not_an_amount(text, currency));
  }
  if (fraction.size() > currency.exponent) {
    return std::unexpected(fmt::format(
        "'{}' has {} decimal places, but {} has {}: nothing is rounded; write such as {}", text,
        fraction.size(), currency.name(), currency.exponent, example(currency)));
  }
  std::uint64_t minor = 0;
  const std::size_t digits = whole.size() + currency.exponent;
  for (std::size_t at = 0; at < digits; ++at) {
    char c = '0';
    if (at < whole.size()) {
      c = whole[at];
    } else if (at - whole.size() < fraction.size()) {
      c = fraction[at - whole.size()];
    }
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (minor > (kMostMinor - digit) / 10) {
      return std::unexpected(fmt::format(
          "'{}' is too large: the largest amount in {} is {}", text, currency.name(),
          major_units_text(Money{std::numeric_limits<std::int64_t>::max()}, currency.exponent)));
    }
    minor = minor * 10 + digit;
  }
  return Money{static_cast<std::int64_t>(minor)};
}

std::expected<Money, std::string> parse_minor_amount(std::string_view text) {
  const auto minor = parse_unsigned(text, kMostMinor, "an amount in minor units");
  if (!minor) return std::unexpected(minor.error());
  return Money{static_cast<std::int64_t>(*minor)};
}

std::string major_units_text(Money amount, std::uint8_t exponent) {
  // The magnitude of the smallest int64 does not fit one: negate as unsigned.
  const bool negative = amount.minor < 0;
  const auto bits = static_cast<std::uint64_t>(amount.minor);
  std::string digits = std::to_string(negative ? 0 - bits : bits);
  if (exponent > 0) {
    if (digits.size() <= exponent) digits.insert(0, exponent + 1 - digits.size(), '0');
    digits.insert(digits.size() - exponent, 1, '.');
  }
  if (negative) digits.insert(0, 1, '-');
  return digits;
}

std::string amount_text(Money amount, CurrencyCode currency) {
  if (currency.numeric == 0) return fmt::format("{} minor units", amount.minor);
  const auto known = find_currency(currency);
  if (!known) return fmt::format("{} minor units of {:03}", amount.minor, currency.numeric);
  return fmt::format("{} {}", major_units_text(amount, known->exponent), known->name());
}

}  // namespace holdfast::tools
