#include "engine/shadows.h"

#include <algorithm>
#include <bit>

#include "engine/check.h"
#include "engine/limits.h"

namespace holdfast {
namespace {

/// The answers that a policy can give: four approvals, a cashback that no rate can express, and the
/// declines from the controls to the overflow.
constexpr std::size_t kAnswers = 4 + 1 + 7;

template <class Visit>
void for_each_window(const ControlSet* controls, Visit visit) {
  if (controls == nullptr) return;
  for (ControlMask rows = controls->windows(); rows != 0; rows &= rows - 1) {
    visit(static_cast<std::size_t>(std::countr_zero(rows)));
  }
}

}  // namespace

ShadowRun::ShadowRun(RuleSet& rule_set, std::uint16_t run_origin, TimestampNs now)
    : rules(&rule_set), origin(run_origin), started_at(now) {
  tallies.reserve(kAnswers * kAnswers);  // nothing is allocated while payments are decided
}

ShadowTally& ShadowRun::tally_of(Decision active, Decision shadow) {
  const auto place = std::ranges::lower_bound(
      tallies, std::pair{active, shadow}, {},
      [](const ShadowTally& tally) { return std::pair{tally.active, tally.shadow}; });
  if (place != tallies.end() && place->active == active && place->shadow == shadow) return *place;
  HOLDFAST_CHECK(tallies.size() < tallies.capacity(), "every pair of answers has its place");
  return *tallies.insert(place, {.active = active, .shadow = shadow, .count = 0, .amount = {}});
}

bool ShadowRun::restore_tally(const ShadowTally& tally) {
  const auto pair_of = [](const ShadowTally& t) { return std::pair{t.active, t.shadow}; };
  if (tallies.size() == tallies.capacity()) return false;
  if (!tallies.empty() && pair_of(tallies.back()) >= pair_of(tally)) return false;
  tallies.push_back(tally);
  return true;
}

void ShadowRun::compare(const Verdict& active, Money asked, LogPosition position) {
  ++judged;
  const bool differs = active.decision != verdict.decision || active.amount != verdict.amount;
  if (differs && first_divergence.is_zero()) first_divergence = position;
  ShadowTally& tally = tally_of(active.decision, verdict.decision);
  ++tally.count;
  tally.amount = checked_add(tally.amount, asked).value_or(Money{INT64_MAX});
}

ProgramShadows::Runs::const_iterator ProgramShadows::find(std::uint32_t version) const {
  return std::ranges::find(runs_, version, [](const auto& run) { return run->rules->version; });
}

bool ProgramShadows::is_running(std::uint32_t version) const {
  return find(version) != runs_.end();
}

bool ProgramShadows::has_room() const {
  return runs_.size() < limits::shadows_max && started_ < limits::shadow_runs_max;
}

void ProgramShadows::start(RuleSet& rules, TimestampNs now) {
  restore_run(rules, static_cast<std::uint16_t>(++started_), now);
}

ShadowRun& ProgramShadows::restore_run(RuleSet& rules, std::uint16_t origin,
                                       TimestampNs started_at) {
  rules.compile();
  for_each_window(rules.compiled.get(),
                  [&](std::size_t row) { rules.compiled->set_origin(row, origin); });
  const auto next = std::ranges::upper_bound(
      runs_, rules.version, {}, [](const auto& run) { return run->rules->version; });
  return **runs_.insert(next, std::make_unique<ShadowRun>(rules, origin, started_at));
}

bool ProgramShadows::restore_window(std::uint16_t control, ControlScope scope,
                                    const WindowOrigin& last) {
  return window_origins_.try_emplace({control, scope}, last).second;
}

bool ProgramShadows::restore_active(RuleSet& rules) const {
  bool are_all_known = true;
  for_each_window(rules.compiled.get(), [&](std::size_t row) {
    const AddControl& control = rules.compiled->control(row);
    const auto known = window_origins_.find({control.control, control.scope});
    are_all_known = are_all_known && known != window_origins_.end() &&
                    known->second.shape == WindowShape::of(control);
    if (are_all_known) rules.compiled->set_origin(row, known->second.origin);
  });
  return are_all_known;
}

void ProgramShadows::stop(std::uint32_t version) {
  const auto run = find(version);
  (*run)->rules->compiled.reset();
  runs_.erase(run);
}

void ProgramShadows::activate(RuleSet& rules) {
  std::uint16_t origin_of_run = 0;
  if (const auto run = find(rules.version); run != runs_.end()) {
    origin_of_run = (*run)->origin;
    runs_.erase(run);
  }
  for_each_window(rules.compiled.get(), [&](std::size_t row) {
    const AddControl& control = rules.compiled->control(row);
    const WindowShape shape = WindowShape::of(control);
    const auto [known, is_new] = window_origins_.try_emplace(
        {control.control, control.scope}, WindowOrigin{shape, origin_of_run});
    WindowOrigin& last = known->second;
    if (last.shape != shape) last = {shape, origin_of_run};
    rules.compiled->set_origin(row, last.origin);
  });
}

bool ProgramShadows::is_dead(const CounterName& name) const {
  if (name.origin == 0) return false;
  if (std::ranges::any_of(runs_, [&](const auto& run) { return run->origin == name.origin; })) {
    return false;
  }
  const auto window = window_origins_.find({name.control, name.scope});
  return window == window_origins_.end() || window->second.origin != name.origin;
}

}  // namespace holdfast
