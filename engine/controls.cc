#include "engine/controls.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "engine/rule_set.h"

namespace holdfast {
namespace {

// Calls `visit(row)` for each control of the set, in order of rows.
template <class Visit>
void for_each_row(ControlMask mask, Visit visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<std::uint32_t>(std::countr_zero(mask)));
}

constexpr ControlMask bit(std::size_t row) { return ControlMask{1} << row; }

// Two parts of 63 bits fit 64 without a sign.
bool is_above(Money a, Money b, Money most) {
  return static_cast<std::uint64_t>(a.minor) + static_cast<std::uint64_t>(b.minor) >
         static_cast<std::uint64_t>(most.minor);
}

void keep_lower(Decision& decision, Decision other) {
  if (decision == Decision::approved || other < decision) decision = other;
}

// Which controls name a list of their field.
std::map<std::uint16_t, ControlMask> rows_by_list(const std::vector<AddControl>& controls,
                                                  std::uint16_t AddControl::*list) {
  std::map<std::uint16_t, ControlMask> rows;
  for (std::size_t row = 0; row < controls.size(); ++row) {
    if (controls[row].*list != 0) rows[controls[row].*list] |= bit(row);
  }
  return rows;
}

ControlMask rows_of(const std::map<std::uint16_t, ControlMask>& rows, std::uint16_t list) {
  const auto it = rows.find(list);
  return it == rows.end() ? 0 : it->second;
}

// The controls that name no list of the field: it does not rule them out.
ControlMask without_list(const std::map<std::uint16_t, ControlMask>& rows) {
  ControlMask with = 0;
  for (const auto& [list, mask] : rows) with |= mask;
  return ~with;
}

template <std::size_t N>
void compile_field(const std::vector<AddControl>& controls, std::uint16_t AddControl::*allowed,
                   std::array<ControlMask, N>& table) {
  for (std::size_t row = 0; row < controls.size(); ++row) {
    const std::uint16_t bits = controls[row].*allowed;
    for (std::size_t value = 0; value < N; ++value) {
      if (bits == 0 || (bits >> value & 1) == 1) table[value] |= bit(row);
    }
  }
}

}  // namespace

ControlSet::ControlSet(const RuleSet& rules)
    : controls_(rules.controls), origins_(controls_.size()) {
  zones_.try_emplace(0);
  for (const AddZoneOffset& row : rules.zone_offsets) {
    zones_[row.zone].add(row.from_s, row.offset_s);
  }
  for (std::size_t row = 0; row < controls_.size(); ++row) {
    const AddControl& control = controls_[row];
    clocks_.emplace_back(WindowShape::of(control), zones_.at(control.zone));
    if (control.merchant_list != 0) with_merchant_list_ |= bit(row);
    switch (control.effect) {
      case ControlEffect::deny: deny_ |= bit(row); break;
      case ControlEffect::allow_only: allow_only_ |= bit(row); break;
      case ControlEffect::cap_transaction: caps_ |= bit(row); break;
      case ControlEffect::cap_window: windows_ |= bit(row); break;
    }
  }
  compile_field(controls_, &AddControl::channels, by_channel_);
  compile_field(controls_, &AddControl::types, by_type_);
  compile_mcc_lists(rules);
  compile_country_lists(rules);
  compile_merchant_lists(rules);
}

void ControlSet::compile_mcc_lists(const RuleSet& rules) {
  const auto rows = rows_by_list(controls_, &AddControl::mcc_list);
  by_mcc_.fill(without_list(rows));
  // By list, how many ranges begin less how many ended: work by ranges, not by codes in them.
  std::map<std::uint16_t, std::array<std::int32_t, 10'001>> changes;
  for (const AddListItem& item : rules.list_items) {
    if (item.kind != ListKind::mcc || rows_of(rows, item.list) == 0) continue;
    auto& of_list = changes[item.list];
    ++of_list[item.mcc_first.code];
    --of_list[item.mcc_last.code + 1U];
  }
  for (const auto& [list, of_list] : changes) {
    const ControlMask mask = rows_of(rows, list);
    std::int32_t ranges = 0;
    for (std::size_t code = 0; code < by_mcc_.size(); ++code) {
      ranges += of_list[code];
      if (ranges > 0) by_mcc_[code] |= mask;
    }
  }
}

void ControlSet::compile_country_lists(const RuleSet& rules) {
  const auto rows = rows_by_list(controls_, &AddControl::country_list);
  by_country_.fill(without_list(rows));
  for (const AddListItem& item : rules.list_items) {
    if (item.kind != ListKind::country) continue;
    by_country_[item.country.numeric] |= rows_of(rows, item.list);
  }
}

void ControlSet::compile_merchant_lists(const RuleSet& rules) {
  const auto rows = rows_by_list(controls_, &AddControl::merchant_list);
  for (const AddListItem& item : rules.list_items) {
    if (item.kind != ListKind::merchant) continue;
    if (const ControlMask mask = rows_of(rows, item.list); mask != 0) {
      by_merchant_[item.merchant] |= mask;
    }
  }
}

ControlMask ControlSet::matching(const Payment& payment) const {
  ControlMask mask = by_mcc_[payment.mcc.code] & by_country_[payment.country.numeric] &
                     by_channel_[static_cast<std::size_t>(payment.channel)] &
                     by_type_[static_cast<std::size_t>(payment.type)];
  if ((mask & with_merchant_list_) != 0) {
    const auto it = by_merchant_.find(payment.merchant);
    const ControlMask listed = it == by_merchant_.end() ? 0 : it->second;
    mask &= ~with_merchant_list_ | listed;
  }
  return mask;
}

void ControlSet::judge(const Payment& payment, const CounterOwners& owners,
                       const CounterTable& counters, TimestampNs now, Judgement& result) const {
  const ControlMask matches = matching(payment);
  result.counts = payment.counts;
  const ControlMask refused = (matches & deny_) | (~matches & allow_only_);
  if ((refused & with_merchant_list_) != 0) {
    result.decision = Decision::merchant_denied;
  } else if (refused != 0) {
    result.decision = Decision::denied_by_control;
  }
  for_each_row(matches & caps_, [&](std::uint32_t row) {
    if (is_above(payment.approved_before, payment.amount, controls_[row].amount_max)) {
      keep_lower(result.decision, Decision::over_amount_limit);
    }
  });
  // A verification spends nothing.
  if (payment.amount.minor > 0) {
    judge_windows(matches & windows_, payment, owners, counters, now, result);
  }
}

void ControlSet::judge_windows(ControlMask mask, const Payment& payment,
                               const CounterOwners& owners, const CounterTable& counters,
                               TimestampNs now, Judgement& result) const {
  // In passes, so that the waits for memory of all counters overlap.
  std::array<CounterKey, limits::controls_max> keys;
  std::size_t count = 0;
  for_each_row(mask, [&](std::uint32_t row) {
    keys[count] = key_of(name_of(row, owners));
    result.hits[count].control = row;
    counters.prefetch(keys[count++]);
  });
  result.hit_count = static_cast<std::uint32_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    WindowHit& hit = result.hits[i];
    hit.counter = counters.find(keys[i]);
    if (hit.counter != kNoSlot) {
      counters.prefetch(hit.counter);
    } else {
      ++result.counters_missing;
    }
  }
  const Seconds now_s = seconds_of(now);
  for (std::size_t i = 0; i < count; ++i) {
    WindowHit& hit = result.hits[i];
    const AddControl& control = controls_[hit.control];
    const WindowClock& clock = clocks_[hit.control];
    hit.window = clock.number_at(now_s);
    const CounterTable::Usage usage = counters.usage(hit.counter, clock.shape(), hit.window);
    hit.used_minor = usage.used.minor;
    if (control.amount_max.minor != INT64_MAX &&
        is_above(usage.used, payment.amount, control.amount_max)) {
      keep_lower(result.decision, Decision::over_amount_limit);
    }
    if (payment.counts && control.count_max != UINT32_MAX && usage.count >= control.count_max) {
      keep_lower(result.decision, Decision::over_count_limit);
    }
  }
}

std::vector<LimitView> tell_limits(const ControlSet& controls, const CounterOwners& owners,
                                   const CounterTable& counters, TimestampNs now) {
  std::vector<LimitView> limits;
  const Seconds now_s = seconds_of(now);
  for_each_row(controls.windows(), [&](std::uint32_t row) {
    const AddControl& control = controls.control(row);
    const WindowClock& clock = controls.clock(row);
    const SlotNumber counter = counters.find(key_of(controls.name_of(row, owners)));
    const CounterTable::Usage usage =
        counters.usage(counter, clock.shape(), clock.number_at(now_s));
    const auto start_s = static_cast<std::uint64_t>(clock.start_of_window_at(now_s));
    limits.push_back({.control = control.control,
                      .scope = control.scope,
                      .window = control.window,
                      .amount_max = control.amount_max,
                      .amount_used = usage.used,
                      .count_max = control.count_max,
                      .count_used = static_cast<std::uint32_t>(
                          std::min<std::uint64_t>(usage.count, UINT32_MAX)),
                      .window_start = {start_s * kNsPerSecond}});
  });
  return limits;
}

}  // namespace holdfast
