// What the scenarios and the reference model do not reach: memory of request ids, digest, capacity.
#include "engine/state_machine.h"

#include <gtest/gtest.h>

#include "tests/engine/commands.h"

namespace holdfast {
namespace {

using namespace test;

TEST(StateMachine, ReplayOfTheLoggedCommandsGivesTheSameDigest) {
  StateMachine engine;
  StateMachine replayed;
  std::vector<std::pair<Command, Outcome>> log;
  TimestampNs now = kStart;
  const auto apply = [&](const Command& command) {
    now.ns += kNsPerSecond / 3;
    const Outcome outcome = engine.apply(command, now);
    if (engine.must_log(outcome)) log.emplace_back(command, outcome);
    return outcome;
  };
  apply(create_account(1, kFunding, 0, kAccountMayGoNegative));
  apply(create_account(2, kCustomer, 500));
  apply(put_program(3, 0, 60, kFunding));
  apply(create_card(4, kCard, kCustomer));
  for (std::uint64_t request = 10; request < 200; ++request) {
    apply(
        authorize(request / 2, kCard, static_cast<std::int64_t>(request % 7)));  // half are retries
    if (request % 3 == 0) apply(capture(1000 + request, request / 6, 1));
    if (request % 5 == 0) apply(reverse(2000 + request, request / 10));
  }
  now.ns += 30 * kNsPerSecond;
  std::vector<Command> expiries;
  EXPECT_GT(engine.expiries_due(now, 100, expiries), 0U);
  for (const Command& command : expiries) apply(command);
  engine.check_invariants();

  EXPECT_NE(engine.digest(), replayed.digest());
  for (const auto& [command, outcome] : log) {
    const Outcome again = replayed.apply(command, outcome.time);
    ASSERT_EQ(again.decision, outcome.decision);
    ASSERT_EQ(again.position, outcome.position);
  }
  EXPECT_EQ(engine.digest(), replayed.digest());
}

TEST(StateMachine, TheDigestSeesOneMinorUnit) {
  StateMachine a;
  StateMachine b;
  small_world(a, 1000);
  small_world(b, 1000);
  EXPECT_EQ(a.digest(), b.digest());
  (void)a.apply(transfer(1, kFunding, kCustomer, 1), kStart);
  (void)b.apply(transfer(1, kFunding, kCustomer, 2), kStart);
  EXPECT_NE(a.digest(), b.digest());
}

TEST(StateMachine, RequestIdsAreForgottenAfterTheRetentionButNotOfOpenHolds) {
  StateMachine engine;
  small_world(engine, 1000);
  EngineConfig config = engine.config();
  config.request_retention_s = 3600;
  (void)engine.apply(configure(config), kStart);
  (void)engine.apply(authorize(1, kCard, 100), kStart);  // stays open for a week
  (void)engine.apply(transfer(2, kFunding, kCustomer, 5), kStart);

  TimestampNs later{kStart.ns + 3600 * kNsPerSecond};
  const std::uint64_t remembered = engine.show_status().request_ids;
  EXPECT_EQ(engine.apply(transfer(2, kFunding, kCustomer, 5), later).flags, kOutcomeRepeated)
      << "asking alone forgets nothing: it is not logged";
  for (std::uint64_t request = 100; request < 110; ++request) {
    (void)engine.apply(transfer(request, kFunding, kCustomer, 1), later);
  }
  EXPECT_LT(engine.show_status().request_ids, remembered + 10);
  const Outcome again = engine.apply(transfer(2, kFunding, kCustomer, 5), later);
  EXPECT_EQ(again.flags, 0) << "forgotten: decided anew";
  const Outcome hold = engine.apply(authorize(1, kCard, 100), later);
  EXPECT_EQ(hold.flags, kOutcomeRepeated) << "an open authorization keeps its id";
  EXPECT_TRUE(engine.show_authorization({}, {1, 0}).found);

  (void)engine.apply(reverse(200, hold.authorization.value), later);
  for (std::uint64_t request = 300; request < 340; ++request) {
    later.ns += 600 * kNsPerSecond;
    (void)engine.apply(transfer(request, kFunding, kCustomer, 1), later);
  }
  EXPECT_FALSE(engine.show_authorization({}, {1, 0}).found) << "closed: its id is forgotten too";
  EXPECT_TRUE(engine.show_authorization(hold.authorization, {}).found);
  engine.check_invariants();
}

// What ended in one second is due at once: forgotten one by one, and faster when it is late.
TEST(StateMachine, EndedAuthorizationsAreForgottenOneByOneUnlessLate) {
  StateMachine engine;
  small_world(engine, 1000);
  EngineConfig config = engine.config();
  config.authorization_retention_s = 60;
  (void)engine.apply(configure(config), kStart);
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const Outcome hold = engine.apply(authorize(i, kCard, 1), kStart);
    (void)engine.apply(reverse(100 + i, hold.authorization.value), kStart);
  }
  std::uint64_t request = 1000;
  const auto left_after_a_command_at = [&](std::uint64_t ns) {
    (void)engine.apply(transfer(++request, kFunding, kCustomer, 1), {kStart.ns + ns});
    return engine.show_status().authorizations;
  };
  EXPECT_EQ(left_after_a_command_at(60 * kNsPerSecond - 1), 20U);
  EXPECT_EQ(left_after_a_command_at(60 * kNsPerSecond), 19U);
  EXPECT_EQ(left_after_a_command_at(61 * kNsPerSecond - 1), 18U);
  EXPECT_EQ(left_after_a_command_at(61 * kNsPerSecond), 14U);
  EXPECT_EQ(left_after_a_command_at(62 * kNsPerSecond), 10U);
  engine.check_invariants();
}

TEST(StateMachine, AFullRequestMemoryDeclinesAndRecoversWithTime) {
  StateMachine engine;
  small_world(engine, 1000);
  EngineConfig config = engine.config();
  config.request_ids_max = engine.show_status().request_ids + 2;
  config.request_retention_s = 60;
  ASSERT_EQ(engine.apply(configure(config), kStart).decision, Decision::approved);
  EXPECT_EQ(engine.apply(transfer(1, kFunding, kCustomer, 1), kStart).decision, Decision::approved);
  EXPECT_EQ(engine.apply(transfer(2, kFunding, kCustomer, 1), kStart).decision, Decision::approved);
  const Outcome full = engine.apply(transfer(3, kFunding, kCustomer, 1), kStart);
  EXPECT_EQ(full.decision, Decision::at_capacity);
  EXPECT_FALSE(engine.must_log(full));
  EXPECT_EQ(engine.apply(transfer(2, kFunding, kCustomer, 1), kStart).flags, kOutcomeRepeated)
      << "what was answered is still answered";

  const TimestampNs later{kStart.ns + 60 * kNsPerSecond};
  EXPECT_EQ(engine.apply(transfer(3, kFunding, kCustomer, 1), later).decision, Decision::approved);
}

TEST(StateMachine, AClockThatWasSetBackReleasesWhatWasDueBefore) {
  StateMachine engine;
  small_world(engine, 1000);
  (void)engine.apply(authorize(1, kCard, 100), kStart);
  const TimestampNs later{kStart.ns + 8 * 86'400 * kNsPerSecond};
  (void)engine.apply(transfer(2, kFunding, kCustomer, 1), later);
  std::vector<Command> due;
  ASSERT_EQ(engine.expiries_due(kStart, 10, due), 1U) << "the log has come to its time already";
  const Outcome released = engine.apply(due[0], kStart);
  EXPECT_EQ(released.decision, Decision::approved);
  EXPECT_EQ(released.time, later);
}

// More ids of long holds than one command looks at for room, in front of many that can go: those
// before it see to it that there is some.
TEST(StateMachine, MakingRoomAmongRequestsThatMustStayIsReplayed) {
  StateMachine engine;
  StateMachine replayed;
  std::vector<std::pair<Command, Outcome>> log;
  TimestampNs now = kStart;
  const auto apply = [&](const Command& command) {
    const Outcome outcome = engine.apply(command, now);
    if (engine.must_log(outcome)) log.emplace_back(command, outcome);
    return outcome.decision;
  };
  apply(create_account(1, kFunding, 0, kAccountMayGoNegative));
  apply(put_program(2, 0, 366 * 86'400, kFunding));
  apply(create_card(3, kCard, kFunding));
  EngineConfig config = engine.config();
  config.request_retention_s = 60;
  config.request_ids_max = 303;
  apply(configure(config));
  for (std::uint64_t request = 100; request < 250; ++request) apply(authorize(request, kCard, 1));
  for (std::uint64_t request = 250; request < 400; ++request) {
    now.ns += kNsPerSecond / 10;
    ASSERT_EQ(apply(reverse(request, 1000)), Decision::no_original);
  }
  ASSERT_EQ(apply(reverse(400, 1000)), Decision::at_capacity);
  now.ns += 60 * kNsPerSecond;
  // Three of the beginning can go, then come 150 that must stay, then those of the reversals.
  for (std::uint64_t request = 400; request < 500; ++request) {
    ASSERT_EQ(apply(reverse(request, 1000)), Decision::no_original) << request;
  }
  engine.check_invariants();
  for (const auto& [command, outcome] : log) {
    ASSERT_EQ(replayed.apply(command, outcome.time), outcome);
  }
  EXPECT_EQ(engine.digest(), replayed.digest());
}

TEST(StateMachine, LimitsCannotBeConfiguredBelowWhatIsThere) {
  StateMachine engine;
  small_world(engine, 0);
  EngineConfig config = engine.config();
  config.accounts_max = 2;
  EXPECT_EQ(engine.apply(configure(config), kStart).decision, Decision::not_allowed_in_state);
  config.accounts_max = 3;
  EXPECT_EQ(engine.apply(configure(config), kStart).decision, Decision::approved);
  EXPECT_EQ(engine.apply(create_account(9, 99, 0), kStart).decision, Decision::at_capacity);
  config.accounts_max = 0;
  EXPECT_EQ(engine.apply(configure(config), kStart).decision, Decision::malformed);
}

TEST(StateMachine, RecallAnswersWithoutDeciding) {
  StateMachine engine;
  small_world(engine, 1000);
  EXPECT_EQ(engine.recall(authorize(1, kCard, 100), kStart), std::nullopt);
  const Outcome first = engine.apply(authorize(1, kCard, 100), kStart);
  const auto again = engine.recall(authorize(1, kCard, 100), kStart);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->authorization, first.authorization);
  EXPECT_EQ(again->flags, kOutcomeRepeated);
  EXPECT_EQ(engine.recall(authorize(1, kCard, 101), kStart)->decision, Decision::request_id_reused);
}

TEST(StateMachine, RoomForRequestIdsIsNotPartOfTheState) {
  StateMachine grown;
  StateMachine roomy;
  for (StateMachine* engine : {&grown, &roomy}) small_world(*engine, 1'000'000);
  for (std::uint64_t request = 1; request <= 3000; ++request) {
    if (request == 700) roomy.reserve_request_ids(200'000);
    if (request == 2000) roomy.reserve_request_ids(10);  // there is more room already
    const Command command = authorize(request % 2500, kCard, 1);  // the last ones are repeats
    if (request == 2500) continue;
    ASSERT_EQ(roomy.apply(command, kStart), grown.apply(command, kStart)) << request;
  }
  EXPECT_EQ(roomy.digest(), grown.digest());
}

TEST(StateMachine, EngineCommandsAreNotTakenFromOutside) {
  StateMachine engine;
  small_world(engine, 1000);
  const Outcome hold = engine.apply(authorize(1, kCard, 100), kStart);
  Command expire = make(CommandKind::expire, 2);
  expire.expire = {hold.authorization};
  const Outcome refused = engine.apply(expire, {kStart.ns * 2});
  EXPECT_EQ(refused.decision, Decision::malformed);
  EXPECT_FALSE(engine.must_log(refused));
}

TEST(Decision, TheTableRisesInPrecedenceOrder) {
  std::uint16_t last = 0;
  bool first = true;
  for (const DecisionInfo& info : kDecisions) {
    const auto number = static_cast<std::uint16_t>(info.decision);
    EXPECT_TRUE(first || number > last) << info.name;
    EXPECT_EQ(info.de39.size(), 2U) << info.name;
    last = number;
    first = false;
  }
}

}  // namespace
}  // namespace holdfast
