// Which decision a capture or an increment is told when several would be right.
#include <gtest/gtest.h>

#include <cstdint>

#include "tests/engine/commands.h"
#include "tests/engine/precedence.h"

namespace holdfast {
namespace {

using namespace precedence;

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

}  // namespace
}  // namespace holdfast
