// Walks the precedence of decisions: whatever fails together, the earlier line of engine/decision.h
// is the answer.
//
// Each condition says what it sets up, what it needs and what it breaks, so that the test can tell
// which conditions can hold at once. Every set of such conditions is tried, pairs and larger ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <limits>
#include <span>
#include <string>

#include "engine/state_machine.h"
#include "tests/engine/commands.h"

namespace holdfast {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr CurrencyCode kEuro{978};

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
};

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

/// Tries every set of conditions that can hold together; returns how many sets there were.
template <class Case>
int walk(std::span<const Condition<Case>> conditions, Outcome (*run)(const Case&)) {
  int sets = 0;
  for (std::uint32_t mask = 0; mask < 1U << conditions.size(); ++mask) {
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
constexpr std::uint64_t kBank = 1, kEuroBank = 2, kHolder = 3, kOther = 4, kShop = 5;
constexpr std::uint64_t kHoldersCard = 1, kOthersCard = 2;
constexpr std::uint64_t kGhost = 99;
constexpr std::int64_t kAsked = 500'00;

// Authorize ------------------------------------------------------------------------------------

struct AuthorizeCase {
  bool odd_flags = false;
  std::int64_t amount = kAsked;
  std::uint64_t card = kHoldersCard;
  CardStatus card_status = CardStatus::active;
  ExpiryMonth expiry{};
  AccountStatus account_status = AccountStatus::open;
  CurrencyCode currency = test::kPounds;
  bool held_is_full = false;
  bool table_is_full = false;
};

constexpr Condition<AuthorizeCase> kAuthorizeConditions[] = {
    {Decision::malformed, "unknown flag", kField, 0, 0,
     [](AuthorizeCase& c) { c.odd_flags = true; }},
    {Decision::invalid_amount, "amount 0", kAmount, 0, 0, [](AuthorizeCase& c) { c.amount = 0; }},
    {Decision::unknown_card, "no such card", 0, 0, kCard,
     [](AuthorizeCase& c) { c.card = kGhost; }},
    {Decision::card_lost, "card lost", kCardStatus, kCard, 0,
     [](AuthorizeCase& c) { c.card_status = CardStatus::lost; }},
    {Decision::card_stolen, "card stolen", kCardStatus, kCard, 0,
     [](AuthorizeCase& c) { c.card_status = CardStatus::stolen; }},
    {Decision::card_blocked, "card blocked", kCardStatus, kCard, 0,
     [](AuthorizeCase& c) { c.card_status = CardStatus::blocked; }},
    {Decision::card_closed, "card closed", kCardStatus, kCard, 0,
     [](AuthorizeCase& c) { c.card_status = CardStatus::closed; }},
    {Decision::card_expired, "card expired", kExpiry, kCard, 0,
     [](AuthorizeCase& c) { c.expiry = ExpiryMonth{2310}; }},
    {Decision::account_frozen, "account frozen", kAccountStatus, kCard, 0,
     [](AuthorizeCase& c) { c.account_status = AccountStatus::frozen; }},
    {Decision::account_closed, "account closed", kAccountStatus | kBalances, kCard, 0,
     [](AuthorizeCase& c) { c.account_status = AccountStatus::closed; }},
    {Decision::currency_mismatch, "other currency", kCurrency, kCard, 0,
     [](AuthorizeCase& c) { c.currency = kEuro; }},
    {Decision::insufficient_funds, "too little money", kAmount, kCard, 0,
     [](AuthorizeCase& c) { c.amount = 5'000'00; }},
    {Decision::balance_overflow, "held at its end", kBalances, kCard, 0,
     [](AuthorizeCase& c) { c.held_is_full = true; }},
    {Decision::at_capacity, "table full", kTable, 0, 0,
     [](AuthorizeCase& c) { c.table_is_full = true; }},
};

Outcome run_authorize(const AuthorizeCase& c) {
  World world;
  world.must(test::create_account(1, kBank, 0, kAccountMayGoNegative));
  world.must(test::create_account(1, kOther, 1'000'00));
  // Money enough for what is asked, and not for what is asked with "too little money".
  world.must(test::create_account(1, kHolder, c.held_is_full ? kMax : 1'000'00));
  world.must(test::create_card(1, kHoldersCard, kHolder, 0, c.expiry));
  world.must(test::create_card(1, kOthersCard, kOther));
  world.must(test::authorize(1, kOthersCard, 1));  // so that the table can be full
  if (c.held_is_full) {
    Command unexpired = test::make(CommandKind::update_card, 1);
    unexpired.update_card.card = {kHoldersCard, 0};
    unexpired.update_card.change = kChangeExpiry;
    world.must(unexpired);
    world.must(test::authorize(1, kHoldersCard, kMax));
    world.must(test::transfer(1, kBank, kHolder, 1'000'00));
    unexpired.update_card.expiry = c.expiry;
    world.must(unexpired);
  }
  if (c.card_status != CardStatus::active) world.set_card_status(kHoldersCard, c.card_status);
  if (c.account_status != AccountStatus::open) world.set_status(kHolder, c.account_status);
  if (c.table_is_full) world.let_no_more_authorizations_in();
  Command command = test::authorize(1, c.card, c.amount, c.currency);
  command.authorize.flags = c.odd_flags ? kAuthorizeFlagsAll + 1 : 0;
  return world.send(command);
}

TEST(Precedence, Authorize) {
  EXPECT_GT(walk<AuthorizeCase>(kAuthorizeConditions, run_authorize), 1'000);
}

// Capture --------------------------------------------------------------------------------------

struct CaptureCase {
  std::uint8_t final = 0;
  std::int64_t amount = kAsked;
  bool original_is_known = true;
  bool original_is_reversed = false;
  bool account_is_closed = false;
  std::uint64_t settlement = kShop;
  bool settlement_is_closed = false;
  CurrencyCode settlement_currency = test::kPounds;
  bool settlement_is_full = false;
};

constexpr std::uint32_t kWholeSettlement =
    kSettlement | kSettlementStatus | kSettlementCurrency | kSettlementLedger;

constexpr Condition<CaptureCase> kCaptureConditions[] = {
    {Decision::malformed, "final is 2", kField, 0, 0, [](CaptureCase& c) { c.final = 2; }},
    {Decision::invalid_amount, "amount 0", kAmount, 0, 0, [](CaptureCase& c) { c.amount = 0; }},
    {Decision::no_original, "no such authorization", 0, 0, kOriginal,
     [](CaptureCase& c) { c.original_is_known = false; }},
    {Decision::unknown_account, "no such settlement account", kSettlement, 0, kSettlement,
     [](CaptureCase& c) { c.settlement = kGhost; }},
    {Decision::account_closed, "account closed", kAccountStatus, kOriginal, 0,
     [](CaptureCase& c) { c.account_is_closed = true; }},
    {Decision::account_closed, "settlement account closed", kSettlementStatus | kSettlementLedger,
     kSettlement, 0, [](CaptureCase& c) { c.settlement_is_closed = true; }},
    {Decision::currency_mismatch, "settlement account of another currency", kSettlementCurrency,
     kSettlement | kOriginal, 0, [](CaptureCase& c) { c.settlement_currency = kEuro; }},
    {Decision::not_allowed_in_state, "reversed", kState, kOriginal, 0,
     [](CaptureCase& c) { c.original_is_reversed = true; }},
    {Decision::not_allowed_in_state, "settles to the account that pays", kWholeSettlement,
     kOriginal, 0, [](CaptureCase& c) { c.settlement = kHolder; }},
    {Decision::above_authorized, "above the hold", kAmount, kOriginal, 0,
     [](CaptureCase& c) { c.amount = kAsked + 1; }},
    {Decision::balance_overflow, "settlement ledger at its end", kSettlementLedger,
     kSettlement | kOriginal, 0, [](CaptureCase& c) { c.settlement_is_full = true; }},
};

Outcome run_capture(const CaptureCase& c) {
  World world;
  world.must(test::create_account(1, kBank, 0, kAccountMayGoNegative));
  world.must(test::create_account(1, kEuroBank, 0, kAccountMayGoNegative, kEuro));
  world.must(test::create_account(1, kHolder, 1'000'00));
  world.must(test::create_account(1, kShop, 0, 0, c.settlement_currency));
  world.must(test::create_card(1, kHoldersCard, kHolder));
  const Outcome original = world.must(test::authorize(1, kHoldersCard, kAsked));
  if (c.original_is_reversed) world.must(test::reverse(1, original.authorization.value));
  if (c.account_is_closed) {
    world.wait_s(8 * 86'400);  // a held amount would keep it open
    world.set_status(kHolder, AccountStatus::closed);
  }
  if (c.settlement_is_full) {
    const std::uint64_t payer = c.settlement_currency == kEuro ? kEuroBank : kBank;
    world.must(test::transfer(1, payer, kShop, kMax, c.settlement_currency));
  }
  if (c.settlement_is_closed) world.set_status(kShop, AccountStatus::closed);
  Command command = test::capture(1, c.original_is_known ? original.authorization.value : kGhost,
                                  c.amount, false, c.settlement);
  command.capture.final = c.final;
  return world.send(command);
}

TEST(Precedence, Capture) {
  EXPECT_GT(walk<CaptureCase>(kCaptureConditions, run_capture), 100);
}

// The request id ------------------------------------------------------------------------------

// An id that was used before is looked at before the content, so that a retry can be told from a
// new request whatever is in it: its place in the table is for requests that were never answered.
TEST(Precedence, ARequestIdThatWasUsedBeforeIsToldBeforeEverythingElse) {
  World world;
  world.must(test::create_account(1, kHolder, 1'000'00));
  const Command first = test::transfer(7, kHolder, kGhost, 1);
  EXPECT_EQ(world.send(first).decision, Decision::unknown_account);
  Command other = test::transfer(7, kHolder, kHolder, 0);
  EXPECT_EQ(world.send(other).decision, Decision::request_id_reused);
  other.request_id = RequestId{8, 0};
  EXPECT_EQ(world.send(other).decision, Decision::malformed);
}

}  // namespace
}  // namespace holdfast
