// Walks the precedence of decisions: whatever fails together, the earlier line of engine/decision.h
// is the answer.
//
// Each condition says what it sets up, what it needs and what it breaks, so that the test can tell
// which conditions can hold at once. Every set of such conditions is tried, pairs and larger ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iostream>
#include <limits>
#include <span>
#include <string>

#include "engine/state_machine.h"
#include "tests/engine/commands.h"
#include "tests/engine/rules.h"

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
  kRequest = 1 << 15,
  kNamedCard = 1 << 16,
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
  [[nodiscard]] std::uint64_t authorizations() const { return engine_.show_status().authorizations; }
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
  bool merchant_is_denied = false;
  bool type_is_denied = false;
  bool amount_is_capped = false;
  bool count_is_capped = false;
  bool odd_flags = false;
  bool reversed_before = false;
  bool rate_is_old = false;
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
    {Decision::reversed_before, "reversed before", kRequest, 0, 0,
     [](AuthorizeCase& c) { c.reversed_before = true; }},
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
    {Decision::rate_too_old, "old rate", kCurrency, kCard, 0,
     [](AuthorizeCase& c) {
       c.currency = kEuro;
       c.rate_is_old = true;
     }},
    {Decision::merchant_denied, "merchant denied", 0, kCard, 0,
     [](AuthorizeCase& c) { c.merchant_is_denied = true; }},
    {Decision::denied_by_control, "type denied", 0, kCard, 0,
     [](AuthorizeCase& c) { c.type_is_denied = true; }},
    {Decision::over_amount_limit, "above a cap", 0, kCard, 0,
     [](AuthorizeCase& c) { c.amount_is_capped = true; }},
    {Decision::over_count_limit, "too often", 0, kCard, 0,
     [](AuthorizeCase& c) { c.count_is_capped = true; }},
    {Decision::insufficient_funds, "too little money", kAmount, kCard, 0,
     [](AuthorizeCase& c) { c.amount = 5'000'00; }},
    {Decision::balance_overflow, "held at its end", kBalances, kCard, 0,
     [](AuthorizeCase& c) { c.held_is_full = true; }},
    {Decision::at_capacity, "table full", kTable, 0, 0,
     [](AuthorizeCase& c) { c.table_is_full = true; }},
};

test::Rules rules_of(const AuthorizeCase& c) {
  test::Rules rules;
  if (c.count_is_capped) {
    rules.controls.push_back(test::cap_window(1, WindowKind::day, kMax, 0));
  }
  if (c.amount_is_capped) rules.controls.push_back(test::cap_transaction(2, 0));
  if (c.type_is_denied) {
    rules.controls.push_back(test::filter(3, ControlEffect::deny));
    rules.controls.back().types = 1 << static_cast<int>(TransactionType::purchase);
  }
  if (c.merchant_is_denied) {
    rules.controls.push_back(test::filter(4, ControlEffect::deny));
    rules.controls.back().merchant_list = 1;
    rules.list_items.push_back(test::merchant_item(1, "SHOP"));
  }
  return rules;
}

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
    world.set_expiry(kHoldersCard, {});
    world.must(test::authorize(1, kHoldersCard, kMax));
    world.must(test::transfer(1, kBank, kHolder, 1'000'00));
    world.set_expiry(kHoldersCard, c.expiry);
  }
  if (c.rate_is_old) {
    world.set_rate_of_euro();
    world.wait_s(2);
  }
  if (c.card_status != CardStatus::active) world.set_card_status(kHoldersCard, c.card_status);
  if (c.account_status != AccountStatus::open) world.set_status(kHolder, c.account_status);
  if (c.table_is_full) world.let_no_more_authorizations_in();
  for (const Command& row : test::commands_of(rules_of(c), 1, 1)) world.must(row);
  Command command = test::authorize(1, c.card, c.amount, c.currency);
  command.authorize.merchant = test::merchant("SHOP");
  if (c.reversed_before) world.reverse_before(command.request_id);
  command.authorize.flags = c.odd_flags ? kAuthorizeFlagsAll + 1 : 0;
  return world.send(command);
}

TEST(Precedence, Authorize) {
  // All sets are 57,616, half a minute; those of four conditions have every pair in some company.
  EXPECT_GT(walk<AuthorizeCase>(kAuthorizeConditions, run_authorize, 4), 3'000);
}

// Capture --------------------------------------------------------------------------------------

struct CaptureCase {
  std::uint8_t final = 0;
  std::int64_t amount = kAsked;
  bool original_is_known = true;
  bool original_is_anothers = false;
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
    {Decision::no_original, "another card", kNamedCard, 0, kOriginal,
     [](CaptureCase& c) { c.original_is_anothers = true; }},
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
  if (c.original_is_anothers) command.capture.card = {kOthersCard, 0};
  return world.send(command);
}

TEST(Precedence, Capture) {
  EXPECT_GT(walk<CaptureCase>(kCaptureConditions, run_capture), 100);
}

// Capture of a forgotten hold ------------------------------------------------------------------

struct ForgottenCase {
  std::uint8_t final = 0;
  std::int64_t amount = kAsked;
  std::uint64_t card = kHoldersCard;
  bool account_is_closed = false;
  std::uint64_t settlement = kShop;
  bool settlement_is_closed = false;
  CurrencyCode settlement_currency = test::kPounds;
  bool settlement_is_full = false;
};

constexpr Condition<ForgottenCase> kForgottenConditions[] = {
    {Decision::malformed, "final is 2", kField, 0, 0, [](ForgottenCase& c) { c.final = 2; }},
    {Decision::invalid_amount, "amount 0", kAmount, 0, 0, [](ForgottenCase& c) { c.amount = 0; }},
    {Decision::no_original, "no card is named", kNamedCard, 0, kCard,
     [](ForgottenCase& c) { c.card = 0; }},
    {Decision::unknown_card, "no such card", kNamedCard, 0, kCard,
     [](ForgottenCase& c) { c.card = kGhost; }},
    {Decision::unknown_account, "no such settlement account", kSettlement, kCard, kSettlement,
     [](ForgottenCase& c) { c.settlement = kGhost; }},
    {Decision::account_closed, "account closed", kAccountStatus, kCard, 0,
     [](ForgottenCase& c) { c.account_is_closed = true; }},
    {Decision::account_closed, "settlement account closed", kSettlementStatus | kSettlementLedger,
     kSettlement | kCard, 0, [](ForgottenCase& c) { c.settlement_is_closed = true; }},
    {Decision::currency_mismatch, "settlement account of another currency", kSettlementCurrency,
     kSettlement | kCard, 0, [](ForgottenCase& c) { c.settlement_currency = kEuro; }},
    {Decision::not_allowed_in_state, "settles to the account that pays", kWholeSettlement, kCard, 0,
     [](ForgottenCase& c) { c.settlement = kHolder; }},
    {Decision::balance_overflow, "settlement ledger at its end", kSettlementLedger,
     kSettlement | kCard, 0, [](ForgottenCase& c) { c.settlement_is_full = true; }},
};

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

Outcome run_capture_of_forgotten(const ForgottenCase& c) {
  World world;
  make_settlement(world, c);
  world.must(test::create_account(1, kHolder, 1'000'00));
  world.must(test::create_card(1, kHoldersCard, kHolder));
  const Outcome original = world.must(test::authorize(1, kHoldersCard, kAsked));
  world.must(test::reverse(1, original.authorization.value));
  world.let_ended_be_forgotten();
  EXPECT_EQ(world.authorizations(), 0U);
  if (c.account_is_closed) world.set_status(kHolder, AccountStatus::closed);
  Command command = test::capture(1, original.authorization.value, c.amount, false, c.settlement);
  command.capture.final = c.final;
  command.capture.card = {c.card, 0};
  return world.send(command);
}

TEST(Precedence, CaptureOfAForgottenHold) {
  EXPECT_GT(walk<ForgottenCase>(kForgottenConditions, run_capture_of_forgotten), 60);
}

// Increment ------------------------------------------------------------------------------------

struct IncrementCase {
  bool names_two = false;
  std::int64_t amount = kAsked;
  bool original_is_known = true;
  bool original_is_reversed = false;
  CardStatus card_status = CardStatus::active;
  ExpiryMonth expiry{};
  bool account_is_frozen = false;
  bool account_is_closed = false;
  bool held_is_full = false;
};

constexpr Condition<IncrementCase> kIncrementConditions[] = {
    {Decision::malformed, "two originals", kField, 0, 0,
     [](IncrementCase& c) { c.names_two = true; }},
    {Decision::invalid_amount, "amount 0", kAmount, 0, 0, [](IncrementCase& c) { c.amount = 0; }},
    {Decision::no_original, "no such authorization", 0, 0, kOriginal,
     [](IncrementCase& c) { c.original_is_known = false; }},
    {Decision::card_lost, "card lost", kCardStatus, kOriginal, 0,
     [](IncrementCase& c) { c.card_status = CardStatus::lost; }},
    {Decision::card_stolen, "card stolen", kCardStatus, kOriginal, 0,
     [](IncrementCase& c) { c.card_status = CardStatus::stolen; }},
    {Decision::card_blocked, "card blocked", kCardStatus, kOriginal, 0,
     [](IncrementCase& c) { c.card_status = CardStatus::blocked; }},
    {Decision::card_closed, "card closed", kCardStatus, kOriginal, 0,
     [](IncrementCase& c) { c.card_status = CardStatus::closed; }},
    {Decision::card_expired, "card expired", kExpiry, kOriginal, 0,
     [](IncrementCase& c) { c.expiry = ExpiryMonth{2310}; }},
    {Decision::account_frozen, "account frozen", kAccountStatus, kOriginal, 0,
     [](IncrementCase& c) { c.account_is_frozen = true; }},
    {Decision::account_closed, "account closed", kAccountStatus | kBalances, kOriginal, 0,
     [](IncrementCase& c) { c.account_is_closed = true; }},
    {Decision::not_allowed_in_state, "reversed", kState, kOriginal, 0,
     [](IncrementCase& c) { c.original_is_reversed = true; }},
    {Decision::insufficient_funds, "too little money", kAmount, kOriginal, 0,
     [](IncrementCase& c) { c.amount = 5'000'00; }},
    {Decision::balance_overflow, "held at its end", kBalances, kOriginal, 0,
     [](IncrementCase& c) { c.held_is_full = true; }},
};

Outcome run_increment(const IncrementCase& c) {
  World world;
  world.must(test::create_account(1, kBank, 0, kAccountMayGoNegative));
  world.must(test::create_account(1, kHolder, c.held_is_full ? kMax : 2'000'00));
  world.must(test::create_card(1, kHoldersCard, kHolder));
  const Outcome original = world.must(test::authorize(1, kHoldersCard, kAsked));
  if (c.held_is_full) {
    world.must(test::authorize(1, kHoldersCard, kMax - kAsked));
    world.must(test::transfer(1, kBank, kHolder, 1'000'00));
  }
  if (c.original_is_reversed) world.must(test::reverse(1, original.authorization.value));
  if (c.account_is_closed) {
    world.wait_s(8 * 86'400);  // a held amount would keep it open
    world.set_status(kHolder, AccountStatus::closed);
  }
  if (c.account_is_frozen) world.set_status(kHolder, AccountStatus::frozen);
  if (c.expiry.yymm != 0) world.set_expiry(kHoldersCard, c.expiry);
  if (c.card_status != CardStatus::active) world.set_card_status(kHoldersCard, c.card_status);
  Command command = test::make(CommandKind::increment, 1);
  command.increment.authorization = {c.original_is_known ? original.authorization.value : kGhost};
  command.increment.amount = {c.amount};
  if (c.names_two) command.increment.original_request = {7, 7};
  return world.send(command);
}

TEST(Precedence, Increment) {
  EXPECT_GT(walk<IncrementCase>(kIncrementConditions, run_increment), 500);
}

// Advise ---------------------------------------------------------------------------------------

struct AdviseCase {
  std::uint8_t post = 1;
  std::int64_t amount = kAsked;
  bool reversed_before = false;
  std::uint64_t card = kHoldersCard;
  bool account_is_closed = false;
  CurrencyCode currency = test::kPounds;
  std::uint64_t settlement = kShop;
  bool settlement_is_closed = false;
  CurrencyCode settlement_currency = test::kPounds;
  bool settlement_is_full = false;
  bool table_is_full = false;
};

constexpr Condition<AdviseCase> kAdviseConditions[] = {
    {Decision::malformed, "post is 2", kField, 0, 0, [](AdviseCase& c) { c.post = 2; }},
    {Decision::invalid_amount, "amount 0", kAmount, 0, 0, [](AdviseCase& c) { c.amount = 0; }},
    {Decision::reversed_before, "reversed before", kRequest, 0, 0,
     [](AdviseCase& c) { c.reversed_before = true; }},
    {Decision::unknown_card, "no such card", 0, 0, kCard, [](AdviseCase& c) { c.card = kGhost; }},
    {Decision::unknown_account, "no such settlement account", kSettlement, kCard, kSettlement,
     [](AdviseCase& c) { c.settlement = kGhost; }},
    {Decision::account_closed, "account closed", kAccountStatus, kCard, 0,
     [](AdviseCase& c) { c.account_is_closed = true; }},
    {Decision::account_closed, "settlement account closed", kSettlementStatus | kSettlementLedger,
     kSettlement | kCard, 0, [](AdviseCase& c) { c.settlement_is_closed = true; }},
    {Decision::currency_mismatch, "no rate", kCurrency, kCard, 0,
     [](AdviseCase& c) { c.currency = kEuro; }},
    {Decision::currency_mismatch, "settlement account of another currency", kSettlementCurrency,
     kSettlement | kCard, 0, [](AdviseCase& c) { c.settlement_currency = kEuro; }},
    {Decision::not_allowed_in_state, "settles to the account that pays", kWholeSettlement, kCard, 0,
     [](AdviseCase& c) { c.settlement = kHolder; }},
    {Decision::balance_overflow, "settlement ledger at its end", kSettlementLedger,
     kSettlement | kCard, 0, [](AdviseCase& c) { c.settlement_is_full = true; }},
    {Decision::at_capacity, "table full", kTable, 0, 0,
     [](AdviseCase& c) { c.table_is_full = true; }},
};

Outcome run_advise(const AdviseCase& c) {
  World world;
  make_settlement(world, c);
  world.must(test::create_account(1, kOther, 1'000'00));
  world.must(test::create_card(1, kOthersCard, kOther));
  world.must(test::authorize(1, kOthersCard, 1));  // so that the table can be full
  world.must(test::create_account(1, kHolder, 1'000'00));
  world.must(test::create_card(1, kHoldersCard, kHolder));
  if (c.account_is_closed) world.set_status(kHolder, AccountStatus::closed);
  if (c.table_is_full) world.let_no_more_authorizations_in();
  Command command = test::make(CommandKind::advise, 1);
  command.advise.card = {c.card, 0};
  command.advise.amount = {c.amount};
  command.advise.currency = c.currency;
  command.advise.post = c.post;
  command.advise.settlement_account = {c.settlement, 0};
  if (c.reversed_before) world.reverse_before(command.request_id);
  return world.send(command);
}

TEST(Precedence, Advise) { EXPECT_GT(walk<AdviseCase>(kAdviseConditions, run_advise), 200); }

// What an exchange leaves of the amount is known when the currency is: before state and funds.
TEST(Precedence, NothingLeftOfTheAmountIsToldBetweenCurrencyAndFunds) {
  World world;
  world.must(test::create_account(1, kHolder, 0));
  world.must(test::create_card(1, kHoldersCard, kHolder));
  Command rate = test::make(CommandKind::set_rate, 1);
  rate.set_rate.from = kEuro;
  rate.set_rate.to = test::kPounds;
  rate.set_rate.rate = 1;
  rate.set_rate.scale = 1;
  rate.set_rate.life_s = 1;
  world.must(rate);
  const auto ask = [&](std::uint64_t request, std::int64_t amount) {
    return world.send(test::authorize(request, kHoldersCard, amount, kEuro)).decision;
  };
  EXPECT_EQ(ask(1, 5), Decision::invalid_amount);
  EXPECT_EQ(ask(2, 6), Decision::insufficient_funds);
  world.wait_s(2);
  EXPECT_EQ(ask(3, 5), Decision::rate_too_old);
  world.set_status(kHolder, AccountStatus::frozen);
  EXPECT_EQ(ask(4, 5), Decision::account_frozen);
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
