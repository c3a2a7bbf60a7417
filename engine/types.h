// The vocabulary of the whole project: identifiers, amounts, time and codes.
//
// One type per kind of identifier and amount, so that a card token can never be passed where an
// account is meant. Conversion happens only through named members. All types here are plain bytes
// (trivially copyable, no padding) because they stand inside commands, slots and log records.
// Thread: none of these has state beyond itself; any thread may use them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace holdfast {

/// A 128-bit identifier chosen by a caller, so that a UUID fits. Zero means "not given".
/// In bytes: two little-endian u64, the low half first. As text: see `ids_text.h`.
template <class Tag>
struct Id128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  [[nodiscard]] constexpr bool is_zero() const { return (low | high) == 0; }
  friend constexpr bool operator==(const Id128&, const Id128&) = default;
  friend constexpr auto operator<=>(const Id128& a, const Id128& b) {
    return a.high != b.high ? a.high <=> b.high : a.low <=> b.low;
  }
  template <class H>
  friend H AbslHashValue(H state, const Id128& id) {
    return H::combine(std::move(state), id.low, id.high);
  }
};

using AccountId = Id128<struct AccountTag>;
/// A card token: never a card number (PAN); PANs do not enter Holdfast.
using CardToken = Id128<struct CardTag>;
/// Chosen by the gateway once per intent; a retry carries the same one (the idempotency key).
using RequestId = Id128<struct RequestTag>;
/// Names one log for its whole life; drawn at random when a data directory is made.
using LogId = Id128<struct LogTag>;

/// A 64-bit identifier given by the engine; rises by one each time it is given. Zero means "none".
template <class Tag>
struct Id64 {
  std::uint64_t value = 0;

  [[nodiscard]] constexpr bool is_zero() const { return value == 0; }
  [[nodiscard]] constexpr Id64 next() const { return Id64{value + 1}; }
  friend constexpr auto operator<=>(const Id64&, const Id64&) = default;
  template <class H>
  friend H AbslHashValue(H state, const Id64& id) {
    return H::combine(std::move(state), id.value);
  }
};

using AuthorizationId = Id64<struct AuthorizationTag>;
/// Position of a command in the log; the first logged command has position 1.
using LogPosition = Id64<struct PositionTag>;

/// Chosen by the operator; 0 is the program that exists from the beginning.
struct ProgramId {
  std::uint32_t value = 0;
  friend constexpr auto operator<=>(const ProgramId&, const ProgramId&) = default;
  template <class H>
  friend H AbslHashValue(H state, const ProgramId& id) {
    return H::combine(std::move(state), id.value);
  }
};

/// An amount in minor units (pence, cents, haléřů) of the ISO 4217 currency that stands beside it.
struct Money {
  std::int64_t minor = 0;
  friend constexpr auto operator<=>(const Money&, const Money&) = default;
};

/// Sum, or nothing when it does not fit 64 bits: an overflow is always a declined command.
[[nodiscard]] constexpr std::optional<Money> checked_add(Money a, Money b) {
  Money sum;
  if (__builtin_add_overflow(a.minor, b.minor, &sum.minor)) return std::nullopt;
  return sum;
}

/// Difference, or nothing when it does not fit 64 bits.
[[nodiscard]] constexpr std::optional<Money> checked_subtract(Money a, Money b) {
  Money difference;
  if (__builtin_sub_overflow(a.minor, b.minor, &difference.minor)) return std::nullopt;
  return difference;
}

/// Nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
struct TimestampNs {
  std::uint64_t ns = 0;
  friend constexpr auto operator<=>(const TimestampNs&, const TimestampNs&) = default;
};

inline constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

/// ISO 4217 numeric code, 1..999.
struct CurrencyCode {
  std::uint16_t numeric = 0;
  friend constexpr auto operator<=>(const CurrencyCode&, const CurrencyCode&) = default;
};

/// ISO 18245 merchant category code (ISO 8583 DE18), 0..9999; 0 means "not given".
struct Mcc {
  std::uint16_t code = 0;
  friend constexpr auto operator<=>(const Mcc&, const Mcc&) = default;
};

/// ISO 3166-1 numeric country code of the acceptor (DE19/DE43), 0..999; 0 means "not given".
struct CountryCode {
  std::uint16_t numeric = 0;
  friend constexpr auto operator<=>(const CountryCode&, const CountryCode&) = default;
};

/// Card acceptor identification code (ISO 8583 DE42, up to 15 characters), zero-filled to 16.
struct MerchantId {
  char text[16] = {};
  [[nodiscard]] std::string_view view() const {
    std::size_t length = 0;
    while (length < sizeof text && text[length] != '\0') ++length;
    return {text, length};
  }
  friend bool operator==(const MerchantId&, const MerchantId&) = default;
};

/// Card acceptor terminal identification (ISO 8583 DE41, up to 8 characters), zero-filled.
struct TerminalId {
  char text[8] = {};
  [[nodiscard]] std::string_view view() const {
    std::size_t length = 0;
    while (length < sizeof text && text[length] != '\0') ++length;
    return {text, length};
  }
  friend bool operator==(const TerminalId&, const TerminalId&) = default;
};

/// Card expiry as ISO 8583 DE14: YYMM of the last month in which it is valid (2000..2099, UTC);
/// 0 means that the card does not expire.
struct ExpiryMonth {
  std::uint16_t yymm = 0;
  [[nodiscard]] constexpr bool is_valid() const {
    return yymm == 0 || (yymm <= 9912 && yymm % 100 >= 1 && yymm % 100 <= 12);
  }
  friend constexpr auto operator<=>(const ExpiryMonth&, const ExpiryMonth&) = default;
};

enum class AccountStatus : std::uint8_t { open = 0, frozen = 1, closed = 2 };
enum class CardStatus : std::uint8_t { active = 0, blocked = 1, lost = 2, stolen = 3, closed = 4 };

/// How the card was presented (from ISO 8583 DE22, DE25 and DE61).
enum class Channel : std::uint8_t {
  unknown = 0,
  chip = 1,
  contactless = 2,
  magstripe = 3,
  manual = 4,
  ecommerce = 5,
  moto = 6,
  recurring = 7,
  atm = 8,
};
inline constexpr std::uint8_t kChannelMax = 8;

/// What kind of payment (ISO 8583 DE3, first two digits).
enum class TransactionType : std::uint8_t {
  purchase = 0,          // 00
  cash = 1,              // 01
  purchase_cashback = 2, // 09
  quasi_cash = 3,        // 11
  account_funding = 4,   // 10
};
inline constexpr std::uint8_t kTransactionTypeMax = 4;

template <class T>
inline constexpr bool is_plain_bytes =
    std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

static_assert(is_plain_bytes<AccountId> && sizeof(AccountId) == 16);
static_assert(is_plain_bytes<MerchantId> && sizeof(MerchantId) == 16);
static_assert(is_plain_bytes<Money> && is_plain_bytes<AuthorizationId>);

}  // namespace holdfast
