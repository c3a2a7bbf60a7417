#include "tools/text/merchant_categories.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

namespace holdfast::tools {
namespace {

constexpr std::size_t kMccDigits = 4;

// The schemes give each airline, car rental company and hotel chain a category of its own, next to
// the general one.
constexpr MccRange kAirlines[] = {{{3000}, {3350}}, {{4511}, {4511}}};
constexpr MccRange kCarRental[] = {{{3351}, {3500}}, {{7512}, {7512}}};
constexpr MccRange kCash[] = {{{6010}, {6011}}};
constexpr MccRange kFuel[] = {{{5541}, {5542}}};
constexpr MccRange kGambling[] = {{{7800}, {7802}}, {{7995}, {7995}}, {{9406}, {9406}}};
constexpr MccRange kGroceries[] = {{{5411}, {5411}}};
constexpr MccRange kHotels[] = {{{3501}, {3999}}, {{7011}, {7011}}};
constexpr MccRange kQuasiCash[] = {{{4829}, {4829}}, {{6050}, {6051}}, {{6540}, {6540}}};
constexpr MccRange kRestaurants[] = {{{5811}, {5814}}};

constexpr MccGroup kGroups[] = {
    {"airlines", "airlines", kAirlines},
    {"car_rental", "car rental", kCarRental},
    {"cash", "cash at counters and machines", kCash},
    {"fuel", "petrol stations, attended and automated", kFuel},
    {"gambling", "lotteries, casinos, betting, horse and dog racing", kGambling},
    {"groceries", "grocery stores and supermarkets", kGroceries},
    {"hotels", "hotels, motels and resorts", kHotels},
    {"quasi_cash", "money transfer, foreign currency, money orders, stored value", kQuasiCash},
    {"restaurants", "caterers, restaurants, bars and fast food", kRestaurants},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::expected<Mcc, std::string> parse_mcc(std::string_view text) {
  if (text.size() != kMccDigits || !std::ranges::all_of(text, is_digit)) {
    return std::unexpected(fmt::format(
        "'{}' is not a merchant category: write four digits (\"5411\") or a range (\"5812-5814\")",
        text));
  }
  std::uint16_t code = 0;
  for (const char c : text) code = static_cast<std::uint16_t>(code * 10 + (c - '0'));
  return Mcc{code};
}

}  // namespace

std::span<const MccGroup> mcc_groups() { return kGroups; }

const MccGroup* find_mcc_group(std::string_view name) {
  const auto found =
      std::ranges::find_if(kGroups, [&](const MccGroup& group) { return group.name == name; });
  return found == std::end(kGroups) ? nullptr : &*found;
}

std::string mcc_group_names() {
  std::string names;
  for (const MccGroup& group : kGroups) {
    if (!names.empty()) names += ", ";
    names += group.name;
  }
  return names;
}

std::expected<MccRange, std::string> parse_mcc_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_mcc(text.substr(0, dash));
  if (!first) return std::unexpected(first.error());
  if (dash == std::string_view::npos) return MccRange{*first, *first};
  const auto last = parse_mcc(text.substr(dash + 1));
  if (!last) return std::unexpected(last.error());
  if (*first > *last) {
    return std::unexpected(fmt::format("the range {} ends before it begins", text));
  }
  return MccRange{*first, *last};
}

std::string mcc_range_text(Mcc first, Mcc last) {
  if (first == last) return fmt::format("{:04}", first.code);
  return fmt::format("{:04}-{:04}", first.code, last.code);
}

}  // namespace holdfast::tools
