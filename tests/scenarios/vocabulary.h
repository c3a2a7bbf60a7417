// Words of scenario files as values: amounts, currencies, durations, dates, statuses.
//
// Every function throws `BadWord` with a sentence that says what was wrong and what would be right;
// the reader of the file adds file and line.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/request.h"
#include "engine/types.h"

namespace holdfast::scenarios {

class BadWord : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Currency {
  std::string_view letters;  // ISO 4217, "GBP"
  CurrencyCode code;
  int decimals = 2;
};

/// "GBP". Throws for letters that are not in the table, and names those that are.
[[nodiscard]] const Currency& currency_named(std::string_view letters);
/// The table's line, or one with two decimals and no letters for a number that is not in it.
[[nodiscard]] Currency currency_numbered(CurrencyCode code);

/// "25.00" with two decimals: 2500. The decimals must be the currency's own, no more, no less.
[[nodiscard]] Money amount_of(std::string_view text, const Currency& currency);
[[nodiscard]] std::string text_of(Money amount, const Currency& currency);

/// "7d", "1h30m", "10s", "5ms", "1ns" (units d h m s ms us ns): nanoseconds.
[[nodiscard]] std::uint64_t duration_ns_of(std::string_view text);
/// "2026-03-01" or "2026-03-01T10:00:00" (UTC).
[[nodiscard]] TimestampNs time_of(std::string_view text);
[[nodiscard]] std::string text_of(TimestampNs time);
/// "2027-03", "never", or four digits as they are ("2613", for months that do not exist).
[[nodiscard]] ExpiryMonth expiry_of(std::string_view text);

[[nodiscard]] std::string text_of(ExpiryMonth expiry);

/// A whole number, 0 or more.
[[nodiscard]] std::uint64_t number_of(std::string_view text);

// A name, or the number itself (for values that have no name).
[[nodiscard]] AccountStatus account_status_of(std::string_view text);
[[nodiscard]] CardStatus card_status_of(std::string_view text);
[[nodiscard]] Channel channel_of(std::string_view text);
[[nodiscard]] TransactionType type_of(std::string_view text);
[[nodiscard]] ControlScope scope_of(std::string_view text);
[[nodiscard]] ControlEffect effect_of(std::string_view text);
[[nodiscard]] WindowKind window_of(std::string_view text);
[[nodiscard]] ListKind list_kind_of(std::string_view text);
/// 1 "monday" .. 7 "sunday".
[[nodiscard]] std::uint8_t weekday_of(std::string_view text);
/// "chip,atm": a bit each.
[[nodiscard]] std::uint16_t channels_of(std::string_view text);
[[nodiscard]] std::uint16_t types_of(std::string_view text);
/// "+01:00" or "-04:30" to UTC, in seconds.
[[nodiscard]] std::int32_t offset_of(std::string_view text);
[[nodiscard]] std::string_view name_of(ControlScope scope);
[[nodiscard]] std::string_view name_of(WindowKind window);
[[nodiscard]] std::string_view name_of(AccountStatus status);
[[nodiscard]] std::string_view name_of(CardStatus status);
[[nodiscard]] std::string_view name_of(AuthorizationState state);
[[nodiscard]] std::string_view name_of(RuleSetState state);

}  // namespace holdfast::scenarios
