// The reference model's controls: who may pay where, how much and how often.
//
// Nothing is summed beforehand: a counter is the list of what was counted, and what is used is
// added up whenever it is asked for.
#include <algorithm>
#include <map>

#include "tests/model/reference_model.h"
#include "tests/model/rules.h"

namespace holdfast::model {

bool ReferenceModel::matches(const RuleSet& rules, const AddControl& control,
                             const Authorize& asked) {
  const auto is_in = [&](std::uint16_t list, const auto& is_named_by) {
    return list == 0 || std::any_of(rules.items.begin(), rules.items.end(), [&](const auto& item) {
             return item.list == list && is_named_by(item);
           });
  };
  const auto has = [](std::uint16_t mask, auto value) {
    return mask == 0 || (mask >> static_cast<unsigned>(value) & 1) != 0;
  };
  return is_in(control.mcc_list,
               [&](const auto& item) {
                 return item.mcc_first <= asked.mcc && asked.mcc <= item.mcc_last;
               }) &&
         is_in(control.country_list,
               [&](const auto& item) { return item.country == asked.country; }) &&
         is_in(control.merchant_list,
               [&](const auto& item) { return item.merchant == asked.merchant; }) &&
         has(control.channels, asked.channel) && has(control.types, asked.type);
}

ReferenceModel::CounterKey ReferenceModel::key_of(const AddControl& control, CardToken card,
                                                  std::uint32_t run) const {
  // The active set goes on with the counters that it had when it became active.
  const auto& adopted = programs_.at(control.program).adopted;
  if (run == 0) run = adopted.at({control.control, control.scope}).run;
  CounterKey key{control.program, run, control.control, control.scope, {}};
  const AccountId account = cards_.at(card).account;
  if (control.scope == ControlScope::card) key.whose = {card.low, card.high};
  if (control.scope == ControlScope::account) key.whose = {account.low, account.high};
  return key;
}

std::pair<Wide, std::uint32_t> ReferenceModel::used(const RuleSet& rules,
                                                    const AddControl& control,
                                                    const CounterKey& key, TimestampNs at) const {
  std::pair<Wide, std::uint32_t> sum{0, 0};
  const auto counter = counters_.find(key);
  if (counter == counters_.end() || counter->second.shape != shape_of(control)) return sum;
  const std::int64_t now = window_at(control, rules.offsets, at);
  for (const auto& use : counter->second.uses) {
    if (!still_counts(counter->second.shape, use->window, now)) continue;
    sum.first += use->amount;
    sum.second += use->count;
  }
  return sum;
}

ReferenceModel::Judge ReferenceModel::active_judge(CardToken card) const {
  return Judge{active_rules(programs_.at(cards_.at(card).program)), 0};
}

Decision ReferenceModel::judge_controls(const Payment& payment, Wide amount, Judge by) const {
  const RuleSet* const rules = by.rules;
  if (rules == nullptr) return Decision::approved;
  const Authorize& asked = payment.asked;
  const Authorization* const raised = payment.raised;
  std::vector<Decision> against;
  for (const AddControl& control : rules->controls) {
    const bool is_match = matches(*rules, control, asked);
    const Decision refusal =
        control.merchant_list != 0 ? Decision::merchant_denied : Decision::denied_by_control;
    const bool is_capped = control.effect == ControlEffect::cap_transaction ||
                           control.effect == ControlEffect::cap_window;
    if (control.effect == ControlEffect::deny && is_match) against.push_back(refusal);
    if (control.effect == ControlEffect::allow_only && !is_match) against.push_back(refusal);
    if (!is_capped || !is_match) continue;
    if (control.effect == ControlEffect::cap_transaction) {
      const Wide whole = amount + (raised != nullptr ? raised->approved : 0);
      if (whole > control.amount_max.minor) against.push_back(Decision::over_amount_limit);
      continue;
    }
    if ((asked.flags & kAuthorizeVerification) != 0) continue;
    const auto [sum, count] = used(*rules, control, key_of(control, asked.card, by.run), now_);
    const bool has_amount_cap = control.amount_max.minor != kMoneyMax;
    if (has_amount_cap && sum + amount > control.amount_max.minor) {
      against.push_back(Decision::over_amount_limit);
    }
    const bool has_count_cap = control.count_max != 0xFFFF'FFFF;
    if (raised == nullptr && has_count_cap && std::uint64_t{count} + 1 > control.count_max) {
      against.push_back(Decision::over_count_limit);
    }
  }
  const auto earliest = std::min_element(against.begin(), against.end());
  return earliest == against.end() ? Decision::approved : *earliest;
}

bool ReferenceModel::can_count(const Authorize& asked, Wide amount, Judge by) const {
  if (by.rules == nullptr) return true;
  const RuleSet& rules = *by.rules;
  return std::all_of(rules.controls.begin(), rules.controls.end(), [&](const auto& control) {
    return control.effect != ControlEffect::cap_window || !matches(rules, control, asked) ||
           fits(used(rules, control, key_of(control, asked.card, by.run), now_).first + amount);
  });
}

void ReferenceModel::count_use(const Payment& payment, Wide amount, Judge by,
                               Authorization* hold) {
  if (by.rules == nullptr) return;
  for (const AddControl& control : by.rules->controls) {
    if (control.effect != ControlEffect::cap_window) continue;
    if (!matches(*by.rules, control, payment.asked)) continue;
    const CounterKey key = key_of(control, payment.asked.card, by.run);
    const std::int64_t window = window_at(control, by.rules->offsets, now_);
    Counter& counter = counters_[key];
    if (counter.shape != shape_of(control)) counter = Counter{shape_of(control), {}};
    std::erase_if(counter.uses, [&](const auto& use) {
      return !still_counts(counter.shape, use->window, window);
    });
    const std::uint32_t count = payment.raised != nullptr ? 0 : 1;
    const auto use = std::make_shared<Use>(Use{key, window, saturated(amount).minor, count});
    counter.uses.push_back(use);
    if (hold != nullptr) hold->uses.push_back(use);
  }
}

// From the last uses first; each counter by itself. A use that its counter no longer has takes its
// part of the amount too, and nobody sees it.
void ReferenceModel::give_back(Authorization& a, Wide amount) {
  std::map<CounterKey, Wide> rest;
  for (auto use = a.uses.rbegin(); use != a.uses.rend(); ++use) {
    Wide& more = rest.try_emplace((*use)->key, amount).first->second;
    const Wide part = std::min<Wide>(more, (*use)->amount);
    (*use)->amount -= static_cast<std::int64_t>(part);
    more -= part;
  }
}

LimitsView ReferenceModel::show_limits(CardToken token, TimestampNs now) const {
  LimitsView view;
  const Card* card = find_card(token);
  if (card == nullptr) return view;
  const TimestampNs at = std::max(now, time_);
  const Program& program = programs_.at(card->program);
  view.found = true;
  view.card = token;
  view.program = card->program;
  view.rule_set_version = program.active_version;
  view.position = position_;
  const RuleSet* rules = active_rules(program);
  if (rules == nullptr) return view;
  for (const AddControl& control : rules->controls) {
    if (control.effect != ControlEffect::cap_window) continue;
    const auto [amount, count] = used(*rules, control, key_of(control, token, 0), at);
    LimitView limit;
    limit.control = control.control;
    limit.scope = control.scope;
    limit.window = control.window;
    limit.amount_max = control.amount_max;
    limit.amount_used = saturated(amount);
    limit.count_max = control.count_max;
    limit.count_used = count;
    limit.window_start = window_start(control, rules->offsets, at);
    view.limits.push_back(limit);
  }
  return view;
}

}  // namespace holdfast::model
