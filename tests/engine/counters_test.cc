// What is counted where, what comes back, and what a change of the rule set does to it.
#include <gtest/gtest.h>

#include "engine/windows.h"
#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMidnight = (seconds_of(kStart) / kDay + 1) * kDay;

TEST(Counters, AWindowFillsAndEmptiesAtMidnight) {
  RuledWorld world({{cap_window(1, WindowKind::day, 100'00, 3)}});
  world.at(kMidnight + 60);
  EXPECT_EQ(world.judged(60'00), Decision::approved);
  EXPECT_EQ(world.judged(40'01), Decision::over_amount_limit);
  EXPECT_EQ(world.used(), 60'00) << "a declined payment counts nothing";
  EXPECT_EQ(world.count(), 1U);
  EXPECT_EQ(world.judged(40'00), Decision::approved) << "up to the cap";
  EXPECT_EQ(world.judged(1), Decision::over_amount_limit);
  EXPECT_EQ(world.limits()[0].window_start.ns,
            static_cast<std::uint64_t>(kMidnight) * kNsPerSecond);
  world.at(kMidnight + kDay - 1);
  EXPECT_EQ(world.judged(1), Decision::over_amount_limit);
  world.at(kMidnight + kDay);
  EXPECT_EQ(world.used(), 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.judged(1), Decision::approved);
  EXPECT_EQ(world.judged(1), Decision::over_count_limit);
}

TEST(Counters, ScopesShareTheirCounters) {
  AddControl by_card = cap_window(1, WindowKind::lifetime, INT64_MAX, 1);
  AddControl by_account = cap_window(2, WindowKind::lifetime, 100);
  by_account.scope = ControlScope::account;
  AddControl by_program = cap_window(3, WindowKind::lifetime, 150);
  by_program.scope = ControlScope::program;
  RuledWorld world({{by_card, by_account, by_program}});
  ASSERT_EQ(world.send(create_card(1, 2001, kCustomer)).decision, Decision::approved);
  ASSERT_EQ(world.send(create_account(1, 50, 1000)).decision, Decision::approved);
  ASSERT_EQ(world.send(create_card(1, 2002, 50)).decision, Decision::approved);

  EXPECT_EQ(world.judged(60), Decision::approved);
  EXPECT_EQ(world.judged(1), Decision::over_count_limit) << "the card's one payment";
  EXPECT_EQ(world.send(authorize(1, 2001, 41)).decision, Decision::over_amount_limit)
      << "the account's 100";
  EXPECT_EQ(world.send(authorize(1, 2001, 40)).decision, Decision::approved);
  EXPECT_EQ(world.send(authorize(1, 2002, 51)).decision, Decision::over_amount_limit)
      << "the program's 150";
  EXPECT_EQ(world.send(authorize(1, 2002, 50)).decision, Decision::approved);
  const LimitsView view = world.engine.show_limits({2002, 0}, world.now);
  ASSERT_EQ(view.limits.size(), 3U);
  EXPECT_EQ(view.limits[0].amount_used.minor, 50);
  EXPECT_EQ(view.limits[1].amount_used.minor, 50);
  EXPECT_EQ(view.limits[2].amount_used.minor, 150);
}

TEST(Counters, ARollingWindowForgetsStepByStep) {
  RuledWorld world({{rolling(1, 3 * 3600, 3600, 100, 10)}});
  world.at(kMidnight);
  EXPECT_EQ(world.judged(50), Decision::approved);
  world.at(kMidnight + 3600);
  EXPECT_EQ(world.judged(30), Decision::approved);
  world.at(kMidnight + 2 * 3600 + 3599);
  EXPECT_EQ(world.used(), 80);
  EXPECT_EQ(world.judged(21), Decision::over_amount_limit);
  world.at(kMidnight + 3 * 3600);
  EXPECT_EQ(world.used(), 30) << "the first hour's 50 are out";
  EXPECT_EQ(world.count(), 1U);
  EXPECT_EQ(world.judged(70), Decision::approved);
  world.at(kMidnight + 4 * 3600);
  EXPECT_EQ(world.used(), 70);
  world.at(kMidnight + 100 * 3600);
  EXPECT_EQ(world.used(), 0);
  EXPECT_EQ(world.judged(100), Decision::approved);
}

TEST(Counters, WhatIsReversedComesBackToItsOwnWindowOnly) {
  RuledWorld world({{cap_window(1, WindowKind::day, 100), rolling(2, 4 * kDay, kDay, 1000)}});
  world.at(kMidnight);
  const Outcome first = world.pay(40);
  const Outcome second = world.pay(50);
  world.give_back(first, 10);
  EXPECT_EQ(world.used(), 80);
  EXPECT_EQ(world.count(), 2U) << "still one payment";
  world.give_back(first);
  EXPECT_EQ(world.used(), 50);
  EXPECT_EQ(world.count(), 1U) << "reversed without a capture: not a payment";
  world.at(kMidnight + kDay);
  ASSERT_EQ(world.judged(5), Decision::approved);
  world.give_back(second);
  EXPECT_EQ(world.used(0), 5) << "yesterday's is not given to today";
  EXPECT_EQ(world.used(1), 5) << "but to its step of a rolling window";
  EXPECT_EQ(world.count(1), 1U);
}

TEST(Counters, AStepThatLeftTheRingTakesNothingBack) {
  RuledWorld world({{rolling(1, 3600, 1800, 1000)}});
  world.at(kMidnight);
  const Outcome old = world.pay(40);
  world.at(kMidnight + 3600);
  const Outcome young = world.pay(7);  // in the place of the step that left
  world.give_back(old);
  EXPECT_EQ(world.used(), 7);
  EXPECT_EQ(world.count(), 1U);
  world.give_back(young);
  EXPECT_EQ(world.used(), 0);
}

TEST(Counters, CapturesKeepWhatTheyTookAndGiveBackTheRest) {
  RuledWorld world({{cap_window(1, WindowKind::lifetime, 1000)}});
  const Outcome hold = world.pay(100);
  world.take(hold, 30);
  EXPECT_EQ(world.used(), 100) << "more captures may come";
  world.take(hold, 20, /*final=*/true);
  EXPECT_EQ(world.used(), 50);
  EXPECT_EQ(world.count(), 1U);
  Command refund = make(CommandKind::refund, 1);
  refund.refund = Refund{};
  refund.refund.authorization = hold.authorization;
  refund.refund.amount = {50};
  ASSERT_EQ(world.send(refund).decision, Decision::approved);
  EXPECT_EQ(world.used(), 50) << "a refund gives nothing back";
}

TEST(Counters, ExpiryGivesBackOnceAndALateCaptureTakesNothing) {
  RuledWorld world({{cap_window(1, WindowKind::lifetime, 1000)}});
  const Outcome untouched = world.pay(100);
  const Outcome taken = world.pay(60);
  world.take(taken, 10);
  world.at(static_cast<std::int64_t>(world.now.ns / kNsPerSecond) + 8 * kDay);
  EXPECT_EQ(world.used(), 10);
  EXPECT_EQ(world.count(), 1U);
  EXPECT_EQ(world.give_back(untouched, 40).flags, kOutcomeLate);
  EXPECT_EQ(world.take(untouched, 60).flags, kOutcomeLate);
  EXPECT_EQ(world.used(), 10) << "neither a late reversal nor a late capture counts";
  EXPECT_EQ(world.count(), 1U);
}

TEST(Counters, IncrementsAreCountedInTheirWindowAndGivenBackFirst) {
  RuledWorld world({{cap_window(1, WindowKind::day, 100, 1)}});
  world.at(kMidnight);
  const Outcome hold = world.pay(50);
  EXPECT_EQ(world.raise(hold, 51).decision, Decision::over_amount_limit);
  EXPECT_EQ(world.raise(hold, 20).decision, Decision::approved) << "no new payment: not counted";
  EXPECT_EQ(world.used(), 70);
  EXPECT_EQ(world.count(), 1U);
  world.at(kMidnight + kDay);
  EXPECT_EQ(world.raise(hold, 30).decision, Decision::approved);
  EXPECT_EQ(world.used(), 30);
  world.give_back(hold, 25);
  EXPECT_EQ(world.used(), 5) << "today's increment first";
  world.give_back(hold, 15);
  EXPECT_EQ(world.used(), 0) << "the rest is yesterday's";
  world.give_back(hold);
  EXPECT_EQ(world.count(), 0U) << "yesterday's count is not today's";
}

TEST(Counters, GivesBackToEachCounterByItself) {
  AddControl late_one = cap_window(2, WindowKind::lifetime, 1000);
  RuledWorld world({{cap_window(1, WindowKind::lifetime, 1000)}});
  const Outcome hold = world.pay(100);
  world.activate({{cap_window(1, WindowKind::lifetime, 1000), late_one}});
  ASSERT_EQ(world.raise(hold, 50).decision, Decision::approved);
  world.give_back(hold, 60);
  EXPECT_EQ(world.used(0), 90) << "50 of the increment, 10 of the authorization";
  EXPECT_EQ(world.used(1), 0) << "never more than it was charged";
  world.give_back(hold);
  EXPECT_EQ(world.used(0), 0);
  EXPECT_EQ(world.count(0), 0U);
}

TEST(Counters, APartialApprovalCountsWhatWasApproved) {
  RuledWorld world({{cap_window(1, WindowKind::lifetime, 2 * RuledWorld::kFunds)}});
  Command command = authorize(1, kCard, RuledWorld::kFunds + 5);
  command.authorize.flags = kAuthorizePartialAllowed;
  ASSERT_EQ(world.send(command).decision, Decision::approved_partially);
  EXPECT_EQ(world.used(), RuledWorld::kFunds);
}

TEST(Counters, AVerificationIsNotCounted) {
  RuledWorld world({{cap_window(1, WindowKind::lifetime, 0, 0)}});
  EXPECT_EQ(world.judged(1), Decision::over_amount_limit);
  Command command = authorize(1, kCard, 0);
  command.authorize.flags = kAuthorizeVerification;
  EXPECT_EQ(world.send(command).decision, Decision::verified);
  EXPECT_EQ(world.count(), 0U);
}

TEST(Counters, AdvicesAreForcedAndCounted) {
  RuledWorld world({{cap_window(1, WindowKind::lifetime, 100)}});
  Command advice = make(CommandKind::advise, 1);
  advice.advise = Advise{};
  advice.advise.card = {kCard, 0};
  advice.advise.amount = {80};
  advice.advise.currency = kPounds;
  EXPECT_EQ(world.send(advice).flags, 0);
  const Outcome forced = world.send(advice);
  EXPECT_EQ(forced.decision, Decision::approved);
  EXPECT_EQ(forced.flags, kOutcomeForced);
  EXPECT_EQ(world.used(), 160);
  advice.advise.post = 1;
  const Outcome posted = world.send(advice);
  EXPECT_EQ(posted.flags, kOutcomeForced);
  EXPECT_EQ(world.used(), 240);
  world.give_back(forced);
  EXPECT_EQ(world.used(), 160);
  EXPECT_EQ(world.give_back(posted).decision, Decision::not_allowed_in_state);
  EXPECT_EQ(world.judged(1), Decision::over_amount_limit);
}

TEST(Counters, ANewVersionGoesOnWithWhatWasUsed) {
  RuledWorld world({{cap_window(1, WindowKind::month, 100)}});
  const Outcome hold = world.pay(80);
  world.activate({{cap_window(7, WindowKind::month, 500), cap_window(1, WindowKind::month, 90)}});
  EXPECT_EQ(world.used(0), 0) << "another control";
  EXPECT_EQ(world.used(1), 80) << "the same control, another cap";
  EXPECT_EQ(world.judged(11), Decision::over_amount_limit);
  world.activate({{cap_window(7, WindowKind::month, 500)}});
  world.give_back(hold, 30);  // to a counter that no active control names
  world.go_back_to(1);
  EXPECT_EQ(world.used(), 50);
}

TEST(Counters, AnotherShapeStartsAnewForGood) {
  RuledWorld world({{cap_window(1, WindowKind::month, 100)}});
  const Outcome hold = world.pay(80);
  world.activate({{rolling(1, 7200, 3600, 100)}});
  EXPECT_EQ(world.used(), 0);
  const Outcome rolled = world.pay(10);
  world.give_back(hold, 20);
  EXPECT_EQ(world.used(), 10) << "what an earlier shape counted does not come back";
  world.activate({{rolling(1, 10'800, 3600, 100)}});
  EXPECT_EQ(world.used(), 0) << "another length is another shape";
  ASSERT_EQ(world.pay(3).decision, Decision::approved);
  world.go_back_to(1);
  EXPECT_EQ(world.used(), 0);
  ASSERT_EQ(world.pay(5).decision, Decision::approved);
  world.give_back(hold);
  world.give_back(rolled);
  EXPECT_EQ(world.used(), 5);
}

TEST(Counters, ACounterThatWouldOverflowIsTold) {
  RuledWorld world({{cap_window(1, WindowKind::lifetime, INT64_MAX, 10)}});
  const Command unbounded = create_account(1, 60, 0, kAccountMayGoNegative);
  ASSERT_EQ(world.send(unbounded).decision, Decision::approved);
  ASSERT_EQ(world.send(create_card(1, 2003, 60)).decision, Decision::approved);
  const Outcome hold = world.send(authorize(1, 2003, INT64_MAX));
  ASSERT_EQ(hold.decision, Decision::approved);
  ASSERT_EQ(world.take(hold, INT64_MAX, true).decision, Decision::approved);
  EXPECT_EQ(world.send(authorize(1, 2003, 1)).decision, Decision::balance_overflow)
      << "no cap by amount, but the sum has no more bits";
}

TEST(Counters, TheDigestSeesCountersAndReplayMakesThemAgain) {
  const Rules rules{{cap_window(1, WindowKind::day, 1000), rolling(2, 7200, 3600, 1000)}};
  RuledWorld a(rules);
  RuledWorld b(rules);
  EXPECT_EQ(a.engine.digest(), b.engine.digest());
  const Outcome in_a = a.pay(10);
  const Outcome in_b = b.pay(10);
  EXPECT_EQ(a.engine.digest(), b.engine.digest());
  a.now.ns += 5000 * kNsPerSecond;
  b.now.ns += 5000 * kNsPerSecond;
  a.give_back(in_a, 1);
  b.give_back(in_b, 1);
  EXPECT_EQ(a.engine.digest(), b.engine.digest());
  a.activate({{cap_window(1, WindowKind::day, 1000)}});
  b.activate({{cap_window(1, WindowKind::day, 1001)}});
  EXPECT_NE(a.engine.digest(), b.engine.digest()) << "rows are state";
}

}  // namespace
}  // namespace holdfast
