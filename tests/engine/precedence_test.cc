// Which decision an authorization or an advice is told when several would be right.
#include <gtest/gtest.h>

#include <cstdint>

#include "tests/engine/commands.h"
#include "tests/engine/precedence.h"
#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace precedence;

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
