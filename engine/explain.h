// Why a command is decided as it is: every check of it with the numbers that it looks at.
//
// `StateMachine::explain` is asked before `apply`, on a state that was replayed to just before the
// command. It changes nothing, shares the small questions with `apply` and not its code, and costs
// `apply` nothing. All checks that can be judged are judged, so that the second reason for a
// decline is told as well; the first that failed, in the order of `checks`, is the decision. Plain
// data: the words for a person are the tools'. Invariant, held by a random test: `decision` is what
// `apply` answers. Thread: the state machine's owner.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/command.h"
#include "engine/decision.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/types.h"

namespace holdfast {

// X(name, what has to be so). Names are stable: they stand in the JSON of tools.
#define HOLDFAST_CHECKS(X)                                                                       \
  X(request_id, "the request id was not used before")                                            \
  X(request_memory, "there is room to remember the request id")                                  \
  X(fields, "every field holds a value that the protocol allows")                                \
  X(amount, "the amount is one that the command may have")                                       \
  X(reversed_before, "no reversal of this request came before it")                               \
  X(new_id, "nothing has this id yet")                                                           \
  X(original, "the authorization that is named is in memory")                                    \
  X(card, "the card is known")                                                                   \
  X(card_status, "the card is active")                                                           \
  X(card_expiry, "the card is within its expiry month")                                          \
  X(accounts, "the accounts concerned are known")                                                \
  X(account_status, "the accounts concerned are neither frozen nor closed")                      \
  X(program, "the program is known")                                                             \
  X(rule_set, "the version of the rule set was begun")                                           \
  X(currency, "the accounts have one currency, and it is the stated one")                        \
  X(exchange_rate, "there is a rate to the account's currency")                                  \
  X(rate_age, "the rate is within its stated life")                                              \
  X(converted_amount, "the amount can be told in the account's currency")                        \
  X(merchant_controls, "no control with a list of merchants denies it")                          \
  X(deny_controls, "no other control denies it")                                                 \
  X(amount_caps, "it is within every control's cap by amount")                                   \
  X(count_caps, "it is within every control's cap by count")                                     \
  X(two_accounts, "payer and payee are two accounts")                                            \
  X(state, "the life cycle allows this step now")                                                \
  X(amount_left, "no more is asked than may be captured, reversed or refunded")                  \
  X(cashback, "the cashback can be told in the account's currency")                              \
  X(funds, "the available balance covers the amount")                                            \
  X(balance_range, "balances stay within 64 bits")                                               \
  X(counter_range, "counters stay within 64 bits")                                               \
  X(counter_capacity, "there is room for the counters")                                          \
  X(capacity, "there is room in the table")

enum class CheckName : std::uint8_t {
#define HOLDFAST_CHECK_ENUM(name, text) name,
  HOLDFAST_CHECKS(HOLDFAST_CHECK_ENUM)
#undef HOLDFAST_CHECK_ENUM
};

[[nodiscard]] std::string_view check_name(CheckName name);
/// What has to be so for the check to pass.
[[nodiscard]] std::string_view check_text(CheckName name);
/// The checks of a kind of command in the order in which they decide; empty: no such kind.
[[nodiscard]] std::span<const CheckName> checks_of(CommandKind kind);

enum class CheckResult : std::uint8_t {
  passed,
  failed,
  overruled,       // an advice: it stands against it, and is recorded all the same
  not_applicable,  // the command does not ask for it
  not_judged,      // it needs what an earlier check found missing
};

struct Check {
  CheckName name{};
  CheckResult result = CheckResult::not_judged;
  Decision decision{};  // failed or overruled: what this check alone would have answered
};

/// How the amount came into the account's currency.
struct ExchangeFacts {
  SetRate rate;
  TimestampNs set_at;
  bool of_the_original = false;  // that of the authorization, however old
};

/// One control of the active rule set, and what it says to the payment.
struct ControlFacts {
  AddControl control;
  bool matches = false;   // its filter matches
  bool fails = false;
  Decision decision{};    // when it fails: its own; the lowest of all is the answer
  bool over_amount = false;  // of a cap; both may be
  bool over_count = false;
  Money amount;           // that a cap is held against: with cap_transaction, raises included
  // With cap_window, of the window that the command falls into:
  Money used_before;
  Money used_after;       // as the command is decided; the same when it is declined
  std::uint64_t count_before = 0;
  std::uint64_t count_after = 0;
  TimestampNs window_start;  // lifetime: 0
  TimestampNs window_end;    // calendar windows: when the next one begins; else 0
};

/// Of the account that pays or holds, before the command.
struct FundsFacts {
  AccountId account;
  CurrencyCode currency;
  Money ledger;
  Money held;
  Money credit_limit;
  Money available;         // ledger + credit limit - held, within 64 bits
  Money amount;            // that it has to cover
  bool may_go_negative = false;
};

enum class PeriodSource : std::uint8_t { program, category, category_merchant_initiated };

/// How long the hold lasts.
struct HoldPeriodFacts {
  std::uint32_t period_s = 0;
  PeriodSource source{};
  Mcc category_first;  // of the category's range; unless it is the program's period
  Mcc category_last;
  TimestampNs expires_at;
};

/// The authorization that the command names, before it.
struct OriginalFacts {
  AuthorizationState state{};
  Money approved;
  Money captured;
  Money reversed;
  Money refunded;
  Money left;
  TimestampNs expires_at;
  Money tolerance;  // that captures may go above what was approved
  Money most;       // captured or refunded in all, or reversed now, at most; within 64 bits
};

struct CapacityFacts {
  CheckName check{};
  std::uint64_t used = 0;
  std::uint64_t most = 0;
};

struct Explanation {
  CommandKind kind{};
  TimestampNs now;           // at which it is judged
  Decision decision{};
  std::vector<Check> checks;

  /// The request id was answered before: nothing is judged, and this is the answer again.
  std::optional<Outcome> repeated;
  /// The original is no longer in memory: posted by its card, or no original at all.
  bool original_forgotten = false;

  // What is concerned; zero when the command has none or it is not known.
  CardToken card;
  AccountId account;
  AccountId counterparty;    // the other side of a posting
  ProgramId program;
  AuthorizationId authorization;
  std::uint32_t rule_set_version = 0;  // that judged; 0: none
  CurrencyCode currency;     // the account's
  CardStatus card_status{};
  TimestampNs card_expires_at;

  /// In the account's currency: as converted, and as judged (an estimate may take its place).
  std::optional<Money> converted;
  std::optional<Money> judged;
  /// That is approved, held, moved or released; 0 when declined.
  Money done;

  std::optional<ExchangeFacts> exchange;
  std::vector<ControlFacts> controls;  // all of the rule set, in the order of its rows
  std::optional<FundsFacts> funds;
  std::optional<HoldPeriodFacts> hold_period;
  std::optional<OriginalFacts> original;
  std::vector<CapacityFacts> capacities;
};

}  // namespace holdfast
