// Random commands: what is explained beforehand is what is decided then, to the last number.
//
// The explanation is made by code of its own, so that the hot path pays nothing for it; this test
// is what keeps the two from drifting apart.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/explain.h"
#include "engine/state_machine.h"
#include "tests/model/describe.h"
#include "tests/model/random_commands.h"

namespace holdfast::model {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kUnderSanitizer = true;
constexpr std::uint64_t kCommands = 4'096;
#else
constexpr bool kUnderSanitizer = false;
constexpr std::uint64_t kCommands = 32'768;  // of each world
#endif
constexpr std::uint64_t kStepsBetweenDigests = 512;

using Counts = std::map<std::string, std::uint64_t>;

const Check* first_failed(const Explanation& e) {
  const auto at = std::ranges::find(e.checks, CheckResult::failed, &Check::result);
  return at == e.checks.end() ? nullptr : &*at;
}

// An advice that was recorded in spite of something; an unknown original does not force a reversal.
bool is_forced(const Explanation& e) {
  return e.kind == CommandKind::advise && std::ranges::any_of(e.checks, [](const Check& check) {
    return check.result == CheckResult::overruled;
  });
}

/// A world and the questions asked of it.
class ExplainedWorld {
 public:
  ExplainedWorld(const WorldShape& shape, std::uint64_t seed) : world_(seed, shape) {}

  void step(Counts& counts) {
    const Command command = world_.next();
    std::vector<Command> due;
    static_cast<void>(engine_.expiries_due(world_.now(), 8, due));
    for (const Command& expire : due) world_.observe(expire, judge(expire, counts));
    world_.observe(command, judge(command, counts));
  }

 private:
  Outcome judge(const Command& command, Counts& counts) {
    const bool with_digest = ++steps_ % kStepsBetweenDigests == 0;
    const StateDigest before = with_digest ? engine_.digest() : StateDigest{};
    const Explanation e = engine_.explain(command, world_.now());
    if (with_digest) {
      EXPECT_EQ(before, engine_.digest()) << "explaining changed the state";
    }
    const Outcome outcome = engine_.apply(command, world_.now());
    SCOPED_TRACE(fmt::format("at step {}: {}: decided {}, explained {}", steps_, describe(command),
                             decision_name(outcome.decision), decision_name(e.decision)));
    EXPECT_EQ(outcome.decision, e.decision);
    EXPECT_EQ((outcome.flags & kOutcomeRepeated) != 0, e.repeated.has_value());
    if (!e.repeated) compare(command, outcome, e);
    count(e, counts);
    return outcome;
  }

  void compare(const Command& command, const Outcome& outcome, const Explanation& e) {
    const Check* failed = first_failed(e);
    EXPECT_EQ(failed == nullptr, is_approval(outcome.decision));
    if (failed != nullptr) {
      EXPECT_EQ(failed->decision, outcome.decision);
    } else {
      EXPECT_TRUE(std::ranges::none_of(e.checks, [](const Check& check) {
        return check.result == CheckResult::not_judged;
      })) << "approved without judging a check";
    }
    EXPECT_EQ(outcome.amount, e.done);
    EXPECT_EQ(outcome.time, e.now);
    EXPECT_EQ((outcome.flags & kOutcomeForced) != 0, is_approval(e.decision) && is_forced(e));
    compare_counters(e);
    if (e.hold_period && is_approval(outcome.decision) && !outcome.authorization.is_zero()) {
      EXPECT_EQ(engine_.show_authorization(outcome.authorization, {}).expires_at,
                e.hold_period->expires_at);
    }
    if (command.kind == CommandKind::authorize && e.funds && e.done.minor > 0) {
      EXPECT_EQ(e.funds->ledger, outcome.ledger_balance);
      EXPECT_EQ(e.funds->held.minor + e.done.minor, engine_.show_account(e.account).held.minor);
    }
  }

  void compare_counters(const Explanation& e) {
    if (e.controls.empty()) return;
    const LimitsView view = engine_.show_limits(e.card, world_.now());
    std::size_t row = 0;
    for (const ControlFacts& facts : e.controls) {
      if (facts.control.effect != ControlEffect::cap_window) continue;
      ASSERT_LT(row, view.limits.size());
      const LimitView& limit = view.limits[row++];
      ASSERT_EQ(facts.control.control, limit.control);
      EXPECT_EQ(facts.used_after, limit.amount_used);
      EXPECT_EQ(facts.count_after, limit.count_used);
      EXPECT_EQ(facts.window_start, limit.window_start);
      EXPECT_TRUE(facts.window_end.ns == 0 || facts.window_end > e.now);
    }
    EXPECT_EQ(row, view.limits.size());
  }

  static void count(const Explanation& e, Counts& counts) {
    if (e.repeated) ++counts["repeated"];
    const Check* decisive = first_failed(e);
    for (const Check& check : e.checks) {
      const std::string name(check_name(check.name));
      if (check.result == CheckResult::failed) {
        ++counts[name + (&check == decisive ? " decided" : " also failed")];
      }
      if (check.result == CheckResult::overruled) ++counts[name + " overruled"];
    }
  }

  StateMachine engine_;
  RandomCommands world_;
  std::uint64_t steps_ = 0;
};

std::vector<WorldShape> shapes() {
  WorldShape everyday;
  WorldShape tiny;
  tiny.tiny_tables = true;
  tiny.reconfigurations = 12;
  WorldShape forgetful;
  forgetful.request_retention_s = 1'800;
  forgetful.authorization_retention_s = 900;
  forgetful.request_ids_max = 400;
  forgetful.retries = 150;
  forgetful.day_jumps = 8;
  WorldShape huge;
  huge.huge_amounts = 250;
  WorldShape jumping;
  jumping.day_jumps = 20;
  jumping.month_jumps = 1;
  return {everyday, tiny, forgetful, huge, jumping};
}

TEST(Explain, WhatIsExplainedIsWhatIsDecided) {
  Counts counts;
  std::uint64_t seed = 20'261'122;
  for (const WorldShape& shape : shapes()) {
    ExplainedWorld world(shape, ++seed);
    for (std::uint64_t i = 0; i < kCommands && !HasFailure(); ++i) world.step(counts);
    ASSERT_FALSE(HasFailure()) << "in the world of seed " << seed;
  }
  for (const auto& [what, number] : counts) std::cout << fmt::format("{:>8} {}\n", number, what);
  // A check that never decided was not held against anything. So few commands as under a sanitizer
  // do not reach every one; what is reached is the same in every build.
  if (kUnderSanitizer) return;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(CheckName::capacity); ++i) {
    const auto name = static_cast<CheckName>(i);
    const bool too_large_to_fill = name == CheckName::counter_capacity;
    const bool too_rare = name == CheckName::cashback;
    if (too_large_to_fill || too_rare) continue;
    EXPECT_GT(counts[std::string(check_name(name)) + " decided"], 0U) << check_name(name);
  }
  EXPECT_GT(counts["repeated"], 0U);
  EXPECT_GT(counts["funds also failed"], 0U);
  EXPECT_GT(counts["amount_caps overruled"], 0U);
}

}  // namespace
}  // namespace holdfast::model
