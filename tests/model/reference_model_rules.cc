// The reference model's rates and rule sets: what a program does with categories and currencies.
#include <algorithm>

#include "engine/limits.h"
#include "tests/model/reference_model.h"
#include "tests/model/rules.h"

namespace holdfast::model {

Outcome ReferenceModel::set_rate(const SetRate& c) {
  if (!currency_ok(c.from) || !currency_ok(c.to) || c.from == c.to || c.markup_bp > 10'000 ||
      c.scale > 18 || c.rate <= 0 || c.life_s == 0 || c.reserved != 0 || c.reserved2 != 0) {
    return declined(Decision::malformed);
  }
  if (rates_set_ >= limits::rates_max) return declined(Decision::at_capacity);
  ++rates_set_;
  rates_[{c.from, c.to}] = StoredRate{Rate{c.rate, c.scale, c.markup_bp}, now_, c.life_s};
  return declined(Decision::approved);
}

ReferenceModel::Converted ReferenceModel::convert(std::int64_t amount, CurrencyCode from,
                                                  CurrencyCode to) const {
  Converted result;
  result.amount = amount;
  if (from == to) return result;
  const auto found = rates_.find({from, to});
  if (found == rates_.end()) {
    result.decision = Decision::currency_mismatch;
    return result;
  }
  const StoredRate& stored = found->second;
  result.rate = stored.rate;
  result.is_stale = now_.ns - stored.set_at.ns > stored.life_s * kNsPerSecond;
  const auto to_amount = exchanged(amount, stored.rate);
  result.amount = to_amount.value_or(0);
  if (!to_amount) result.decision = Decision::balance_overflow;
  if (to_amount == 0 && amount > 0) result.decision = Decision::invalid_amount;
  return result;
}

Outcome ReferenceModel::begin_rule_set(const BeginRuleSet& c) {
  if (c.version == 0 || c.categories > limits::categories_max || c.reserved != 0) {
    return declined(Decision::malformed);
  }
  if (!programs_.contains(c.program)) return declined(Decision::unknown_program);
  auto& sets = programs_[c.program].rule_sets;
  if (!sets.empty() && c.version <= sets.rbegin()->first) return declined(Decision::already_exists);
  if (rule_sets_begun_ >= limits::rule_sets_max) return declined(Decision::at_capacity);
  ++rule_sets_begun_;
  sets[c.version].categories = c.categories;
  return declined(Decision::approved);
}

Outcome ReferenceModel::add_category(const AddCategory& c) {
  constexpr std::uint32_t kLongest = 366 * 86400;
  if (c.version == 0 || c.mcc_first > c.mcc_last || c.mcc_last.code > 9999 ||
      c.hold_period_s > kLongest || c.hold_period_merchant_s > kLongest ||
      c.tolerance_bp > 100'000 || c.tolerance.minor < 0 || c.estimate.minor < 0) {
    return declined(Decision::malformed);
  }
  if (!programs_.contains(c.program)) return declined(Decision::unknown_program);
  auto& sets = programs_[c.program].rule_sets;
  if (!sets.contains(c.version)) return declined(Decision::no_original);
  RuleSet& set = sets[c.version];
  const bool overlaps = std::any_of(set.rows.begin(), set.rows.end(), [&](const auto& row) {
    return c.mcc_first <= row.mcc_last && row.mcc_first <= c.mcc_last;
  });
  if (c.version != sets.rbegin()->first || set.was_active || set.rows.size() == set.categories ||
      overlaps) {
    return declined(Decision::not_allowed_in_state);
  }
  set.rows.push_back(c);
  return declined(Decision::approved);
}

Outcome ReferenceModel::activate_rule_set(const ActivateRuleSet& c) {
  if (c.version == 0) return declined(Decision::malformed);
  if (!programs_.contains(c.program)) return declined(Decision::unknown_program);
  Program& program = programs_[c.program];
  const auto set = program.rule_sets.find(c.version);
  if (set == program.rule_sets.end()) return declined(Decision::no_original);
  if (set->second.rows.size() != set->second.categories) {
    return declined(Decision::not_allowed_in_state);
  }
  set->second.was_active = true;
  program.active_version = c.version;
  return declined(Decision::approved);
}

const AddCategory* ReferenceModel::category(const Program& program, Mcc mcc) const {
  const auto active = program.rule_sets.find(program.active_version);
  if (active == program.rule_sets.end()) return nullptr;
  for (const AddCategory& row : active->second.rows) {
    if (row.mcc_first <= mcc && mcc <= row.mcc_last) return &row;
  }
  return nullptr;
}

Wide ReferenceModel::capture_ceiling(const Authorization& a) {
  const Wide promised = Wide{a.approved} - a.reversed;
  const AddCategory* row = category(program_of(a.asked.card), a.asked.mcc);
  if (row == nullptr) return promised;
  return promised + Wide{a.approved} * row->tolerance_bp / 10'000 + row->tolerance.minor;
}

// Rounded up to a whole second.
TimestampNs ReferenceModel::hold_until(const Program& program, Mcc mcc, bool by_merchant) const {
  std::uint64_t period_s = program.hold_period_s;
  if (const AddCategory* row = category(program, mcc)) {
    if (by_merchant && row->hold_period_merchant_s != 0) {
      period_s = row->hold_period_merchant_s;
    } else if (row->hold_period_s != 0) {
      period_s = row->hold_period_s;
    }
  }
  const std::uint64_t until_ns = now_.ns + period_s * kNsPerSecond;
  return TimestampNs{(until_ns + kNsPerSecond - 1) / kNsPerSecond * kNsPerSecond};
}

}  // namespace holdfast::model
