// The rule sets that a log puts in place, followed beside the engine, to say which control stands
// behind a decision: an outcome tells the decision only.
//
// The engine compiles a rule set into a ControlSet; the same class is used here, with the windows'
// usage that the engine tells. Thread: one at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "engine/command.h"
#include "engine/controls.h"
#include "engine/known_names.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/rule_set.h"
#include "engine/state_machine.h"
#include "tools/cli/what_if.h"

namespace holdfast::tools {

class RuleBook {
 public:
  /// To be called for each command that changes rules, with what came of it.
  void observe(const Command& command, Decision decision);
  /// Before the first of them: all rule sets of a state that a log goes on from.
  void take_over(const StateMachine& state, const KnownNames& known);

  /// The active rule set of a program.
  struct Active {
    const holdfast::RuleSet* rules = nullptr;
    std::unique_ptr<ControlSet> controls;
  };
  /// Null: the program has none.
  [[nodiscard]] const Active* active(ProgramId program) const;
  /// Highest version begun.
  [[nodiscard]] std::uint32_t last_version(ProgramId program) const {
    return rule_sets_.last_version(program);
  }

 private:
  RuleSets rule_sets_;
  std::map<ProgramId, Active> active_;
};

/// The latest exchange rates of a log.
class RateBook {
 public:
  void observe(const Command& command, Decision decision);
  void set(const SetRate& rate) { rates_[{rate.from, rate.to}] = rate; }
  /// In the currency of the account; nothing when there is no rate, or no such amount.
  [[nodiscard]] std::optional<Money> convert_to(Money amount, CurrencyCode from,
                                                CurrencyCode to) const;

 private:
  std::map<std::pair<CurrencyCode, CurrencyCode>, SetRate> rates_;
};

/// The first control, in the order of the rule set, that fails the payment with `decision`;
/// `limits` tells what the windows have used. Control 0: the decision came from elsewhere.
[[nodiscard]] Cause cause_of(const RuleBook::Active* active, const Payment& payment,
                             const LimitsView& limits, Decision decision);

/// Whether controls can give this decision.
[[nodiscard]] bool is_of_controls(Decision decision);

}  // namespace holdfast::tools
