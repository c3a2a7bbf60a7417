// How the precedence of decisions is walked: whatever fails together, the earlier line of
// engine/decision.h is the answer.
//
// Each condition says what it sets up, what it needs and what it breaks, so that the walk can tell
// which conditions can hold at once. Every set of such conditions is tried, pairs and larger ones.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iostream>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "engine/state_machine.h"
#include "tests/engine/commands.h"

namespace holdfast::precedence {

inline constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
inline constexpr CurrencyCode kEuro{978};

// What a condition can touch. Two conditions that set the same thing cannot hold together.
enum Thing : std::uint32_t {
  kNothing = 0,
  kField = 1 << 0,
  kAmount = 1 << 1,
  kCard = 1 << 2,
  kCardStatus = 1 << 3,
  kExpiry = 1 << 4,
  kAccountStatus = 1 << 5,
  kCurrency = 1 << 6,
  kBalances = 1 << 7,
  kTable = 1 << 8,
  kOriginal = 1 << 9,
  kState = 1 << 10,
  kSettlement = 1 << 11,
  kSettlementStatus = 1 << 12,
  kSettlementCurrency = 1 << 13,
  kSettlementLedger = 1 << 14,
  kRequest = 1 << 15,
  kNamedCard = 1 << 16,
};

inline constexpr std::uint32_t kWholeSettlement =
    kSettlement | kSettlementStatus | kSettlementCurrency | kSettlementLedger;

/// One way to be declined: `decision` alone when nothing earlier fails too.
template <class Case>
struct Condition {
  Decision decision;
  const char* what;
  std::uint32_t sets;
  std::uint32_t needs;   // must not be broken by another condition
  std::uint32_t breaks;  // is not there any more
  void (*make)(Case&);
};

template <class Case>
bool can_hold_together(const Condition<Case>& a, const Condition<Case>& b) {
  return (a.sets & b.sets) == 0 && (a.breaks & b.needs) == 0 && (b.breaks & a.needs) == 0;
}

/// Tries every set of up to `most` conditions that can hold together; returns how many there were.
/// The order is one of pairs; larger sets are there for conditions that might hide each other.
template <class Case>
int walk(std::span<const Condition<Case>> conditions, Outcome (*run)(const Case&), int most = 32) {
  int sets = 0;
  for (std::uint32_t mask = 0; mask < 1U << conditions.size(); ++mask) {
    if (std::popcount(mask) > most) continue;
    Case made;
    Decision expected = Decision::approved;
    std::string what;
    bool possible = true;
    for (std::size_t i = 0; i < conditions.size() && possible; ++i) {
      if ((mask >> i & 1) == 0) continue;
      for (std::size_t j = 0; j < i; ++j) {
        if ((mask >> j & 1) == 0) continue;
        possible &= can_hold_together(conditions[i], conditions[j]);
      }
      conditions[i].make(made);
      if (expected == Decision::approved) expected = conditions[i].decision;
      expected = std::min(expected, conditions[i].decision);
      what += std::string(what.empty() ? "" : ", ") + conditions[i].what;
    }
    if (!possible) continue;
    ++sets;
    const Outcome outcome = run(made);
    EXPECT_EQ(decision_name(outcome.decision), decision_name(expected)) << "with: " << what;
  }
  std::cout << sets << " sets of conditions\n";
  return sets;
}

/// An engine that is set up by commands, each of which must be approved.
class World {
 public:
  Outcome send(const Command& command) { return engine_.apply(command, now_); }
  Outcome must(Command command) {
    if (!command.request_id.is_zero()) command.request_id = RequestId{++request_, 0};
    const Outcome outcome = send(command);
    EXPECT_EQ(decision_name(outcome.decision), "approved") << command_name(command.kind);
    return outcome;
  }
  void set_status(std::uint64_t account, AccountStatus status) {
    Command command = test::make(CommandKind::update_account, 1);
    command.update_account.account = {account, 0};
    command.update_account.change = kChangeStatus;
    command.update_account.status = status;
    must(command);
  }
  void set_card_status(std::uint64_t card, CardStatus status) {
    Command command = test::make(CommandKind::update_card, 1);
    command.update_card.card = {card, 0};
    command.update_card.change = kChangeStatus;
    command.update_card.status = status;
    must(command);
  }
  void reverse_before(RequestId request) {
    Command command = test::make(CommandKind::reverse, 1);
    command.reverse.original_request = request;
    command.reverse.advice = 1;
    must(command);
  }
  /// One euro is one pound, for a second.
  void set_rate_of_euro() {
    Command command = test::make(CommandKind::set_rate, 1);
    command.set_rate.from = kEuro;
    command.set_rate.to = test::kPounds;
    command.set_rate.rate = 1;
    command.set_rate.life_s = 1;
    must(command);
  }
  void set_expiry(std::uint64_t card, ExpiryMonth expiry) {
    Command command = test::make(CommandKind::update_card, 1);
    command.update_card.card = {card, 0};
    command.update_card.change = kChangeExpiry;
    command.update_card.expiry = expiry;
    must(command);
  }
  void let_ended_be_forgotten() {
    Command command;
    command.kind = CommandKind::configure;
    command.configure.config = engine_.config();
    command.configure.config.authorization_retention_s = 1;
    must(command);
    wait_s(3);
    must(command);
  }
  [[nodiscard]] std::uint64_t authorizations() const {
    return engine_.show_status().authorizations;
  }
  void let_no_more_authorizations_in() {
    Command command;
    command.kind = CommandKind::configure;
    command.configure.config = engine_.config();
    command.configure.config.authorizations_max = engine_.show_status().authorizations;
    must(command);
  }
  void wait_s(std::uint64_t seconds) {
    now_.ns += seconds * kNsPerSecond;
    std::vector<Command> due;
    (void)engine_.expiries_due(now_, 1'000, due);
    for (const Command& command : due) must(command);
  }

 private:
  StateMachine engine_;
  TimestampNs now_ = test::kStart;
  std::uint64_t request_ = 1'000;
};

// The things of both worlds.
inline constexpr std::uint64_t kBank = 1, kEuroBank = 2, kHolder = 3, kOther = 4, kShop = 5;
inline constexpr std::uint64_t kHoldersCard = 1, kOthersCard = 2;
inline constexpr std::uint64_t kGhost = 99;
inline constexpr std::int64_t kAsked = 500'00;

/// The account that is settled to, as a case wants it.
template <class Case>
void make_settlement(World& world, const Case& c) {
  world.must(test::create_account(1, kBank, 0, kAccountMayGoNegative));
  world.must(test::create_account(1, kEuroBank, 0, kAccountMayGoNegative, kEuro));
  world.must(test::create_account(1, kShop, 0, 0, c.settlement_currency));
  if (c.settlement_is_full) {
    const std::uint64_t payer = c.settlement_currency == kEuro ? kEuroBank : kBank;
    world.must(test::transfer(1, payer, kShop, kMax, c.settlement_currency));
  }
  if (c.settlement_is_closed) world.set_status(kShop, AccountStatus::closed);
}

}  // namespace holdfast::precedence
