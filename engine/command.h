// Commands: everything that can change the engine's state, as plain bytes.
//
// A `Command` is what travels from a network thread to the core, what `StateMachine::apply` takes,
// and (its `command_bytes`) what stands in the log. Each body proves its layout. Fields that are
// not used are zero. A body may grow at its end; readers take a shorter one with zeroes behind.
// The bodies about rule sets stand in engine/rule_set_commands.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/rule_set_commands.h"
#include "engine/types.h"

namespace holdfast {

// X(kind, number, body type, member)
#define HOLDFAST_COMMANDS(X)                                   \
  X(create_account, 1, CreateAccount, create_account)          \
  X(update_account, 2, UpdateAccount, update_account)          \
  X(create_card, 3, CreateCard, create_card)                   \
  X(update_card, 4, UpdateCard, update_card)                   \
  X(put_program, 5, PutProgram, put_program)                   \
  X(transfer, 6, Transfer, transfer)                           \
  X(authorize, 7, Authorize, authorize)                        \
  X(capture, 8, Capture, capture)                              \
  X(reverse, 9, Reverse, reverse)                              \
  X(refund, 10, Refund, refund)                                \
  X(increment, 11, Increment, increment)                       \
  X(advise, 12, Advise, advise)                                \
  X(set_rate, 13, SetRate, set_rate)                           \
  X(begin_rule_set, 14, BeginRuleSet, begin_rule_set)          \
  X(add_category, 15, AddCategory, add_category)               \
  X(activate_rule_set, 16, ActivateRuleSet, activate_rule_set) \
  X(add_control, 17, AddControl, add_control)                  \
  X(add_list_item, 18, AddListItem, add_list_item)             \
  X(add_zone_offset, 19, AddZoneOffset, add_zone_offset)       \
  X(shadow_rule_set, 20, ShadowRuleSet, shadow_rule_set)       \
  X(expire, 64, Expire, expire)                                \
  X(configure, 65, Configure, configure)

/// Stable numbers: they stand in the log. 64 and above come only from the engine itself.
enum class CommandKind : std::uint16_t {
#define HOLDFAST_COMMAND_ENUM(name, number, type, member) name = number,
  HOLDFAST_COMMANDS(HOLDFAST_COMMAND_ENUM)
#undef HOLDFAST_COMMAND_ENUM
};

/// Account may go below `-credit_limit` (funding, settlement and fee accounts).
inline constexpr std::uint16_t kAccountMayGoNegative = 1 << 0;
inline constexpr std::uint16_t kAccountFlagsAll = kAccountMayGoNegative;

struct CreateAccount {
  AccountId account;          // not zero
  Money credit_limit;         // 0 or more
  CurrencyCode currency;      // 1..999
  std::uint16_t flags = 0;    // kAccount…
  std::uint32_t reserved = 0;
};

inline constexpr std::uint8_t kChangeStatus = 1 << 0;
inline constexpr std::uint8_t kChangeCreditLimit = 1 << 1;
inline constexpr std::uint8_t kChangeProgram = 1 << 2;
inline constexpr std::uint8_t kChangeExpiry = 1 << 3;

/// Changes what `change` names. Closing needs a ledger and held amount of 0; closed is final.
struct UpdateAccount {
  AccountId account;
  Money credit_limit;         // with kChangeCreditLimit: 0 or more
  AccountStatus status{};     // with kChangeStatus
  std::uint8_t change = 0;    // kChangeStatus | kChangeCreditLimit, at least one
  std::uint8_t reserved[6] = {};
};

struct CreateCard {
  CardToken card;             // not zero
  AccountId account;          // exists and is not closed
  ProgramId program;          // exists
  ExpiryMonth expiry;
  std::uint16_t reserved = 0;
};

/// Changes what `change` names. A closed card stays closed.
struct UpdateCard {
  CardToken card;
  ProgramId program;          // with kChangeProgram
  ExpiryMonth expiry;         // with kChangeExpiry
  CardStatus status{};        // with kChangeStatus
  std::uint8_t change = 0;    // kChangeStatus | kChangeProgram | kChangeExpiry, at least one
};

/// Creates the program or replaces its settings (for authorizations from then on).
struct PutProgram {
  ProgramId program;
  std::uint32_t hold_period_s = 0;  // 1 .. 366 days: how long an authorization holds the money
  AccountId settlement_account;     // used by captures and refunds that name none; zero: none
};

/// Double-entry posting: `debit` pays, `credit` receives.
struct Transfer {
  AccountId debit;
  AccountId credit;
  Money amount;               // above 0
  CurrencyCode currency;      // that of both accounts
  std::uint16_t reserved = 0;
  std::uint32_t reference = 0;  // the caller's own code, kept in the log
};

/// A smaller amount may be approved when the available balance does not cover all of it.
inline constexpr std::uint32_t kAuthorizePartialAllowed = 1 << 0;
/// Amount 0: card and account are judged, nothing is held.
inline constexpr std::uint32_t kAuthorizeVerification = 1 << 1;
/// The amount is not known yet (fuel): what is held is the estimate of the program's category, if
/// it states one, else the amount of the message.
inline constexpr std::uint32_t kAuthorizeEstimated = 1 << 2;
/// The merchant asks by itself (recurring, no-show);
/// the hold then lasts the category's other period.
inline constexpr std::uint32_t kAuthorizeMerchantInitiated = 1 << 3;
inline constexpr std::uint32_t kAuthorizeFlagsAll = (1 << 4) - 1;

struct Authorize {
  CardToken card;
  Money amount;               // above 0, in `currency`; 0 for a verification
  MerchantId merchant;
  TerminalId terminal;
  CurrencyCode currency;      // the account's, or one with a rate to it
  Mcc mcc;
  CountryCode country;
  Channel channel{};
  TransactionType type{};
  std::uint32_t flags = 0;    // kAuthorize…
  std::uint32_t reserved = 0;
  Money cashback;             // part of `amount` that is paid out; with purchase_cashback only
};

/// An authorization is named by its id, or (id zero) by the request id that asked for it, so that
/// a gateway that lost the reply, or pipelines its steps, need not know the id.
/// Amounts of steps that follow an authorization are in the account's currency.
struct Capture {
  AuthorizationId authorization;
  RequestId original_request;
  Money amount;               // above 0
  AccountId settlement_account;  // zero: the program's
  std::uint8_t final = 0;     // 1: no more captures; what is left of the hold is released
  std::uint8_t reserved[7] = {};
  CardToken card;             // optional; makes a capture possible after the hold was forgotten
};

struct Reverse {
  AuthorizationId authorization;
  RequestId original_request;
  Money amount;               // 0: all that is left
  /// 1: an advice (ISO 8583 0420): without its original it is accepted (00), not refused (25).
  std::uint8_t advice = 0;
  std::uint8_t reserved[7] = {};
};

/// Linked (authorization or original request given): never above what was captured.
/// Unlinked (neither given): credits the card's account.
struct Refund {
  AuthorizationId authorization;
  RequestId original_request;
  CardToken card;             // unlinked: whose account; linked: optional, used when the original
                              // is no longer in memory, and then the refund is unlinked
  AccountId settlement_account;  // pays; zero: the program's
  Money amount;               // above 0
  MerchantId merchant;
  CurrencyCode currency;      // unlinked: the account's; linked: 0 or the account's
  Mcc mcc;
  std::uint32_t reserved = 0;
};

/// Raises an open hold, by the checks of an authorization. The time of its release stays.
struct Increment {
  AuthorizationId authorization;
  RequestId original_request;
  Money amount;               // above 0, in the currency that the authorization was asked in
};

/// What was decided elsewhere (stand-in processing, force post): never declined for funds, card
/// status or a frozen account; `kOutcomeForced` says that it would have been.
struct Advise {
  CardToken card;
  Money amount;               // above 0, in `currency`
  MerchantId merchant;
  TerminalId terminal;
  CurrencyCode currency;
  Mcc mcc;
  CountryCode country;
  Channel channel{};
  TransactionType type{};
  std::uint8_t post = 0;      // 1: posted at once (ISO 8583 0220); 0: held (0120)
  std::uint8_t reserved[7] = {};
  AccountId settlement_account;  // with post; zero: the program's
};

/// The rate from one currency to another from now on. In minor units, so that the currencies'
/// exponents are in it: `to = from x rate / 10^scale x (10000 + markup_bp) / 10000`, in one step,
/// rounded half to even.
struct SetRate {
  CurrencyCode from;
  CurrencyCode to;
  std::uint16_t markup_bp = 0;   // basis points on top, 0..10000
  std::uint8_t scale = 0;        // 0..18
  std::uint8_t reserved = 0;
  std::int64_t rate = 0;         // above 0
  std::uint32_t life_s = 0;      // how long it may be used, above 0
  std::uint32_t reserved2 = 0;
};

/// Made by the engine when a hold's time has come; logged, so that replay needs no clock.
struct Expire {
  AuthorizationId authorization;
};

/// What takes part in decisions and is set at start-up. Logged whenever it changes.
struct EngineConfig {
  std::uint64_t accounts_max = 0;
  std::uint64_t cards_max = 0;
  std::uint64_t authorizations_max = 0;
  std::uint64_t request_ids_max = 0;
  std::uint32_t programs_max = 0;
  std::uint32_t request_retention_s = 0;
  std::uint32_t authorization_retention_s = 0;  // after its end; 0: never forgotten
  std::uint32_t reserved = 0;
  friend bool operator==(const EngineConfig&, const EngineConfig&) = default;
};

/// The values of `limits.h`.
[[nodiscard]] EngineConfig default_engine_config();

struct Configure {
  EngineConfig config;
};

static_assert(is_plain_bytes<CreateAccount> && sizeof(CreateAccount) == 32);
static_assert(is_plain_bytes<UpdateAccount> && sizeof(UpdateAccount) == 32);
static_assert(is_plain_bytes<CreateCard> && sizeof(CreateCard) == 40);
static_assert(is_plain_bytes<UpdateCard> && sizeof(UpdateCard) == 24);
static_assert(is_plain_bytes<PutProgram> && sizeof(PutProgram) == 24);
static_assert(is_plain_bytes<Transfer> && sizeof(Transfer) == 48);
static_assert(is_plain_bytes<Authorize> && sizeof(Authorize) == 72);
static_assert(is_plain_bytes<Capture> && sizeof(Capture) == 72);
static_assert(is_plain_bytes<Reverse> && sizeof(Reverse) == 40);
static_assert(is_plain_bytes<Refund> && sizeof(Refund) == 88);
static_assert(is_plain_bytes<Increment> && sizeof(Increment) == 32);
static_assert(is_plain_bytes<Advise> && sizeof(Advise) == 80);
static_assert(is_plain_bytes<SetRate> && sizeof(SetRate) == 24);
static_assert(is_plain_bytes<Expire> && sizeof(Expire) == 8);
static_assert(is_plain_bytes<Configure> && sizeof(Configure) == 48);

/// One command of any kind. `request_id` is zero only for the engine's own commands.
struct Command {
  CommandKind kind{};
  std::uint16_t reserved0 = 0;
  std::uint32_t reserved1 = 0;
  RequestId request_id;
  union {
    std::byte body[88];
#define HOLDFAST_COMMAND_MEMBER(name, number, type, member) type member;
    HOLDFAST_COMMANDS(HOLDFAST_COMMAND_MEMBER)
#undef HOLDFAST_COMMAND_MEMBER
  };

  constexpr Command() : body{} {}
};
static_assert(std::is_trivially_copyable_v<Command> && sizeof(Command) == 112);
static_assert(offsetof(Command, request_id) == 8 && offsetof(Command, body) == 24);

/// Bytes of the body of this kind, or 0 for a number that is no command.
[[nodiscard]] constexpr std::size_t command_body_bytes(CommandKind kind) {
  switch (kind) {
#define HOLDFAST_COMMAND_SIZE(name, number, type, member) \
  case CommandKind::name:                                 \
    return sizeof(type);
    HOLDFAST_COMMANDS(HOLDFAST_COMMAND_SIZE)
#undef HOLDFAST_COMMAND_SIZE
  }
  return 0;
}

[[nodiscard]] constexpr std::string_view command_name(CommandKind kind) {
  switch (kind) {
#define HOLDFAST_COMMAND_NAME(name, number, type, member) \
  case CommandKind::name:                                 \
    return #name;
    HOLDFAST_COMMANDS(HOLDFAST_COMMAND_NAME)
#undef HOLDFAST_COMMAND_NAME
  }
  return "unknown_command";
}

}  // namespace holdfast
