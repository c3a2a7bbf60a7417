// What the tables hold: one slot for each account, card, program, authorization and request id.
//
// Slots store their own keys, so that an index can be rebuilt from them. Money fields obey the
// invariants named in state_machine.h. Sizes are a matter of cache lines and are asserted.
#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/slot_table.h"
#include "engine/types.h"

namespace holdfast {

struct AccountSlot {
  AccountId id;
  Money ledger;
  Money held;          // sum over its open authorizations
  Money credit_limit;  // 0 or more
  CurrencyCode currency;
  std::uint16_t flags = 0;  // kAccount…
  AccountStatus status{};
  std::uint8_t reserved[19] = {};

  [[nodiscard]] bool may_go_negative() const { return (flags & kAccountMayGoNegative) != 0; }
};
static_assert(is_plain_bytes<AccountSlot> && sizeof(AccountSlot) == 64);

struct CardSlot {
  CardToken token;
  TimestampNs expires_at;  // first moment at which it is no longer valid
  SlotNumber account = kNoSlot;
  SlotNumber program = kNoSlot;
  ExpiryMonth expiry;
  CardStatus status{};
  std::uint8_t reserved[29] = {};
};
static_assert(is_plain_bytes<CardSlot> && sizeof(CardSlot) == 64);

struct ProgramSlot {
  ProgramId id;
  std::uint32_t hold_period_s = 0;
  AccountId settlement_account;            // zero: none
  std::uint32_t rule_set_version = 0;      // active; 0: none
  std::uint32_t reserved = 0;
};
static_assert(is_plain_bytes<ProgramSlot> && sizeof(ProgramSlot) == 32);

/// Two cache lines: what a capture or reversal changes stands in the first.
struct AuthorizationSlot {
  AuthorizationId id;  // zero: the slot is free
  Money approved;      // this and what follows: in the account's currency
  Money captured;
  Money reversed;
  Money refunded;
  TimestampNs expires_at;
  SlotNumber card = kNoSlot;
  SlotNumber next = kNoSlot;      // in its calendar second or the queue of the ended
  SlotNumber previous = kNoSlot;
  AuthorizationState state{};
  Channel channel{};
  TransactionType type{};
  std::uint8_t reserved = 0;
  // second line
  RequestId request_id;
  MerchantId merchant;
  Money requested;                // in `currency`
  TimestampNs created_at;
  CurrencyCode currency;
  Mcc mcc;
  CountryCode country;
  std::uint16_t reserved2 = 0;
  SlotNumber rate = kNoSlot;      // that made `requested` the account's currency; none: the same
  union {
    SlotNumber charges = kNoSlot;  // while open: what it counted, newest first
    std::uint32_t ended_at_s;      // then: seconds since 1970
  };

  /// Not yet captured nor given back: held while open, still capturable (late) when expired. Zero
  /// when a tolerance allowed more to be captured than was approved.
  [[nodiscard]] Money left() const {
    const std::int64_t rest = approved.minor - captured.minor - reversed.minor;
    return {rest > 0 ? rest : 0};
  }
};
static_assert(is_plain_bytes<AuthorizationSlot> && sizeof(AuthorizationSlot) == 128);

/// A request id that a reversal named before its authorization came; see RequestSlot::kind.
inline constexpr CommandKind kTombstone{};

/// The answer that was given to a request id.
struct RequestSlot {
  RequestId id;                   // zero: free, or a tombstone that was replaced
  std::uint64_t fingerprint = 0;  // of kind and body, to tell a retry from a reuse
  Outcome outcome;
  CommandKind kind{};             // or kTombstone: nothing was answered yet
  std::uint16_t reserved = 0;
  SlotNumber next = kNoSlot;      // younger neighbour
};
static_assert(is_plain_bytes<RequestSlot> && sizeof(RequestSlot) == 96);

}  // namespace holdfast
