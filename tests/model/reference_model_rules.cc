// The reference model's rates and rule sets: what a program does with categories and currencies.
#include <algorithm>
#include <iterator>

#include "engine/limits.h"
#include "tests/model/reference_model.h"
#include "tests/model/rules.h"

namespace holdfast::model {
namespace {

bool has_filter(const AddControl& c) {
  return c.mcc_list != 0 || c.country_list != 0 || c.merchant_list != 0 || c.channels != 0 ||
         c.types != 0;
}

bool window_ok(const AddControl& c) {
  if ((c.effect == ControlEffect::cap_window) != (c.window != WindowKind::none)) return false;
  const bool has_zone = c.window == WindowKind::day || c.window == WindowKind::week ||
                        c.window == WindowKind::month || c.window == WindowKind::year;
  if (c.zone != 0 && !has_zone) return false;
  if (c.window == WindowKind::week ? c.week_start < 1 || c.week_start > 7 : c.week_start != 0) {
    return false;
  }
  if (c.window != WindowKind::rolling) return c.window_s == 0 && c.granularity_s == 0;
  if (c.granularity_s == 0 || c.window_s % c.granularity_s != 0) return false;
  const std::uint32_t steps = c.window_s / c.granularity_s;
  return steps >= 1 && steps <= limits::rolling_steps_max;
}

bool caps_ok(const AddControl& c) {
  switch (c.effect) {
    case ControlEffect::deny:
    case ControlEffect::allow_only:
      return c.amount_max.minor == 0 && c.count_max == 0 && has_filter(c);
    case ControlEffect::cap_transaction: return c.amount_max.minor >= 0 && c.count_max == 0;
    case ControlEffect::cap_window:
      return c.amount_max.minor >= 0 &&
             (c.amount_max.minor != kMoneyMax || c.count_max != 0xFFFF'FFFF);
  }
  return false;
}

bool is_well_formed(const AddControl& c) {
  return c.version != 0 && c.control != 0 && c.scope <= ControlScope::card &&
         c.effect <= ControlEffect::cap_window && c.window <= WindowKind::rolling &&
         c.channels >> (kChannelMax + 1) == 0 && c.types >> (kTransactionTypeMax + 1) == 0 &&
         std::all_of(std::begin(c.reserved), std::end(c.reserved),
                     [](auto word) { return word == 0; }) &&
         c.reserved2 == 0 && window_ok(c) && caps_ok(c);
}

bool is_well_formed(const AddListItem& c) {
  if (c.version == 0 || c.list == 0 || c.reserved != 0 || c.reserved2 != 0 || c.reserved3 != 0) {
    return false;
  }
  const bool no_mcc = c.mcc_first.code == 0 && c.mcc_last.code == 0;
  const bool no_country = c.country.numeric == 0;
  const bool no_merchant = c.merchant == MerchantId{};
  switch (c.kind) {
    case ListKind::mcc:
      return c.mcc_first <= c.mcc_last && c.mcc_last.code <= 9999 && no_country && no_merchant;
    case ListKind::country: return no_mcc && !no_country && c.country.numeric <= 999 && no_merchant;
    case ListKind::merchant:
      return no_mcc && no_country && !no_merchant &&
             text_ok(c.merchant.text, sizeof c.merchant.text);
  }
  return false;
}

}  // namespace

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
  if (c.version == 0 || c.categories > limits::categories_max ||
      c.controls > limits::controls_max || c.list_items > limits::list_items_max ||
      c.zone_offsets > limits::zone_offsets_max) {
    return declined(Decision::malformed);
  }
  if (!programs_.contains(c.program)) return declined(Decision::unknown_program);
  auto& sets = programs_[c.program].rule_sets;
  if (!sets.empty() && c.version <= sets.rbegin()->first) return declined(Decision::already_exists);
  if (rule_sets_begun_ >= limits::rule_sets_max) return declined(Decision::at_capacity);
  ++rule_sets_begun_;
  sets[c.version].announced = c;
  return declined(Decision::approved);
}

Outcome ReferenceModel::add_category(const AddCategory& c) {
  constexpr std::uint32_t kLongest = 366 * 86400;
  if (c.version == 0 || c.mcc_first > c.mcc_last || c.mcc_last.code > 9999 ||
      c.hold_period_s > kLongest || c.hold_period_merchant_s > kLongest ||
      c.tolerance_bp > 100'000 || c.tolerance.minor < 0 || c.estimate.minor < 0) {
    return declined(Decision::malformed);
  }
  RuleSet* set = nullptr;
  if (const Decision no = open_for_rows(c, set); no != Decision::approved) return declined(no);
  const bool overlaps = std::any_of(set->rows.begin(), set->rows.end(), [&](const auto& row) {
    return c.mcc_first <= row.mcc_last && row.mcc_first <= c.mcc_last;
  });
  if (set->rows.size() == set->announced.categories || overlaps) {
    return declined(Decision::not_allowed_in_state);
  }
  set->rows.push_back(c);
  return declined(Decision::approved);
}

Outcome ReferenceModel::add_control(const AddControl& c) {
  if (!is_well_formed(c)) return declined(Decision::malformed);
  RuleSet* set = nullptr;
  if (const Decision no = open_for_rows(c, set); no != Decision::approved) return declined(no);
  const bool is_there =
      std::any_of(set->controls.begin(), set->controls.end(),
                  [&](const auto& row) { return row.control == c.control; });
  if (set->controls.size() == set->announced.controls || is_there) {
    return declined(Decision::not_allowed_in_state);
  }
  set->controls.push_back(c);
  return declined(Decision::approved);
}

Outcome ReferenceModel::add_list_item(const AddListItem& c) {
  if (!is_well_formed(c)) return declined(Decision::malformed);
  RuleSet* set = nullptr;
  if (const Decision no = open_for_rows(c, set); no != Decision::approved) return declined(no);
  const bool is_of_other_kind =
      std::any_of(set->items.begin(), set->items.end(),
                  [&](const auto& item) { return item.list == c.list && item.kind != c.kind; });
  if (set->items.size() == set->announced.list_items || is_of_other_kind) {
    return declined(Decision::not_allowed_in_state);
  }
  set->items.push_back(c);
  return declined(Decision::approved);
}

Outcome ReferenceModel::add_zone_offset(const AddZoneOffset& c) {
  if (c.version == 0 || c.zone == 0 || c.offset_s <= -86'400 || c.offset_s >= 86'400 ||
      c.reserved != 0) {
    return declined(Decision::malformed);
  }
  RuleSet* set = nullptr;
  if (const Decision no = open_for_rows(c, set); no != Decision::approved) return declined(no);
  const bool is_too_early =
      std::any_of(set->offsets.begin(), set->offsets.end(),
                  [&](const auto& row) { return row.zone == c.zone && row.from_s >= c.from_s; });
  if (set->offsets.size() == set->announced.zone_offsets || is_too_early) {
    return declined(Decision::not_allowed_in_state);
  }
  set->offsets.push_back(c);
  return declined(Decision::approved);
}

template <class Row>
Decision ReferenceModel::open_for_rows(const Row& c, RuleSet*& set) {
  if (!programs_.contains(c.program)) return Decision::unknown_program;
  auto& sets = programs_[c.program].rule_sets;
  if (!sets.contains(c.version)) return Decision::no_original;
  set = &sets[c.version];
  const bool is_open = c.version == sets.rbegin()->first && !set->was_active;
  return is_open ? Decision::approved : Decision::not_allowed_in_state;
}

bool ReferenceModel::is_complete(const RuleSet& rules) {
  if (rules.rows.size() != rules.announced.categories ||
      rules.controls.size() != rules.announced.controls ||
      rules.items.size() != rules.announced.list_items ||
      rules.offsets.size() != rules.announced.zone_offsets) {
    return false;
  }
  const auto has_list = [&](std::uint16_t list, ListKind kind) {
    return list == 0 || std::any_of(rules.items.begin(), rules.items.end(), [&](const auto& item) {
             return item.list == list && item.kind == kind;
           });
  };
  const auto has_zone = [&](std::uint16_t zone) {
    return zone == 0 || std::any_of(rules.offsets.begin(), rules.offsets.end(),
                                    [&](const auto& row) { return row.zone == zone; });
  };
  return std::all_of(rules.controls.begin(), rules.controls.end(), [&](const auto& control) {
    return has_list(control.mcc_list, ListKind::mcc) &&
           has_list(control.country_list, ListKind::country) &&
           has_list(control.merchant_list, ListKind::merchant) && has_zone(control.zone);
  });
}

Outcome ReferenceModel::activate_rule_set(const ActivateRuleSet& c) {
  if (c.version == 0) return declined(Decision::malformed);
  if (!programs_.contains(c.program)) return declined(Decision::unknown_program);
  Program& program = programs_[c.program];
  const auto set = program.rule_sets.find(c.version);
  if (set == program.rule_sets.end()) return declined(Decision::no_original);
  if (!is_complete(set->second)) return declined(Decision::not_allowed_in_state);
  become_active(program, c.version);
  return declined(Decision::approved);
}

const ReferenceModel::RuleSet* ReferenceModel::active_rules(const Program& program) const {
  const auto active = program.rule_sets.find(program.active_version);
  return active == program.rule_sets.end() ? nullptr : &active->second;
}

const AddCategory* ReferenceModel::category(const RuleSet* rules, Mcc mcc) {
  if (rules == nullptr) return nullptr;
  for (const AddCategory& row : rules->rows) {
    if (row.mcc_first <= mcc && mcc <= row.mcc_last) return &row;
  }
  return nullptr;
}

Wide ReferenceModel::capture_ceiling(const Authorization& a) {
  const Wide promised = Wide{a.approved} - a.reversed;
  const AddCategory* row = category(active_rules(program_of(a.asked.card)), a.asked.mcc);
  if (row == nullptr) return promised;
  return promised + Wide{a.approved} * row->tolerance_bp / 10'000 + row->tolerance.minor;
}

// Rounded up to a whole second.
TimestampNs ReferenceModel::hold_until(const Program& program, Mcc mcc, bool by_merchant) const {
  std::uint64_t period_s = program.hold_period_s;
  if (const AddCategory* row = category(active_rules(program), mcc)) {
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
