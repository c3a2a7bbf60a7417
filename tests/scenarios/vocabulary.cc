#include "tests/scenarios/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <span>

namespace holdfast::scenarios {
namespace {

constexpr Currency kCurrencies[] = {
    {"BHD", CurrencyCode{48}, 3},  {"CHF", CurrencyCode{756}, 2}, {"CZK", CurrencyCode{203}, 2},
    {"EUR", CurrencyCode{978}, 2}, {"GBP", CurrencyCode{826}, 2}, {"JPY", CurrencyCode{392}, 0},
    {"USD", CurrencyCode{840}, 2},
};

constexpr std::array<std::string_view, 3> kAccountStatuses{"open", "frozen", "closed"};
constexpr std::array<std::string_view, 5> kCardStatuses{"active", "blocked", "lost", "stolen",
                                                        "closed"};
constexpr std::array<std::string_view, 3> kScopes{"program", "account", "card"};
constexpr std::array<std::string_view, 4> kEffects{"deny", "allow_only", "cap_transaction",
                                                   "cap_window"};
constexpr std::array<std::string_view, 7> kWindows{"none", "day",      "week",   "month",
                                                   "year", "lifetime", "rolling"};
constexpr std::array<std::string_view, 3> kListKinds{"mcc", "country", "merchant"};
constexpr std::array<std::string_view, 8> kWeekdays{"none",     "monday", "tuesday",  "wednesday",
                                                    "thursday", "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 4> kAuthorizationStates{"open", "captured", "reversed",
                                                               "expired"};
constexpr std::array<std::string_view, 5> kRuleSetStates{"begun", "complete", "shadow", "active",
                                                         "former"};

struct Unit {
  std::string_view name;
  std::uint64_t ns;
};
constexpr Unit kUnits[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"d", 86'400 * kNsPerSecond},
    {"h", 3'600 * kNsPerSecond},
    {"m", 60 * kNsPerSecond},
    {"s", kNsPerSecond},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A name of the table (its place is the value), or a number.
std::uint8_t named(std::string_view what, std::string_view text,
                   std::span<const std::string_view> names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<std::uint8_t>(i);
  }
  if (!text.empty() && is_digit(text[0])) return static_cast<std::uint8_t>(number_of(text));
  std::string all;
  for (const std::string_view name : names) all += fmt::format(" {}", name);
  throw BadWord(fmt::format("'{}' is no {}; there are{}", text, what, all));
}

/// "a,b": bit by the value of each name.
template <class ValueOf>
std::uint16_t mask_of(std::string_view text, ValueOf value_of) {
  std::uint16_t mask = 0;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    mask = static_cast<std::uint16_t>(mask | 1U << (value_of(text.substr(0, comma)) & 15));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return mask;
}

}  // namespace

const Currency& currency_named(std::string_view letters) {
  std::string all;
  for (const Currency& currency : kCurrencies) {
    if (currency.letters == letters) return currency;
    all += fmt::format(" {}", currency.letters);
  }
  throw BadWord(fmt::format("'{}' is no currency; there are{}", letters, all));
}

Currency currency_numbered(CurrencyCode code) {
  for (const Currency& currency : kCurrencies) {
    if (currency.code == code) return currency;
  }
  return Currency{"", code, 2};
}

Money amount_of(std::string_view text, const Currency& currency) {
  const auto wrong = [&]() {
    return BadWord(fmt::format("'{}' is no amount of {}: it needs {} decimals, as in {}", text,
                               currency.letters, currency.decimals,
                               text_of(Money{123'450}, currency)));
  };
  const std::size_t point = text.find('.');
  const std::size_t decimals = point == std::string_view::npos ? 0 : text.size() - point - 1;
  if (decimals != static_cast<std::size_t>(currency.decimals) || text.ends_with('.')) throw wrong();
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i != point) digits += text[i];
  }
  std::int64_t minor = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
  if (error != std::errc() || end != digits.data() + digits.size()) throw wrong();
  return Money{minor};
}

std::string text_of(Money amount, const Currency& currency) {
  const bool negative = amount.minor < 0;
  // As unsigned, so that the most negative amount has a positive twin.
  const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(amount.minor)
                                      : static_cast<std::uint64_t>(amount.minor);
  const std::string digits = fmt::format("{:0{}}", size, currency.decimals + 1);
  const std::size_t whole = digits.size() - static_cast<std::size_t>(currency.decimals);
  const std::string_view text = digits;
  return fmt::format("{}{}{}{}", negative ? "-" : "", text.substr(0, whole),
                     currency.decimals > 0 ? "." : "", text.substr(whole));
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    throw BadWord(fmt::format("'{}' is no whole number of 0 or more", text));
  }
  return number;
}

std::uint64_t duration_ns_of(std::string_view text) {
  const auto wrong = [&]() {
    return BadWord(fmt::format("'{}' is no duration; write 7d, 1h30m, 10s or 5ms", text));
  };
  if (text.empty()) throw wrong();
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == at) throw wrong();
    const std::uint64_t number = number_of(text.substr(at, end - at));
    std::size_t unit_end = end;
    while (unit_end < text.size() && !is_digit(text[unit_end])) ++unit_end;
    const std::string_view name = text.substr(end, unit_end - end);
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (candidate.name == name) unit = &candidate;
    }
    if (unit == nullptr) throw wrong();
    sum += number * unit->ns;
    at = unit_end;
  }
  return sum;
}

TimestampNs time_of(std::string_view text) {
  const auto wrong = [&]() {
    return BadWord(
        fmt::format("'{}' is no time; write 2026-03-01 or 2026-03-01T10:00:00 (UTC)", text));
  };
  const auto part = [&](std::size_t at, std::size_t size) -> unsigned {
    if (at + size > text.size()) throw wrong();
    for (std::size_t i = at; i < at + size; ++i) {
      if (!is_digit(text[i])) throw wrong();
    }
    return static_cast<unsigned>(number_of(text.substr(at, size)));
  };
  const bool with_clock = text.size() == 19;
  if (!with_clock && text.size() != 10) throw wrong();
  if (text[4] != '-' || text[7] != '-') throw wrong();
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(part(0, 4))),
                                         std::chrono::month(part(5, 2)),
                                         std::chrono::day(part(8, 2))};
  if (!date.ok()) throw wrong();
  std::uint64_t seconds = 0;
  if (with_clock) {
    if (text[10] != 'T' || text[13] != ':' || text[16] != ':') throw wrong();
    seconds = part(11, 2) * 3600U + part(14, 2) * 60U + part(17, 2);
    if (part(11, 2) > 23 || part(14, 2) > 59 || part(17, 2) > 59) throw wrong();
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return TimestampNs{(static_cast<std::uint64_t>(days) * 86'400 + seconds) * kNsPerSecond};
}

std::string text_of(TimestampNs time) {
  using namespace std::chrono;
  const std::uint64_t seconds = time.ns / kNsPerSecond;
  const year_month_day date{sys_days(days(static_cast<std::int64_t>(seconds / 86'400)))};
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
  if (time.ns % kNsPerSecond != 0) text += fmt::format(".{:09}", time.ns % kNsPerSecond);
  return text;
}

ExpiryMonth expiry_of(std::string_view text) {
  if (text == "never") return ExpiryMonth{0};
  if (text.size() == 4) return ExpiryMonth{static_cast<std::uint16_t>(number_of(text))};
  if (text.size() != 7 || !text.starts_with("20") || text[4] != '-') {
    throw BadWord(fmt::format("'{}' is no expiry month; write 2027-03 or never", text));
  }
  return ExpiryMonth{static_cast<std::uint16_t>(number_of(text.substr(2, 2)) * 100 +
                                                number_of(text.substr(5, 2)))};
}

std::string text_of(ExpiryMonth expiry) {
  if (expiry.yymm == 0) return "never";
  return fmt::format("20{:02}-{:02}", expiry.yymm / 100, expiry.yymm % 100);
}

AccountStatus account_status_of(std::string_view text) {
  return static_cast<AccountStatus>(named("account status", text, kAccountStatuses));
}

CardStatus card_status_of(std::string_view text) {
  return static_cast<CardStatus>(named("card status", text, kCardStatuses));
}

Channel channel_of(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kNames{
      "unknown",   "chip", "contactless", "magstripe", "manual",
      "ecommerce", "moto", "recurring",   "atm"};
  return static_cast<Channel>(named("channel", text, kNames));
}

TransactionType type_of(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kNames{
      "purchase", "cash", "purchase_cashback", "quasi_cash", "account_funding"};
  return static_cast<TransactionType>(named("transaction type", text, kNames));
}

ControlScope scope_of(std::string_view text) {
  return static_cast<ControlScope>(named("scope", text, kScopes));
}

ControlEffect effect_of(std::string_view text) {
  return static_cast<ControlEffect>(named("effect of a control", text, kEffects));
}

WindowKind window_of(std::string_view text) {
  return static_cast<WindowKind>(named("window", text, kWindows));
}

ListKind list_kind_of(std::string_view text) {
  return static_cast<ListKind>(named("kind of list", text, kListKinds));
}

std::uint8_t weekday_of(std::string_view text) { return named("weekday", text, kWeekdays); }

std::uint16_t channels_of(std::string_view text) {
  return mask_of(text, [](std::string_view name) { return static_cast<int>(channel_of(name)); });
}

std::uint16_t types_of(std::string_view text) {
  return mask_of(text, [](std::string_view name) { return static_cast<int>(type_of(name)); });
}

std::int32_t offset_of(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
    throw BadWord(fmt::format("'{}' is no distance from UTC; write +01:00 or -04:30", text));
  }
  const auto seconds = static_cast<std::int32_t>(number_of(text.substr(1, 2)) * 3600 +
                                                 number_of(text.substr(4)) * 60);
  return text[0] == '-' ? -seconds : seconds;
}

std::string_view name_of(ControlScope scope) { return kScopes.at(static_cast<std::size_t>(scope)); }

std::string_view name_of(WindowKind window) {
  return kWindows.at(static_cast<std::size_t>(window));
}

std::string_view name_of(AccountStatus status) {
  return kAccountStatuses.at(static_cast<std::size_t>(status));
}

std::string_view name_of(CardStatus status) {
  return kCardStatuses.at(static_cast<std::size_t>(status));
}

std::string_view name_of(RuleSetState state) {
  return kRuleSetStates.at(static_cast<std::size_t>(state));
}

std::string_view name_of(AuthorizationState state) {
  return kAuthorizationStates.at(static_cast<std::size_t>(state));
}

}  // namespace holdfast::scenarios
