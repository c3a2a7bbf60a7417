// The reference model's shadows: rule sets that judge and count beside the active one.
#include <algorithm>
#include <iterator>

#include "engine/limits.h"
#include "tests/model/reference_model.h"
#include "tests/model/rules.h"

namespace holdfast::model {

// Starting, stopping, promoting ----------------------------------------------------------------

Outcome ReferenceModel::shadow_rule_set(const ShadowRuleSet& c) {
  if (c.version == 0 || c.run > 1 ||
      std::any_of(std::begin(c.reserved), std::end(c.reserved),
                  [](auto byte) { return byte != 0; })) {
    return declined(Decision::malformed);
  }
  if (!programs_.contains(c.program)) return declined(Decision::unknown_program);
  Program& program = programs_[c.program];
  const auto set = program.rule_sets.find(c.version);
  if (set == program.rule_sets.end()) return declined(Decision::no_original);
  const bool runs = program.shadows.contains(c.version);
  if (c.run == 0) {
    if (!runs) return declined(Decision::not_allowed_in_state);
    program.shadows.erase(c.version);
    return declined(Decision::approved);
  }
  if (runs || c.version == program.active_version || !is_complete(set->second)) {
    return declined(Decision::not_allowed_in_state);
  }
  if (program.shadows.size() >= limits::shadows_max ||
      program.shadow_runs >= limits::shadow_runs_max) {
    return declined(Decision::at_capacity);
  }
  Shadow shadow;
  shadow.run = ++program.shadow_runs;
  shadow.started_at = now_;
  program.shadows[c.version] = shadow;
  return declined(Decision::approved);
}

// A window that an active set had goes on with what that one counted; what is new goes on with what
// the shadow counted, if the set was one, and else with what active sets left under its name.
void ReferenceModel::become_active(Program& program, std::uint32_t version) {
  RuleSet& rules = program.rule_sets[version];
  const auto shadow = program.shadows.find(version);
  const std::uint32_t run = shadow == program.shadows.end() ? 0 : shadow->second.run;
  for (const AddControl& control : rules.controls) {
    if (control.effect != ControlEffect::cap_window) continue;
    const WindowShape shape = shape_of(control);
    const auto [known, is_new] =
        program.adopted.try_emplace({control.control, control.scope}, Adopted{shape, run});
    if (!is_new && known->second.shape != shape) known->second = Adopted{shape, run};
  }
  program.shadows.erase(version);
  rules.was_active = true;
  program.active_version = version;
}

// Judging and counting -------------------------------------------------------------------------

// An advice is never refused for controls, but what they say of it is told; then it counts all the
// same, if the counters can take it.
ReferenceModel::Verdict ReferenceModel::judge_advice(const Payment& payment, Judge by) const {
  const Decision said = judge_controls(payment, payment.amount, by);
  if (can_count(payment.asked, payment.amount, by)) return {said, payment.amount};
  return {said == Decision::approved ? Decision::balance_overflow : said, 0};
}

ReferenceModel::Verdict ReferenceModel::judge(const Payment& payment, Judge by) const {
  if (payment.is_advice) return judge_advice(payment, by);
  return payment.raised != nullptr ? judge_raise(payment, by) : judge_hold(payment, by);
}

ReferenceModel::Verdict ReferenceModel::judge_by_all(const Payment& payment) {
  const CardToken card = payment.asked.card;
  const Program& program = program_of(card);
  Judgement all;
  all.payment = payment;
  all.real = judge(payment, active_judge(card));
  for (const auto& [version, shadow] : program.shadows) {
    all.shadows[version] = judge(payment, Judge{&program.rule_sets.at(version), shadow.run});
  }
  judgement_ = all;
  return all.real;
}

void ReferenceModel::count_in_shadows() {
  const auto& [payment, real, verdicts, number] = *judgement_;
  Program& program = program_of(payment.asked.card);
  Authorization* const hold = number.is_zero() ? nullptr : &authorizations_[number];
  for (const auto& [version, verdict] : verdicts) {
    Shadow& shadow = program.shadows.at(version);
    ++shadow.judged;
    Shadow::Pair& pair = shadow.pairs[{real.decision, verdict.decision}];
    ++pair.count;
    pair.amount += payment.amount;
    if (shadow.first_divergence.is_zero() && !(verdict == real)) {
      shadow.first_divergence = position_;
    }
    if (verdict.held == 0) continue;
    count_use(payment, verdict.held, Judge{&program.rule_sets.at(version), shadow.run}, hold);
  }
}

// Views ----------------------------------------------------------------------------------------

ShadowsView ReferenceModel::show_shadows(ProgramId id) const {
  const auto program = programs_.find(id);
  if (program == programs_.end()) return {};
  ShadowsView view{true, id, program->second.active_version, {}, position_};
  for (const auto& [version, shadow] : program->second.shadows) {
    ShadowView one{version, shadow.started_at, shadow.judged, shadow.first_divergence, {}};
    for (const auto& [decisions, pair] : shadow.pairs) {
      one.tallies.push_back(
          ShadowTally{decisions.first, decisions.second, pair.count, saturated(pair.amount)});
    }
    view.shadows.push_back(one);
  }
  return view;
}

RuleSetState ReferenceModel::state_of(const Program& program, std::uint32_t version) {
  const RuleSet& rules = program.rule_sets.at(version);
  if (version == program.active_version) return RuleSetState::active;
  if (program.shadows.contains(version)) return RuleSetState::shadow;
  if (rules.was_active) return RuleSetState::former;
  return is_complete(rules) ? RuleSetState::complete : RuleSetState::begun;
}

RuleSetView ReferenceModel::show_rule_set(ProgramId id, std::uint32_t version,
                                          std::uint32_t first_row, std::uint32_t most) const {
  const auto found = programs_.find(id);
  if (found == programs_.end()) return {};
  const Program& program = found->second;
  if (version == 0) version = program.active_version;
  const auto set = program.rule_sets.find(version);
  if (set == program.rule_sets.end()) return {};
  const RuleSet& rules = set->second;
  std::vector<Command> rows;
  const auto add = [&](CommandKind kind, const auto& row) {
    Command command;
    command.kind = kind;
    if constexpr (requires { row.hold_period_s; }) command.add_category = row;
    if constexpr (requires { row.control; }) command.add_control = row;
    if constexpr (requires { row.list; }) command.add_list_item = row;
    if constexpr (requires { row.offset_s; }) command.add_zone_offset = row;
    rows.push_back(command);
  };
  for (const AddCategory& row : rules.rows) add(CommandKind::add_category, row);
  for (const AddControl& row : rules.controls) add(CommandKind::add_control, row);
  for (const AddListItem& row : rules.items) add(CommandKind::add_list_item, row);
  for (const AddZoneOffset& row : rules.offsets) add(CommandKind::add_zone_offset, row);
  RuleSetView view;
  view.found = true;
  view.program = id;
  view.version = version;
  view.state = state_of(program, version);
  view.announced = rules.announced;
  view.rows_total = static_cast<std::uint32_t>(rows.size());
  view.first_row = first_row;
  view.position = position_;
  for (std::size_t row = first_row; row < rows.size() && view.rows.size() < most; ++row) {
    view.rows.push_back(rows[row]);
  }
  return view;
}

}  // namespace holdfast::model
