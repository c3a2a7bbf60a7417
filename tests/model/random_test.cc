// Random commands: the engine, its replica and the reference model must agree.
//
// Without arguments each shape of world runs a fixed seed and a drawn one, a million commands in
// all. A difference prints the command line that reproduces it:
//   model_test --gtest_filter=… --seed=S --world=W --steps=N
// --commands=N (or HOLDFAST_RANDOM_COMMANDS=N) sets the commands of each test; there are twelve, so
// --commands=417792 is five million. With --seed both tests of a shape run the same commands.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/model/comparison.h"
#include "tests/model/describe.h"
#include "tests/model/random_commands.h"

namespace holdfast::model {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kUnderSanitizer = true;
constexpr std::uint64_t kCommandsDefault = 8'192;  // each test; sanitizers are slow
#else
constexpr bool kUnderSanitizer = false;
constexpr std::uint64_t kCommandsDefault = 90'112;  // a million in all
#endif
constexpr std::uint64_t kCommandsPerWorld = 8'192;
constexpr std::uint64_t kStepsBetweenFullChecks = 16;
constexpr std::uint64_t kStepsBetweenLimits = 8;
constexpr std::uint64_t kStepsBetweenForgetting = 1'000;
constexpr std::uint64_t kFixedSeed = 20'261'122;

struct Options {
  std::uint64_t commands = kCommandsDefault;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> world;
  std::optional<std::uint64_t> steps;
};
Options options;

constexpr const char* kShapeNames[] = {"Everyday", "TinyTables", "ShortRetention", "HugeAmounts",
                                       "TimeJumps", "ForgottenOriginals"};

WorldShape shape_named(std::string_view name) {
  WorldShape shape;
  if (name == "TinyTables") {
    shape.tiny_tables = true;
    shape.reconfigurations = 12;
  } else if (name == "ShortRetention") {
    shape.request_retention_s = 1'800;
    shape.authorization_retention_s = 7'200;
    shape.request_ids_max = 400;
    shape.retries = 150;
    shape.reuses = 40;
  } else if (name == "HugeAmounts") {
    shape.huge_amounts = 250;
  } else if (name == "TimeJumps") {
    shape.day_jumps = 20;
    shape.month_jumps = 1;
  } else if (name == "ForgottenOriginals") {
    shape.authorization_retention_s = 900;
    shape.day_jumps = 8;
  }
  shape.name = name.data();
  return shape;
}

/// How often each command got each answer, so that a run can show what it reached.
class Coverage {
 public:
  void count(const Command& command, const Outcome& outcome) {
    const std::string name(command_name(command.kind));
    ++counts_[name + " " + std::string(decision_name(outcome.decision))];
    if ((outcome.flags & kOutcomeRepeated) != 0) ++counts_[name + " repeated"];
    if ((outcome.flags & kOutcomeLate) != 0) ++counts_[name + " late"];
    if ((outcome.flags & kOutcomeOverdrawn) != 0) ++counts_[name + " overdrawn"];
    if ((outcome.flags & kOutcomeForced) != 0) ++counts_[name + " forced"];
    if ((outcome.flags & kOutcomeOriginalForgotten) != 0) ++counts_[name + " forgotten"];
  }
  /// Pairs of answers by active set and shadow; those that are seen at all count.
  void count(const ShadowsView& view) {
    for (const ShadowView& shadow : view.shadows) {
      for (const ShadowTally& tally : shadow.tallies) {
        ++counts_[fmt::format("tally {}/{}", decision_name(tally.active),
                              decision_name(tally.shadow))];
      }
    }
  }
  [[nodiscard]] std::uint64_t of(const std::string& what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
  }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  std::map<std::string, std::uint64_t> counts_;
};

struct Difference {
  std::uint64_t step = 0;
  std::string text;
};

/// One world from its beginning. Returns what differed and where, or nothing.
std::optional<Difference> run_world(const WorldShape& shape, std::uint64_t seed,
                                    std::uint64_t steps, Coverage& coverage) {
  const bool exact =
      shape.request_retention_s > 365 * 86400 && shape.authorization_retention_s == 0;
  Comparison comparison(exact);
  RandomCommands world(seed, shape);
  RandomSource extra(~seed);  // when to expire and how many at a time
  for (std::uint64_t step = 1; step <= steps; ++step) {
    const Command command = world.next();
    const auto failed = [&](std::string_view doing) {
      return Difference{step, fmt::format("at step {} ({}, time_ns {}, command {}): {}", step,
                                          doing, world.now().ns, describe(command),
                                          comparison.difference())};
    };
    if (extra.per_mille(300)) {
      const std::size_t most = extra.per_mille(500) ? 256 : 1 + extra.below(3);
      if (!comparison.expire_due(world.now(), most)) return failed("expiring before the command");
      for (std::size_t i = 0; i < comparison.expired().size(); ++i) {
        world.observe(comparison.expired()[i], comparison.expired_outcomes()[i]);
        coverage.count(comparison.expired()[i], comparison.expired_outcomes()[i]);
      }
    }
    if (!comparison.apply(command, world.now())) return failed("applying the command");
    world.observe(command, comparison.last_outcome());
    coverage.count(command, comparison.last_outcome());
    if (step % kStepsBetweenLimits == 0) {
      const CardToken card = RandomCommands::card_token(extra.below(shape.cards + 2));
      if (!comparison.compare_limits(card, world.now())) return failed("comparing limits after");
    }
    if (!exact && step % kStepsBetweenForgetting == 0) {
      if (!comparison.let_it_forget(world)) return failed("letting the engine forget after it");
    }
    if (step % kStepsBetweenFullChecks == 0 || step == steps) {
      if (!comparison.compare_all(world)) return failed("comparing everything after the command");
      for (std::uint32_t n = 0; n < shape.programs; ++n) {
        coverage.count(comparison.engine().show_shadows(ProgramId{n}));
      }
    }
  }
  return std::nullopt;
}

class RandomCommandsAgainstModel : public ::testing::TestWithParam<const char*> {
 protected:
  void run(std::uint64_t seed) {
    const WorldShape shape = shape_named(GetParam());
    seed = options.seed.value_or(seed);
    const std::uint64_t worlds = std::max<std::uint64_t>(1, options.commands / kCommandsPerWorld);
    const std::uint64_t steps =
        options.steps.value_or(std::min(options.commands, kCommandsPerWorld));
    std::cout << fmt::format("{}: seed {}, {} worlds of {} commands\n", shape.name, seed,
                             options.world ? 1 : worlds, steps);
    Coverage coverage;
    for (std::uint64_t number = 0; number < worlds; ++number) {
      if (options.world && *options.world != number) continue;
      const auto difference =
          run_world(shape, RandomSource(seed + number).next(), steps, coverage);
      if (!difference) continue;
      const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
      FAIL() << difference->text << '\n' << fmt::format(
          "reproduce: model_test --gtest_filter={}.{} --seed={} --world={} --steps={}",
          test->test_suite_name(), test->name(), seed, number, difference->step);
    }
  }
};

TEST_P(RandomCommandsAgainstModel, FixedSeed) { run(kFixedSeed); }

TEST_P(RandomCommandsAgainstModel, DrawnSeed) {
  std::random_device device;
  run((std::uint64_t{device()} << 32) | device());
}

INSTANTIATE_TEST_SUITE_P(Worlds, RandomCommandsAgainstModel,
                         ::testing::ValuesIn(kShapeNames),
                         [](const auto& tested) { return std::string(tested.param); });

// Every answer that the rules allow for a command. A random test that never reaches one of them
// proves nothing about it, so the worlds must reach them all. Of a tally: the answers of the active
// set and of a shadow to the same payment.
constexpr struct {
  const char* command;
  const char* answers;
} kReachable[] = {
    {"create_account", "approved malformed already_exists at_capacity request_id_reused repeated"},
    {"update_account",
     "approved malformed unknown_account account_closed not_allowed_in_state repeated"},
    {"create_card",
     "approved malformed already_exists unknown_account account_closed unknown_program "
     "at_capacity"},
    {"update_card", "approved malformed unknown_card card_closed unknown_program repeated"},
    {"put_program", "approved malformed unknown_account account_closed at_capacity repeated"},
    {"transfer",
     "approved malformed invalid_amount unknown_account account_frozen account_closed "
     "currency_mismatch insufficient_funds balance_overflow request_id_reused repeated"},
    {"authorize",
     "approved approved_partially approved_purchase_only verified malformed invalid_amount "
     "reversed_before unknown_card card_lost card_stolen card_blocked card_closed card_expired "
     "account_frozen account_closed currency_mismatch rate_too_old merchant_denied "
     "denied_by_control over_amount_limit over_count_limit insufficient_funds "
     "balance_overflow at_capacity request_id_reused repeated"},
    {"increment",
     "approved malformed invalid_amount no_original card_lost card_stolen card_blocked "
     "card_closed card_expired account_frozen account_closed merchant_denied denied_by_control "
     "over_amount_limit not_allowed_in_state "
     "insufficient_funds balance_overflow request_id_reused repeated"},
    {"advise",
     "approved malformed invalid_amount reversed_before unknown_card unknown_account "
     "account_closed currency_mismatch not_allowed_in_state balance_overflow at_capacity forced "
     "overdrawn request_id_reused repeated"},
    {"set_rate", "approved malformed repeated"},
    {"begin_rule_set", "approved malformed already_exists unknown_program"},
    {"add_category", "approved malformed no_original unknown_program not_allowed_in_state"},
    {"add_control", "approved malformed no_original unknown_program not_allowed_in_state"},
    {"add_list_item", "approved malformed no_original unknown_program not_allowed_in_state"},
    {"add_zone_offset", "approved malformed no_original unknown_program not_allowed_in_state"},
    {"activate_rule_set",
     "approved malformed no_original unknown_program not_allowed_in_state"},
    {"shadow_rule_set",
     "approved malformed unknown_program no_original not_allowed_in_state repeated"},
    {"tally",
     "approved/approved approved/over_amount_limit approved/over_count_limit "
     "approved/merchant_denied approved/denied_by_control approved/insufficient_funds "
     "over_amount_limit/approved over_amount_limit/balance_overflow "
     "over_count_limit/approved merchant_denied/approved denied_by_control/approved "
     "denied_by_control/over_amount_limit over_amount_limit/over_amount_limit "
     "insufficient_funds/approved insufficient_funds/insufficient_funds "
     "insufficient_funds/over_amount_limit approved_partially/approved_partially "
     "approved_partially/over_amount_limit approved_purchase_only/approved_purchase_only "
     "verified/verified verified/denied_by_control not_allowed_in_state/not_allowed_in_state "
     "not_allowed_in_state/denied_by_control balance_overflow/balance_overflow"},
    {"capture",
     "approved malformed invalid_amount no_original unknown_account account_closed "
     "currency_mismatch not_allowed_in_state above_authorized balance_overflow unknown_card late "
     "overdrawn forgotten at_capacity request_id_reused repeated"},
    {"reverse",
     "approved malformed invalid_amount no_original not_allowed_in_state above_authorized late "
     "at_capacity request_id_reused repeated"},
    {"refund",
     "approved malformed invalid_amount no_original unknown_card unknown_account account_frozen "
     "account_closed currency_mismatch not_allowed_in_state above_authorized insufficient_funds "
     "balance_overflow overdrawn forgotten request_id_reused repeated"},
    {"expire", "approved malformed no_original not_allowed_in_state"},
    {"configure", "approved malformed not_allowed_in_state"},
};

TEST(RandomCommandsCoverage, TheWorldsReachEveryAnswer) {
  if (kUnderSanitizer) GTEST_SKIP() << "what is reached is the same in every build: see release";
  Coverage coverage;
  for (const char* name : kShapeNames) {
    for (std::uint64_t world = 0; world < 4; ++world) {
      const auto difference =
          run_world(shape_named(name), RandomSource(kFixedSeed + world).next(), kCommandsPerWorld,
                    coverage);
      ASSERT_FALSE(difference) << name << ", world " << world << ": " << difference->text;
    }
  }
  for (const auto& [what, count] : coverage.counts()) {
    std::cout << fmt::format("{:>8} {}\n", count, what);
  }
  for (const auto& [command, answers] : kReachable) {
    std::istringstream words(answers);
    for (std::string answer; words >> answer;) {
      EXPECT_GT(coverage.of(fmt::format("{} {}", command, answer)), 0U)
          << "no world reached " << command << " " << answer;
    }
  }
}

// "--name=NUMBER"; true when `argument` is this option.
bool take(std::string_view argument, std::string_view name, std::optional<std::uint64_t>& value) {
  if (!argument.starts_with(name) || argument.size() <= name.size() ||
      argument[name.size()] != '=') {
    return false;
  }
  const std::string text(argument.substr(name.size() + 1));
  char* end = nullptr;
  value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] == '-' || *end != '\0') {
    std::cerr << fmt::format("{} needs a number, not '{}'\n", name, text);
    std::exit(2);
  }
  return true;
}

}  // namespace

bool parse_options(int argc, char** argv) {
  std::optional<std::uint64_t> commands;
  if (const char* from_environment = std::getenv("HOLDFAST_RANDOM_COMMANDS")) {
    take(fmt::format("HOLDFAST_RANDOM_COMMANDS={}", from_environment), "HOLDFAST_RANDOM_COMMANDS",
         commands);
  }
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (take(argument, "--seed", options.seed) || take(argument, "--world", options.world) ||
        take(argument, "--steps", options.steps) || take(argument, "--commands", commands)) {
      continue;
    }
    std::cerr << fmt::format("'{}' is not known; there are --seed=S --world=W --steps=N "
                             "--commands=N and GoogleTest's own\n", argument);
    return false;
  }
  options.commands = commands.value_or(kCommandsDefault);
  // A world past the default number of worlds is reached only if it is in the range.
  if (options.world) {
    options.commands = std::max(options.commands, (*options.world + 1) * kCommandsPerWorld);
  }
  return true;
}

}  // namespace holdfast::model

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!holdfast::model::parse_options(argc, argv)) return 2;
  return RUN_ALL_TESTS();
}
