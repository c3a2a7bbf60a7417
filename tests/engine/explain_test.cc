// The numbers of an explanation, on small worlds. That its verdict is always the decision is held
// by tests/model/explain_test.cc.
#include "engine/explain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/open_holds.h"
#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

const Check& check_of(const Explanation& e, CheckName name) {
  const auto at = std::ranges::find(e.checks, name, &Check::name);
  if (at == e.checks.end()) __builtin_trap();
  return *at;
}
CheckResult result_of(const Explanation& e, CheckName name) { return check_of(e, name).result; }

/// A request id that nothing else in these tests uses.
Explanation explain(const RuledWorld& world, Command command) {
  command.request_id = {1, 77};
  return world.engine.explain(command, world.now);
}

constexpr std::int64_t kNovember2023_s = 1'698'796'800;  // 2023-11-01T00:00Z
constexpr std::int64_t kDecember2023_s = 1'701'388'800;

TimestampNs at_s(std::int64_t seconds) {
  return {static_cast<std::uint64_t>(seconds) * kNsPerSecond};
}

TEST(Explain, TellsAWindowBeforeAndAfter) {
  RuledWorld world({{cap_window(4, WindowKind::month, 500'00, 3)}});
  world.pay(480'00);
  const Explanation over = explain(world, authorize(1, kCard, 30'00));
  EXPECT_EQ(over.decision, Decision::over_amount_limit);
  EXPECT_EQ(check_of(over, CheckName::amount_caps).decision, Decision::over_amount_limit);
  EXPECT_EQ(result_of(over, CheckName::count_caps), CheckResult::passed);
  EXPECT_EQ(result_of(over, CheckName::funds), CheckResult::passed);
  EXPECT_EQ(over.rule_set_version, 1U);
  EXPECT_EQ(over.done.minor, 0);
  ASSERT_EQ(over.controls.size(), 1U);
  const ControlFacts& facts = over.controls[0];
  EXPECT_TRUE(facts.matches && facts.fails && facts.over_amount && !facts.over_count);
  EXPECT_EQ(facts.control.control, 4);
  EXPECT_EQ(facts.amount.minor, 30'00);
  EXPECT_EQ(facts.used_before.minor, 480'00);
  EXPECT_EQ(facts.used_after.minor, 480'00);
  EXPECT_EQ(facts.count_after, 1U);
  EXPECT_EQ(facts.window_start, at_s(kNovember2023_s));
  EXPECT_EQ(facts.window_end, at_s(kDecember2023_s));

  const Explanation fits = explain(world, authorize(1, kCard, 20'00));
  EXPECT_EQ(fits.decision, Decision::approved);
  EXPECT_EQ(fits.done.minor, 20'00);
  EXPECT_EQ(fits.controls[0].used_after.minor, 500'00);
  EXPECT_EQ(fits.controls[0].count_after, 2U);
}

TEST(Explain, BothCapsOfOneControlAreTold) {
  RuledWorld world({{cap_window(1, WindowKind::day, 100'00, 1)}});
  world.pay(90'00);
  const Explanation e = explain(world, authorize(1, kCard, 20'00));
  EXPECT_EQ(e.decision, Decision::over_amount_limit);
  EXPECT_EQ(check_of(e, CheckName::count_caps).decision, Decision::over_count_limit);
  EXPECT_TRUE(e.controls[0].over_amount && e.controls[0].over_count);
}

TEST(Explain, ADayOfTwentyThreeHoursEndsAfterThem) {
  AddControl day = cap_window(1, WindowKind::day, 100'00);
  day.zone = 1;
  constexpr std::int64_t kForward_s = 1'711'846'800;  // 2024-03-31T01:00Z, London goes to +1
  RuledWorld world({{day}, {}, {zone_offset(1, INT64_MIN, 0), zone_offset(1, kForward_s, 3'600)}});
  world.at(kForward_s + 3'600);
  const Explanation e = explain(world, authorize(1, kCard, 1'00));
  EXPECT_EQ(e.controls[0].window_start, at_s(kForward_s - 3'600));
  EXPECT_EQ(e.controls[0].window_end, at_s(kForward_s + 22 * 3'600));
}

TEST(Explain, ARollingWindowHasNoEnd) {
  RuledWorld world({{rolling(1, 3'600, 600, 100'00)}});
  world.pay(60'00);
  const Explanation e = explain(world, authorize(1, kCard, 1'00));
  EXPECT_EQ(e.controls[0].used_after.minor, 61'00);
  EXPECT_EQ(e.controls[0].window_end.ns, 0U);
}

TEST(Explain, EveryReasonIsToldAndTheFirstDecides) {
  AddControl deny = filter(2, ControlEffect::deny);
  deny.mcc_list = 1;
  AddControl shops = filter(3, ControlEffect::allow_only);
  shops.merchant_list = 2;
  RuledWorld world({{deny, cap_transaction(1, 50'00), shops},
                    {mcc_item(1, 7995, 7995), merchant_item(2, "GROCER 1")}});
  Command command = authorize(1, kCard, RuledWorld::kFunds + 1);
  command.authorize.mcc = {7995};
  const Explanation e = explain(world, command);
  EXPECT_EQ(e.decision, Decision::merchant_denied);
  EXPECT_EQ(check_of(e, CheckName::merchant_controls).decision, Decision::merchant_denied);
  EXPECT_EQ(check_of(e, CheckName::deny_controls).decision, Decision::denied_by_control);
  EXPECT_EQ(check_of(e, CheckName::amount_caps).decision, Decision::over_amount_limit);
  EXPECT_EQ(check_of(e, CheckName::funds).decision, Decision::insufficient_funds);
  ASSERT_TRUE(e.funds);
  EXPECT_EQ(e.funds->available.minor, RuledWorld::kFunds);
  EXPECT_EQ(e.funds->amount.minor, RuledWorld::kFunds + 1);
}

TEST(Explain, WhatIsMissingLeavesTheRestUnjudged) {
  RuledWorld world({});
  const Explanation e = explain(world, authorize(1, 999, 1'00));
  EXPECT_EQ(e.decision, Decision::unknown_card);
  EXPECT_EQ(result_of(e, CheckName::card), CheckResult::failed);
  EXPECT_EQ(result_of(e, CheckName::funds), CheckResult::not_judged);
  EXPECT_FALSE(e.funds);
}

TEST(Explain, TellsRateAndConvertedAmount) {
  RuledWorld world({});
  Command rate = make(CommandKind::set_rate, 1);
  rate.set_rate = {.from = {978}, .to = kPounds, .markup_bp = 100, .scale = 4, .rate = 8'534,
                   .life_s = 60};
  world.send(rate);
  world.at(static_cast<std::int64_t>(kStart.ns / kNsPerSecond) + 61);
  const Explanation e = explain(world, authorize(1, kCard, 20'00, {978}));
  EXPECT_EQ(e.decision, Decision::rate_too_old);
  ASSERT_TRUE(e.exchange && e.converted);
  EXPECT_EQ(e.exchange->rate.rate, 8'534);
  EXPECT_EQ(e.exchange->set_at, kStart);
  EXPECT_EQ(e.converted->minor, 17'24);  // 2000 x 0.8534 x 1.01 = 1723.868
  EXPECT_EQ(result_of(e, CheckName::funds), CheckResult::passed);
}

TEST(Explain, PartAndPurchaseOnlyArePassedFunds) {
  RuledWorld world({});
  Command command = authorize(1, kCard, RuledWorld::kFunds + 5);
  command.authorize.flags = kAuthorizePartialAllowed;
  const Explanation part = explain(world, command);
  EXPECT_EQ(part.decision, Decision::approved_partially);
  EXPECT_EQ(part.done.minor, RuledWorld::kFunds);
  EXPECT_EQ(result_of(part, CheckName::funds), CheckResult::passed);
  command.authorize.flags = 0;
  command.authorize.type = TransactionType::purchase_cashback;
  command.authorize.cashback = {10};
  const Explanation purchase = explain(world, command);
  EXPECT_EQ(purchase.decision, Decision::approved_purchase_only);
  EXPECT_EQ(purchase.done.minor, RuledWorld::kFunds - 5);
}

TEST(Explain, ARepeatedRequestIsToldAsSuch) {
  RuledWorld world({});
  Command command = authorize(1, kCard, 5'00);
  command.request_id = {9, 9};
  const Outcome first = world.engine.apply(command, world.now);
  const Explanation again = world.engine.explain(command, world.now);
  ASSERT_TRUE(again.repeated);
  EXPECT_EQ(again.repeated->position, first.position);
  EXPECT_EQ(again.decision, Decision::approved);
  command.authorize.amount = {6'00};
  const Explanation reused = world.engine.explain(command, world.now);
  EXPECT_FALSE(reused.repeated);
  EXPECT_EQ(reused.decision, Decision::request_id_reused);
}

/// Version 2 of program 0: fuel, with an estimate, a period and a tolerance.
void add_fuel(RuledWorld& world) {
  Command begin = make(CommandKind::begin_rule_set, 1);
  begin.begin_rule_set = {.program = {}, .version = 2, .categories = 1};
  Command category = make(CommandKind::add_category, 1);
  category.add_category = {.program = {},
                           .version = 2,
                           .mcc_first = {5541},
                           .mcc_last = {5542},
                           .hold_period_s = 7'200,
                           .hold_period_merchant_s = 10'800,
                           .tolerance_bp = 1'000,
                           .tolerance = {50},
                           .estimate = {100'00}};
  Command activate = make(CommandKind::activate_rule_set, 1);
  activate.activate_rule_set = {.program = {}, .version = 2};
  for (const Command& command : {begin, category, activate}) {
    ASSERT_EQ(world.send(command).decision, Decision::approved);
  }
}

TEST(Explain, TellsEstimatePeriodAndTolerance) {
  RuledWorld world({});
  add_fuel(world);
  Command command = authorize(1, kCard, 1'00);
  command.authorize.mcc = {5541};
  command.authorize.flags = kAuthorizeEstimated | kAuthorizeMerchantInitiated;
  const Explanation e = explain(world, command);
  EXPECT_EQ(e.converted->minor, 1'00);
  EXPECT_EQ(e.judged->minor, 100'00);
  EXPECT_EQ(e.done.minor, 100'00);
  ASSERT_TRUE(e.hold_period);
  EXPECT_EQ(e.hold_period->source, PeriodSource::category_merchant_initiated);
  EXPECT_EQ(e.hold_period->period_s, 10'800U);
  EXPECT_EQ(e.hold_period->category_last.code, 5542);

  const Outcome hold = world.send(command);
  const Explanation above = explain(world, capture(1, hold.authorization.value, 110'51));
  EXPECT_EQ(above.decision, Decision::above_authorized);
  ASSERT_TRUE(above.original);
  EXPECT_EQ(above.original->tolerance.minor, 10'50);
  EXPECT_EQ(above.original->most.minor, 110'50);
  EXPECT_EQ(explain(world, capture(1, hold.authorization.value, 110'50)).decision,
            Decision::approved);
}

TEST(Explain, AnAdviceTellsWhatItOverrules) {
  RuledWorld world({{cap_transaction(1, 50'00)}});
  Command command = make(CommandKind::advise, 1);
  command.advise = Advise{};
  command.advise.card = {kCard, 0};
  command.advise.amount = {RuledWorld::kFunds + 1};
  command.advise.currency = kPounds;
  const Explanation e = explain(world, command);
  EXPECT_EQ(e.decision, Decision::approved);
  EXPECT_EQ(result_of(e, CheckName::amount_caps), CheckResult::overruled);
  EXPECT_EQ(check_of(e, CheckName::funds).decision, Decision::insufficient_funds);
  EXPECT_EQ(result_of(e, CheckName::card_status), CheckResult::passed);
}

TEST(Explain, EveryKindHasChecksAndEveryCheckAName) {
  for (std::uint16_t kind = 0; kind < 100; ++kind) {
    const auto checks = checks_of(static_cast<CommandKind>(kind));
    EXPECT_EQ(checks.empty(), command_body_bytes(static_cast<CommandKind>(kind)) == 0) << kind;
    for (const CheckName name : checks) {
      EXPECT_EQ(std::ranges::count(checks, name), 1) << kind << " " << check_name(name);
      EXPECT_FALSE(check_text(name).empty());
    }
  }
}

TEST(OpenHolds, AreVisitedWithWhatMayBeTakenAboveThem) {
  RuledWorld world({});
  add_fuel(world);
  Command fuel = authorize(1, kCard, 60'00);
  fuel.authorize.mcc = {5542};
  const Outcome first = world.send(fuel);
  const Outcome second = world.pay(20'00);
  const Outcome ended = world.pay(30'00);
  world.take(first, 10'00);
  world.give_back(first, 5'00);
  world.give_back(ended);
  std::vector<OpenHold> holds;
  world.engine.for_each_open_hold([&](const OpenHold& hold) { holds.push_back(hold); });
  ASSERT_EQ(holds.size(), 2U);
  std::ranges::sort(holds, {}, [](const OpenHold& h) { return h.authorization.authorization; });
  EXPECT_EQ(holds[0].authorization.authorization, first.authorization);
  EXPECT_EQ(holds[0].authorization.held.minor, 45'00);
  EXPECT_EQ(holds[0].over_capture_max.minor, 6'50);
  EXPECT_EQ(holds[0].currency, kPounds);
  EXPECT_EQ(holds[1].authorization.authorization, second.authorization);
  EXPECT_EQ(holds[1].over_capture_max.minor, 0);
  // To the last penny, and no further.
  EXPECT_EQ(world.take(first, 45'00 + 6'51).decision, Decision::above_authorized);
  EXPECT_EQ(world.take(first, 45'00 + 6'50).decision, Decision::approved);
}

}  // namespace
}  // namespace holdfast
