// Rule sets that run beside the active one: when they may, what they judge and count, what their
// report says, and what a promotion keeps.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/counter_table.h"
#include "engine/limits.h"
#include "engine/windows.h"
#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMidnight = (seconds_of(kStart) / kDay + 1) * kDay;

/// "approved over_amount_limit 2 100" by line: active, shadow, count, amount.
std::string told(const ShadowView& view) {
  std::string text;
  for (const ShadowTally& tally : view.tallies) {
    text += std::string(decision_name(tally.active)) + " " +
            std::string(decision_name(tally.shadow)) + " " + std::to_string(tally.count) + " " +
            std::to_string(tally.amount.minor) + "\n";
  }
  return text;
}

/// What the shadow said to the payment that was sent last: the pair that is counted once more.
class Listener {
 public:
  explicit Listener(const RuledWorld& world, std::size_t place = 0)
      : world_(world), place_(place), before_(world.report(place).tallies) {}
  Decision heard() {
    const auto now = world_.report(place_).tallies;
    Decision said = Decision::cannot_decide_now;
    int changes = 0;
    for (const ShadowTally& tally : now) {
      const auto old = std::ranges::find_if(before_, [&](const ShadowTally& other) {
        return other.active == tally.active && other.shadow == tally.shadow;
      });
      if (old != before_.end() && old->count == tally.count) continue;
      said = tally.shadow;
      ++changes;
    }
    EXPECT_EQ(changes, 1) << "one payment, one answer";
    before_ = now;
    return said;
  }

 private:
  const RuledWorld& world_;
  std::size_t place_;
  std::vector<ShadowTally> before_;
};

Rules lifetime(std::int64_t amount_max, std::uint32_t count_max = UINT32_MAX) {
  return {{cap_window(1, WindowKind::lifetime, amount_max, count_max)}};
}

TEST(Shadow, StartsAndStopsWhenItMay) {
  RuledWorld world({});
  Command command = make(CommandKind::shadow_rule_set, 1);
  command.shadow_rule_set = {.program = {77}, .version = 1};
  EXPECT_EQ(world.send(command).decision, Decision::unknown_program);
  EXPECT_EQ(world.set_shadow(9, true), Decision::no_original);
  EXPECT_EQ(world.set_shadow(9, false), Decision::no_original);
  EXPECT_EQ(world.set_shadow(1, true), Decision::not_allowed_in_state) << "the active one";
  command.shadow_rule_set = {.program = {}, .version = 1};
  command.shadow_rule_set.run = 2;
  EXPECT_EQ(world.send(command).decision, Decision::malformed);
  command.shadow_rule_set.run = 1;
  command.shadow_rule_set.reserved[6] = 1;
  EXPECT_EQ(world.send(command).decision, Decision::malformed);
  EXPECT_EQ(world.set_shadow(0, true), Decision::malformed);

  const std::uint32_t version = world.put(lifetime(100));
  EXPECT_EQ(world.set_shadow(version, false), Decision::not_allowed_in_state) << "not running";
  EXPECT_EQ(world.set_shadow(version, true), Decision::approved);
  EXPECT_EQ(world.set_shadow(version, true), Decision::not_allowed_in_state) << "runs already";
  EXPECT_EQ(world.report().version, version);
  EXPECT_EQ(world.report().started_at, world.now);
  EXPECT_EQ(world.set_shadow(version, false), Decision::approved);
  EXPECT_TRUE(world.engine.show_shadows({}).shadows.empty());

  Command begin = make(CommandKind::begin_rule_set, 1);
  begin.begin_rule_set = {.program = {}, .version = version + 1, .controls = 1};
  ASSERT_EQ(world.send(begin).decision, Decision::approved);
  EXPECT_EQ(world.set_shadow(version + 1, true), Decision::not_allowed_in_state) << "incomplete";
}

TEST(Shadow, NoMoreThanSixteenRunBesideAProgram) {
  RuledWorld world({});
  for (std::uint32_t i = 0; i < limits::shadows_max; ++i) world.shadow(lifetime(i));
  const std::uint32_t one_more = world.put(lifetime(1));
  const LogPosition before = world.engine.position();
  EXPECT_EQ(world.set_shadow(one_more, true), Decision::at_capacity);
  EXPECT_EQ(world.engine.position(), before);
  EXPECT_EQ(world.judged(10), Decision::approved);
  const ShadowsView view = world.engine.show_shadows({});
  ASSERT_EQ(view.shadows.size(), limits::shadows_max);
  EXPECT_EQ(view.active_version, 1U);
  for (std::uint32_t i = 0; i < limits::shadows_max; ++i) {
    EXPECT_EQ(view.shadows[i].version, i + 2) << "in the order of versions";
    const bool fits = i >= 10;
    EXPECT_EQ(told(view.shadows[i]),
              fits ? "approved approved 1 10\n" : "approved over_amount_limit 1 10\n");
  }
  EXPECT_EQ(world.set_shadow(5, false), Decision::approved);
  EXPECT_EQ(world.set_shadow(one_more, true), Decision::approved);
}

TEST(Shadow, CountsWhatItApprovesAndGetsBackWhatTheHoldGivesBack) {
  RuledWorld world({});
  world.shadow(lifetime(100, 2));
  const Outcome first = world.pay(60);
  EXPECT_EQ(world.report().first_divergence, LogPosition{});
  const Outcome above = world.pay(50);
  EXPECT_EQ(above.decision, Decision::approved) << "a shadow changes nothing";
  EXPECT_EQ(told(world.report()), "approved approved 1 60\napproved over_amount_limit 1 50\n");
  EXPECT_EQ(world.report().first_divergence, above.position);
  EXPECT_EQ(world.report().judged, 2U);
  Listener shadow(world);
  world.pay(40);
  EXPECT_EQ(shadow.heard(), Decision::approved) << "60 + 40";
  world.give_back(above);
  world.pay(1);
  EXPECT_EQ(shadow.heard(), Decision::over_amount_limit) << "what it declined gives nothing back";
  world.take(first, 25, /*final=*/true);
  world.pay(36);
  EXPECT_EQ(shadow.heard(), Decision::over_amount_limit) << "35 came back, two are counted";
  world.pay(35);
  EXPECT_EQ(shadow.heard(), Decision::over_count_limit);
}

TEST(Shadow, WhatWasDeclinedInFactStaysCountedUntilItsWindowEnds) {
  RuledWorld world({{cap_transaction(9, 10)}});
  world.shadow({{cap_window(1, WindowKind::day, 100, 2)}});
  world.at(kMidnight);
  Listener shadow(world);
  EXPECT_EQ(world.judged(60), Decision::over_amount_limit);
  EXPECT_EQ(shadow.heard(), Decision::approved);
  const Outcome small = world.pay(10);
  EXPECT_EQ(shadow.heard(), Decision::approved);
  world.pay(5);
  EXPECT_EQ(shadow.heard(), Decision::over_count_limit);
  world.give_back(small);
  world.pay(41);
  EXPECT_EQ(shadow.heard(), Decision::over_amount_limit) << "the 60 are there, the 10 came back";
  world.pay(40);
  EXPECT_EQ(shadow.heard(), Decision::approved);
  world.at(kMidnight + kDay);
  world.pay(100);
  EXPECT_EQ(shadow.heard(), Decision::approved);
}

TEST(Shadow, OnlyPaymentsThatComeToTheControlsAreJudged) {
  RuledWorld world({});
  world.shadow(lifetime(100));
  EXPECT_EQ(world.send(authorize(1, 9999, 5)).decision, Decision::unknown_card);
  EXPECT_EQ(world.send(authorize(1, kCard, 5, {978})).decision, Decision::currency_mismatch);
  EXPECT_EQ(world.send(authorize(1, kCard, 0)).decision, Decision::invalid_amount);
  EXPECT_EQ(world.report().judged, 0U);
  const Outcome hold = world.pay(5);
  world.take(hold, 5);
  EXPECT_EQ(world.raise(hold, 7).decision, Decision::not_allowed_in_state);
  EXPECT_EQ(told(world.report()),
            "approved approved 1 5\nnot_allowed_in_state not_allowed_in_state 1 7\n");
  EXPECT_EQ(world.judged(RuledWorld::kFunds + 1), Decision::insufficient_funds);
  EXPECT_EQ(world.report().judged, 3U);
  Command verification = authorize(1, kCard, 0);
  verification.authorize.flags = kAuthorizeVerification;
  EXPECT_EQ(world.send(verification).decision, Decision::verified);
  EXPECT_EQ(world.report().judged, 4U);
  Command again = authorize(7, kCard, 1);
  const Outcome once = world.engine.apply(again, world.now);
  EXPECT_EQ(once.decision, Decision::approved);
  (void)world.engine.apply(again, world.now);
  EXPECT_EQ(world.report().judged, 5U) << "a repeated answer is no payment";
}

TEST(Shadow, AFullTableIsAnsweredAsIfNobodyHadAsked) {
  RuledWorld world({});
  world.shadow(lifetime(100));
  EngineConfig config = world.engine.config();
  config.authorizations_max = 1;
  ASSERT_EQ(world.engine.apply(configure(config), world.now).decision, Decision::approved);
  ASSERT_EQ(world.judged(60), Decision::approved);
  EXPECT_EQ(world.judged(40), Decision::at_capacity);
  EXPECT_EQ(told(world.report()), "approved approved 1 60\n");
}

TEST(Shadow, HoldsItsOwnEstimate) {
  AddCategory fuel;
  fuel.mcc_first = fuel.mcc_last = {5542};
  fuel.estimate = {80};
  AddCategory dearer = fuel;
  dearer.estimate = {120};
  RuledWorld world({{}, {}, {}, {fuel}});
  Rules rules = lifetime(200);
  rules.categories = {dearer};
  world.shadow(rules);
  Command at_pump = authorize(1, kCard, 1);
  at_pump.authorize.mcc = {5542};
  at_pump.authorize.flags = kAuthorizeEstimated;
  Listener shadow(world);
  const Outcome hold = world.send(at_pump);
  EXPECT_EQ(hold.amount.minor, 80);
  EXPECT_EQ(shadow.heard(), Decision::approved);
  EXPECT_EQ(world.report().first_divergence, hold.position) << "the same answer, another amount";
  EXPECT_EQ(told(world.report()), "approved approved 1 1\n") << "what the message asked for";
  world.pay(81);
  EXPECT_EQ(shadow.heard(), Decision::over_amount_limit) << "120 are used";
  world.take(hold, 30, /*final=*/true);
  world.pay(131);
  EXPECT_EQ(shadow.heard(), Decision::over_amount_limit) << "the 50 that the hold gave back";
  world.pay(130);
  EXPECT_EQ(shadow.heard(), Decision::approved);
}

TEST(Shadow, IncrementsGoTheirOwnWays) {
  RuledWorld world({{cap_transaction(9, 100)}});
  world.shadow(lifetime(200));
  Listener shadow(world);
  const Outcome hold = world.pay(60);
  EXPECT_EQ(shadow.heard(), Decision::approved);
  EXPECT_EQ(world.raise(hold, 50).decision, Decision::over_amount_limit);
  EXPECT_EQ(shadow.heard(), Decision::approved) << "110 of 200";
  EXPECT_EQ(world.raise(hold, 40).decision, Decision::approved);
  EXPECT_EQ(shadow.heard(), Decision::approved) << "150 of 200";
  world.give_back(hold);
  world.pay(151);
  EXPECT_EQ(shadow.heard(), Decision::over_amount_limit) << "the declined 50 stay";
  world.pay(150);
  EXPECT_EQ(shadow.heard(), Decision::approved);
}

TEST(Shadow, AdvicesAreComparedByWhatTheControlsSayAndAlwaysCounted) {
  RuledWorld world({{cap_transaction(9, 50)}});
  world.shadow(lifetime(100));
  Command advice = make(CommandKind::advise, 1);
  advice.advise = Advise{};
  advice.advise.card = {kCard, 0};
  advice.advise.amount = {80};
  advice.advise.currency = kPounds;
  const Outcome held = world.send(advice);
  EXPECT_EQ(held.decision, Decision::approved);
  EXPECT_EQ(held.flags, kOutcomeForced);
  EXPECT_EQ(told(world.report()), "over_amount_limit approved 1 80\n");
  EXPECT_EQ(world.report().first_divergence, held.position);
  advice.advise.amount = {40};
  advice.advise.post = 1;
  EXPECT_EQ(world.send(advice).flags, 0);
  EXPECT_EQ(told(world.report()),
            "approved over_amount_limit 1 40\nover_amount_limit approved 1 80\n");
  Listener shadow(world);
  world.give_back(held);
  world.pay(61);
  EXPECT_EQ(shadow.heard(), Decision::over_amount_limit) << "what was posted stays";
  world.pay(60);
  EXPECT_EQ(shadow.heard(), Decision::approved);
}

TEST(Shadow, AnOverflowOfItsOwnSumIsItsAnswer) {
  RuledWorld world({});
  ASSERT_EQ(world.send(create_account(1, 60, 0, kAccountMayGoNegative)).decision,
            Decision::approved);
  ASSERT_EQ(world.send(create_card(1, 2003, 60)).decision, Decision::approved);
  world.shadow(lifetime(INT64_MAX, 10));
  const Outcome hold = world.send(authorize(1, 2003, INT64_MAX));
  ASSERT_EQ(world.take(hold, INT64_MAX, true).decision, Decision::approved);
  Listener shadow(world);
  EXPECT_EQ(world.send(authorize(1, 2003, 1)).decision, Decision::approved);
  EXPECT_EQ(shadow.heard(), Decision::balance_overflow);
  Command advice = make(CommandKind::advise, 1);
  advice.advise = Advise{};
  advice.advise.card = {2003, 0};
  advice.advise.amount = {1};
  advice.advise.currency = kPounds;
  EXPECT_EQ(world.send(advice).decision, Decision::approved);
  EXPECT_EQ(shadow.heard(), Decision::balance_overflow);
  const ShadowView report = world.report();
  ASSERT_EQ(report.tallies.size(), 2U);
  EXPECT_EQ(report.tallies[0].amount.minor, INT64_MAX);
}

TEST(Shadow, AnAdviceThatItCouldNotCountIsADivergenceAlsoWhereTheControlsSayTheSame) {
  const AddControl cap = cap_transaction(9, 50);
  RuledWorld world({{cap}});
  ASSERT_EQ(world.send(create_account(1, 60, 0, kAccountMayGoNegative)).decision,
            Decision::approved);
  ASSERT_EQ(world.send(create_card(1, 2003, 60)).decision, Decision::approved);
  world.shadow({{cap, cap_window(1, WindowKind::lifetime, INT64_MAX, 10)}});
  Command advice = make(CommandKind::advise, 1);
  advice.advise = Advise{};
  advice.advise.card = {2003, 0};
  advice.advise.amount = {INT64_MAX};
  advice.advise.currency = kPounds;
  const Outcome all = world.send(advice);
  ASSERT_EQ(world.take(all, INT64_MAX, true).decision, Decision::approved);
  EXPECT_TRUE(world.report().first_divergence.is_zero()) << "counted by both";
  advice.advise.amount = {60};
  const Outcome more = world.send(advice);
  EXPECT_EQ(more.decision, Decision::approved);
  EXPECT_EQ(world.report().tallies.size(), 1U) << "both say over_amount_limit";
  EXPECT_EQ(world.report().first_divergence, more.position) << "it would not have held the 60";
}

// The documented meaning after a divergence: balances are those of the real decisions.
TEST(Shadow, AfterADivergenceItAnswersWithTheBalancesAsTheyAre) {
  const auto half = RuledWorld::kFunds / 2;
  const Rules strict{{cap_transaction(1, half), cap_window(2, WindowKind::lifetime, half)}};
  RuledWorld world({});
  world.shadow(strict);
  RuledWorld fresh(strict);
  EXPECT_EQ(world.judged(half + 1), Decision::approved);
  EXPECT_EQ(fresh.judged(half + 1), Decision::over_amount_limit);
  EXPECT_EQ(fresh.judged(half), Decision::approved);
  Listener shadow(world);
  EXPECT_EQ(world.judged(half), Decision::insufficient_funds);
  EXPECT_EQ(shadow.heard(), Decision::insufficient_funds) << "the money is really gone";
  EXPECT_EQ(world.judged(half - 1), Decision::approved);
  EXPECT_EQ(shadow.heard(), Decision::approved) << "and nothing was counted by then";
}

TEST(Shadow, APromotedSetGoesOnWithTheWindowsItKnows) {
  const auto day = cap_window(1, WindowKind::day, 1000);
  RuledWorld world({{day, cap_window(2, WindowKind::week, 1000)}});
  world.pay(10);
  const std::uint32_t version = world.shadow(
      {{day, cap_window(2, WindowKind::month, 1000), cap_window(3, WindowKind::month, 1000)}});
  const Outcome beside = world.pay(20);
  EXPECT_EQ(world.used(0), 30);
  world.go_back_to(version);
  EXPECT_TRUE(world.engine.show_shadows({}).shadows.empty()) << "it is no shadow any more";
  EXPECT_EQ(world.used(0), 30) << "the same window: what the active set counted";
  EXPECT_EQ(world.used(1), 20) << "another shape: what the shadow counted";
  EXPECT_EQ(world.used(2), 20) << "a new control: likewise";
  world.give_back(beside, 5);
  EXPECT_EQ(world.used(0), 25);
  EXPECT_EQ(world.used(1), 15) << "a hold from before the promotion gives back";
  world.pay(3);
  EXPECT_EQ(world.used(2), 18);

  // The program remembers, whatever comes between.
  world.activate({});
  world.activate({{cap_window(3, WindowKind::month, 50)}});
  EXPECT_EQ(world.used(0), 18) << "an ordinary activation goes on with them, too";
  world.activate({{cap_window(2, WindowKind::year, 50)}});
  EXPECT_EQ(world.used(0), 0) << "yet another shape starts anew";
  world.pay(4);
  world.go_back_to(1);
  EXPECT_EQ(world.used(0), 28);
  EXPECT_EQ(world.used(1), 0) << "week: it was month and year since";
}

TEST(Shadow, AFormerSetRunsAsAShadowFromZero) {
  RuledWorld world(lifetime(100));
  world.pay(80);
  world.activate({});
  ASSERT_EQ(world.set_shadow(1, true), Decision::approved);
  Listener shadow(world);
  world.pay(100);
  EXPECT_EQ(shadow.heard(), Decision::approved) << "its own counters begin at zero";
  ASSERT_EQ(world.set_shadow(1, false), Decision::approved);
  ASSERT_EQ(world.set_shadow(1, true), Decision::approved);
  EXPECT_EQ(world.report().judged, 0U);
  Listener again(world);
  world.pay(100);
  EXPECT_EQ(again.heard(), Decision::approved) << "each run by itself";
  world.go_back_to(1);
  EXPECT_EQ(world.used(), 80) << "the active sets' own";
}

// Two machines get the same commands; a third one all but one payment.
TEST(Shadow, IsPartOfTheStateAndOfItsDigest) {
  const auto play = [](RuledWorld& world, std::int64_t last) {
    const std::uint32_t version = world.shadow(lifetime(100));
    const Outcome hold = world.pay(60);
    world.pay(50);
    world.give_back(hold, 10);
    world.engine.check_invariants();
    const StateDigest before = world.engine.digest();
    EXPECT_EQ(world.set_shadow(version, false), Decision::approved);
    EXPECT_NE(world.engine.digest(), before);
    EXPECT_EQ(world.set_shadow(version, true), Decision::approved);
    world.pay(last);
  };
  RuledWorld a({});
  RuledWorld b({});
  play(a, 5);
  play(b, 5);
  EXPECT_EQ(a.engine.digest(), b.engine.digest());
  a.go_back_to(2);
  EXPECT_NE(a.engine.digest(), b.engine.digest());
  b.go_back_to(2);
  EXPECT_EQ(a.engine.digest(), b.engine.digest());
}

TEST(Shadow, ChargesOfADeadRunAreForgottenWithIt) {
  RuledWorld world(lifetime(1000));
  const std::uint32_t version = world.shadow(lifetime(1000));
  const Outcome hold = world.pay(60);
  ASSERT_EQ(world.set_shadow(version, false), Decision::approved);
  for (int i = 0; i < 10; ++i) (void)world.set_shadow(version, false);
  // Takes the slot of the one that was freed.
  world.shadow(lifetime(100));
  world.pay(70);
  Listener shadow(world);
  world.give_back(hold, 50);
  world.give_back(hold);
  EXPECT_EQ(world.used(), 70);
  world.pay(31);
  EXPECT_EQ(shadow.heard(), Decision::over_amount_limit) << "nothing came back to the new run";
  world.pay(30);
  EXPECT_EQ(shadow.heard(), Decision::approved);
}

}  // namespace
}  // namespace holdfast
