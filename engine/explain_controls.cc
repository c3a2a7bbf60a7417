// What each control says to a payment, with the numbers of its window before and after.
#include <algorithm>

#include "engine/calendar.h"
#include "engine/explainer.h"
#include "engine/limits.h"

namespace holdfast {
namespace {

/// When the next window begins: the first second with another number. A window's number only rises,
/// and no calendar window is longer than a year and a day.
TimestampNs end_of_window(const WindowClock& clock, TimestampNs now) {
  const WindowShape& shape = clock.shape();
  if (shape.kind == WindowKind::lifetime || shape.is_rolling()) return {};
  const Seconds start = seconds_of(now);
  const std::int64_t number = clock.number_at(start);
  constexpr Seconds kDay_s = static_cast<Seconds>(kSecondsPerDay);
  Seconds in = start;
  while (clock.number_at(in + kDay_s) == number) in += kDay_s;
  Seconds out = in + kDay_s;
  while (out - in > 1) {
    const Seconds middle = in + (out - in) / 2;
    (clock.number_at(middle) == number ? in : out) = middle;
  }
  return {static_cast<std::uint64_t>(out) * kNsPerSecond};
}

bool caps_amount(const AddControl& control) {
  return control.effect == ControlEffect::cap_transaction ||
         (control.effect == ControlEffect::cap_window && control.amount_max.minor != INT64_MAX);
}

bool caps_count(const AddControl& control) {
  return control.effect == ControlEffect::cap_window && control.count_max != UINT32_MAX;
}

}  // namespace

void Explainer::judge_controls(SlotNumber card_number, const Payment& payment, bool overruled) {
  const ProgramRules& program = t_.program_rules[t_.cards[card_number].program];
  const ControlSet* set = program.controls;
  counts_ = payment.counts;
  if (set != nullptr) {
    const ControlMask matching = set->matching(payment);
    const std::size_t rows = program.rule_set->controls.size();
    const CounterOwners owners = decider_.counter_owners(card_number);
    for (std::size_t row = 0; row < rows; ++row) {
      judge_control(*set, row, (matching >> row & 1) == 1, payment, owners);
    }
  }
  const auto settle = [&](CheckName name, Decision decision, auto&& concerns, auto&& fails) {
    if (std::ranges::none_of(e_.controls, concerns)) {
      skip(name);
      return;
    }
    const bool failed = std::ranges::any_of(e_.controls, fails);
    if (overruled) {
      check_overruled(name, failed ? decision : Decision::approved);
    } else {
      check(name, !failed, decision);
    }
  };
  const auto filters = [](bool by_merchants) {
    return [by_merchants](const ControlFacts& f) {
      return (f.control.effect == ControlEffect::deny ||
              f.control.effect == ControlEffect::allow_only) &&
             (f.control.merchant_list != 0) == by_merchants;
    };
  };
  const auto failed_with = [](Decision decision) {
    return [decision](const ControlFacts& f) { return f.fails && f.decision == decision; };
  };
  settle(CheckName::merchant_controls, Decision::merchant_denied, filters(true),
         failed_with(Decision::merchant_denied));
  settle(CheckName::deny_controls, Decision::denied_by_control, filters(false),
         failed_with(Decision::denied_by_control));
  // Caps cannot be judged without the amount; a verification has one, of nothing.
  if (!e_.judged) return;
  settle(
      CheckName::amount_caps, Decision::over_amount_limit,
      [](const ControlFacts& f) { return f.matches && caps_amount(f.control); },
      [](const ControlFacts& f) { return f.over_amount; });
  settle(
      CheckName::count_caps, Decision::over_count_limit,
      [this](const ControlFacts& f) { return f.matches && counts_ && caps_count(f.control); },
      [](const ControlFacts& f) { return f.over_count; });
}

void Explainer::judge_control(const ControlSet& set, std::size_t row, bool matches,
                              const Payment& payment, const CounterOwners& owners) {
  ControlFacts facts{.control = set.control(row), .matches = matches};
  const AddControl& control = facts.control;
  const bool denies = control.effect == ControlEffect::deny && matches;
  if (denies || (control.effect == ControlEffect::allow_only && !matches)) {
    facts.fails = true;
    facts.decision = control.merchant_list != 0 ? Decision::merchant_denied
                                                : Decision::denied_by_control;
  }
  Wide held_against = 0;  // the cap by amount
  bool judged = matches && e_.judged.has_value();
  if (control.effect == ControlEffect::cap_transaction) {
    held_against = Wide{payment.approved_before.minor} + payment.amount.minor;
    facts.amount.minor = static_cast<std::int64_t>(std::min<Wide>(held_against, INT64_MAX));
  } else if (control.effect == ControlEffect::cap_window) {
    tell_window(set, row, payment, owners, facts);
    held_against = Wide{facts.used_before.minor} + payment.amount.minor;
    judged = judged && payment.amount.minor > 0;  // a verification spends nothing
  }
  facts.over_amount = judged && caps_amount(control) && held_against > control.amount_max.minor;
  facts.over_count = judged && caps_count(control) && payment.counts &&
                     facts.count_before >= control.count_max;
  if (facts.over_amount || facts.over_count) {
    facts.fails = true;
    facts.decision =
        facts.over_amount ? Decision::over_amount_limit : Decision::over_count_limit;
  }
  e_.controls.push_back(facts);
}

void Explainer::tell_window(const ControlSet& set, std::size_t row, const Payment& payment,
                            const CounterOwners& owners, ControlFacts& facts) {
  const WindowClock& clock = set.clock(row);
  const Seconds now_s = seconds_of(now());
  const SlotNumber counter = t_.counters.find(key_of(set.name_of(row, owners)));
  const CounterTable::Usage usage =
      t_.counters.usage(counter, clock.shape(), clock.number_at(now_s));
  facts.amount = payment.amount;
  facts.used_before = facts.used_after = usage.used;
  facts.count_before = facts.count_after = usage.count;
  facts.window_start = {static_cast<std::uint64_t>(clock.start_of_window_at(now_s)) *
                        kNsPerSecond};
  facts.window_end = end_of_window(clock, now());
  if (facts.matches && payment.amount.minor > 0) {
    ++counters_hit_;
    if (counter == kNoSlot) ++counters_missing_;
  }
}

void Explainer::counting(Money amount) {
  if (counters_hit_ == 0) {
    skip(CheckName::counter_range);
    skip(CheckName::counter_capacity);
    return;
  }
  const bool fits = std::ranges::none_of(e_.controls, [&](const ControlFacts& facts) {
    return facts.matches && facts.control.effect == ControlEffect::cap_window &&
           !checked_add(facts.used_before, amount);
  });
  check(CheckName::counter_range, fits, Decision::balance_overflow);
  check_capacity(CheckName::counter_capacity, t_.counters.size(), limits::counters_max,
                 counters_missing_);
  if (t_.charges.size() + counters_hit_ > limits::table_slots_max) {
    check(CheckName::counter_capacity, Decision::at_capacity);
  }
}

// The command is approved for `e_.done`.
void Explainer::count_done() {
  if (counters_hit_ == 0) return;
  for (ControlFacts& facts : e_.controls) {
    if (!facts.matches || facts.control.effect != ControlEffect::cap_window) continue;
    facts.used_after.minor += e_.done.minor;
    facts.count_after += counts_ ? 1 : 0;
  }
}

}  // namespace holdfast
