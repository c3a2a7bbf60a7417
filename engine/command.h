// Commands: everything that can change the engine's state, as plain bytes.
//
// A `Command` is what travels from a network thread to the core, what `StateMachine::apply` takes,
// and (its `command_bytes`) what stands in the log. Each body proves its layout below. Fields that
// are not used are zero. A body may grow at its end; readers take a shorter one with zeroes behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/types.h"

namespace holdfast {

// X(kind, number, body type, member)
#define HOLDFAST_COMMANDS(X)                         \
  X(create_account, 1, CreateAccount, create_account) \
  X(update_account, 2, UpdateAccount, update_account) \
  X(create_card, 3, CreateCard, create_card)          \
  X(update_card, 4, UpdateCard, update_card)          \
  X(put_program, 5, PutProgram, put_program)          \
  X(transfer, 6, Transfer, transfer)                  \
  X(authorize, 7, Authorize, authorize)               \
  X(capture, 8, Capture, capture)                     \
  X(reverse, 9, Reverse, reverse)                     \
  X(refund, 10, Refund, refund)                       \
  X(expire, 64, Expire, expire)                       \
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

struct Authorize {
  CardToken card;
  Money amount;               // above 0
  MerchantId merchant;
  TerminalId terminal;
  CurrencyCode currency;
  Mcc mcc;
  CountryCode country;
  Channel channel{};
  TransactionType type{};
  std::uint32_t flags = 0;    // none defined yet: 0
  std::uint32_t reserved = 0;
};

/// An authorization is named by its id, or (id zero) by the request id that asked for it, so that
/// a gateway that lost the reply, or pipelines its steps, need not know the id.
struct Capture {
  AuthorizationId authorization;
  RequestId original_request;
  Money amount;               // above 0
  AccountId settlement_account;  // zero: the program's
  std::uint8_t final = 0;     // 1: no more captures; what is left of the hold is released
  std::uint8_t reserved[7] = {};
};

struct Reverse {
  AuthorizationId authorization;
  RequestId original_request;
  Money amount;               // 0: all that is left
};

/// Linked (authorization or original request given): never above what was captured.
/// Unlinked (neither given): credits the card's account.
struct Refund {
  AuthorizationId authorization;
  RequestId original_request;
  CardToken card;             // unlinked only; else zero
  AccountId settlement_account;  // pays; zero: the program's
  Money amount;               // above 0
  MerchantId merchant;
  CurrencyCode currency;      // unlinked: the account's; linked: 0 or the account's
  Mcc mcc;
  std::uint32_t reserved = 0;
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
static_assert(is_plain_bytes<Authorize> && sizeof(Authorize) == 64);
static_assert(is_plain_bytes<Capture> && sizeof(Capture) == 56);
static_assert(is_plain_bytes<Reverse> && sizeof(Reverse) == 32);
static_assert(is_plain_bytes<Refund> && sizeof(Refund) == 88);
static_assert(is_plain_bytes<Expire> && sizeof(Expire) == 8);
static_assert(is_plain_bytes<Configure> && sizeof(Configure) == 40);

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
