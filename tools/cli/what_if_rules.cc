#include "tools/cli/what_if_rules.h"

#include <bit>

#include "engine/decision.h"
#include "engine/exchange.h"

namespace holdfast::tools {
namespace {

bool is_above(Money a, Money b, Money most) {
  return static_cast<std::uint64_t>(a.minor) + static_cast<std::uint64_t>(b.minor) >
         static_cast<std::uint64_t>(most.minor);
}

const LimitView* limit_of(const LimitsView& limits, std::uint16_t control) {
  for (const LimitView& limit : limits.limits) {
    if (limit.control == control) return &limit;
  }
  return nullptr;
}

/// Whether this control, alone, answers the payment with the decision.
bool fails(const AddControl& control, bool matches, const Payment& payment,
           const LimitsView& limits, Decision decision) {
  switch (control.effect) {
    case ControlEffect::deny:
    case ControlEffect::allow_only: {
      const bool refuses = matches == (control.effect == ControlEffect::deny);
      // Where a merchant list refuses, the answer names the merchant; else it names the control.
      const bool by_merchant = control.merchant_list != 0;
      return refuses &&
             decision == (by_merchant ? Decision::merchant_denied : Decision::denied_by_control);
    }
    case ControlEffect::cap_transaction:
      return matches && decision == Decision::over_amount_limit &&
             is_above(payment.approved_before, payment.amount, control.amount_max);
    case ControlEffect::cap_window: {
      const LimitView* limit = matches ? limit_of(limits, control.control) : nullptr;
      if (limit == nullptr) return false;
      if (decision == Decision::over_count_limit) {
        return payment.counts && control.count_max != UINT32_MAX &&
               limit->count_used >= control.count_max;
      }
      return decision == Decision::over_amount_limit && control.amount_max.minor != INT64_MAX &&
             is_above(limit->amount_used, payment.amount, control.amount_max);
    }
  }
  return false;
}

}  // namespace

void RuleBook::observe(const Command& command, Decision decision) {
  if (!is_approval(decision)) return;
  const auto add = [this](const auto& row) {
    if (holdfast::RuleSet* rules = rule_sets_.find(row.program, row.version)) rules->add(row);
  };
  switch (command.kind) {
    case CommandKind::begin_rule_set: rule_sets_.begin(command.begin_rule_set); break;
    case CommandKind::add_category: add(command.add_category); break;
    case CommandKind::add_control: add(command.add_control); break;
    case CommandKind::add_list_item: add(command.add_list_item); break;
    case CommandKind::add_zone_offset: add(command.add_zone_offset); break;
    case CommandKind::activate_rule_set: {
      const ActivateRuleSet& c = command.activate_rule_set;
      const holdfast::RuleSet* rules = rule_sets_.find(c.program, c.version);
      if (rules != nullptr) active_[c.program] = {rules, std::make_unique<ControlSet>(*rules)};
      break;
    }
    default: break;
  }
}

void RuleBook::take_over(const StateMachine& state, const KnownNames& known) {
  for (const auto& [program, version, is_active] : known.rule_sets) {
    const RuleSetView view = state.show_rule_set(program, version, 0, UINT32_MAX);
    rule_sets_.begin(view.announced);
    for (const Command& row : view.rows) observe(row, Decision::approved);
    if (!is_active) continue;
    Command activate;
    activate.kind = CommandKind::activate_rule_set;
    activate.activate_rule_set = {.program = program, .version = version};
    observe(activate, Decision::approved);
  }
}

const RuleBook::Active* RuleBook::active(ProgramId program) const {
  const auto found = active_.find(program);
  return found == active_.end() ? nullptr : &found->second;
}

void RateBook::observe(const Command& command, Decision decision) {
  if (command.kind != CommandKind::set_rate || !is_approval(decision)) return;
  set(command.set_rate);
}

std::optional<Money> RateBook::convert_to(Money amount, CurrencyCode from, CurrencyCode to) const {
  if (from == to) return amount;
  const auto found = rates_.find({from, to});
  return found == rates_.end() ? std::nullopt : convert(amount, found->second);
}

bool is_of_controls(Decision decision) {
  return decision == Decision::merchant_denied || decision == Decision::denied_by_control ||
         decision == Decision::over_amount_limit || decision == Decision::over_count_limit;
}

Cause cause_of(const RuleBook::Active* active, const Payment& payment, const LimitsView& limits,
               Decision decision) {
  Cause cause{.control = 0, .decision = decision};
  if (active == nullptr || !is_of_controls(decision)) return cause;
  const ControlMask matching = active->controls->matching(payment);
  for (std::size_t row = 0; row < active->rules->controls.size(); ++row) {
    const AddControl& control = active->rules->controls[row];
    if (!fails(control, (matching >> row & 1) == 1, payment, limits, decision)) continue;
    cause.control = control.control;
    break;
  }
  return cause;
}

}  // namespace holdfast::tools
