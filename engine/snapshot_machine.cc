// Snapshots of a state machine: the plan, what the `state` stream begins with, and the life of the
// capture that the tables tell of changes.
#include <algorithm>
#include <bit>

#include "engine/check.h"
#include "engine/command_pages.h"
#include "engine/snapshot_state.h"
#include "engine/tables.h"

namespace holdfast {
namespace {

// The most windows that a payment of one program counts in.
// The tables' type is private to the state machine, hence deduced.
template <class Tables>
std::size_t windows_in_force(const Tables& t) {
  const auto count = [](const ControlSet* controls) -> std::size_t {
    return controls == nullptr ? 0 : static_cast<std::size_t>(std::popcount(controls->windows()));
  };
  std::size_t most = 0;
  for (const ProgramRules& rules : t.program_rules) {
    std::size_t windows = count(rules.controls);
    if (rules.shadows != nullptr) {
      for (const auto& run : rules.shadows->runs()) windows += count(run->rules->compiled.get());
    }
    most = std::max(most, windows);
  }
  return most;
}

template <class Tables>
SnapshotPlan plan_of(Tables& t, const StateWriter& state) {
  SnapshotPlan plan{.position = t.position,
                    .time = t.time,
                    .tables = {},
                    .pages_per_command = command_pages(windows_in_force(t))};
  plan.tables.push_back({.table = SnapshotTable::state,
                         .slot_bytes = 1,
                         .slots = state.bytes(),
                         .pages = state.pages()});
  for_each_table(t, [&plan](SnapshotTable name, const auto& table) {
    plan.tables.push_back({.table = name,
                           .slot_bytes = sizeof table[0],
                           .slots = table.size(),
                           .pages = table.pages_of(table.size())});
  });
  return plan;
}

void append_shadows(std::vector<std::byte>& out, SlotNumber program,
                    const ProgramShadows& shadows) {
  append_bytes(out, ProgramShadowsEntry{
                        .program = program,
                        .started = shadows.started(),
                        .runs = static_cast<std::uint32_t>(shadows.runs().size()),
                        .windows = static_cast<std::uint32_t>(shadows.window_origins().size())});
  for (const auto& run : shadows.runs()) {
    append_bytes(out, ShadowRunEntry{.version = run->rules->version,
                                     .origin = run->origin,
                                     .tallies = static_cast<std::uint16_t>(run->tallies.size()),
                                     .started_at = run->started_at,
                                     .judged = run->judged,
                                     .first_divergence = run->first_divergence});
    for (const ShadowTally& tally : run->tallies) {
      append_bytes(out, ShadowTallyEntry{.active = tally.active,
                                         .shadow = tally.shadow,
                                         .count = tally.count,
                                         .amount = tally.amount});
    }
  }
  for (const auto& [window, last] : shadows.window_origins()) {
    append_bytes(out, WindowOriginEntry{.control = window.first,
                                        .scope = window.second,
                                        .origin = last.origin,
                                        .shape = last.shape});
  }
}

template <class Tables>
std::vector<std::byte> opening_of(const Tables& t) {
  const HoldTable::Ends holds = t.holds.ends();
  const RequestMemory::Ends requests = t.requests.ends();
  const CounterTable::Ends counters = t.counters.ends();
  std::vector<std::byte> out;
  append_bytes(out,
               StateHeader{.position = t.position,
                           .time = t.time,
                           .config = t.config,
                           .last_authorization = holds.last_id,
                           .charges = t.charges.size(),
                           .counters_to_look_at = counters.to_look_at,
                           .oldest_ended = holds.oldest_ended,
                           .youngest_ended = holds.youngest_ended,
                           .oldest_request = requests.oldest,
                           .youngest_request = requests.youngest,
                           .free_counter = counters.free,
                           .next_look = counters.next_look,
                           .free_ring = counters.free_ring,
                           .programs_with_shadows = static_cast<std::uint32_t>(t.shadows.size())});
  for (const auto& [program, shadows] : t.shadows) append_shadows(out, program, shadows);
  return out;
}

template <class Tables>
void stop_telling(Tables& t) {
  for_each_table(t, [](SnapshotTable, auto& table) { table.set_capture(nullptr); });
  t.rule_sets.end_capture();
}

}  // namespace

std::expected<void, SnapshotDelay> StateMachine::begin_snapshot(SnapshotSink& sink) {
  Tables& t = *tables_;
  if (t.capture != nullptr) return std::unexpected(SnapshotDelay::under_way);
  StateWriter state(opening_of(t), t.rule_sets);
  const SnapshotPlan plan = plan_of(t, state);
  if (auto begun = sink.begin(plan); !begun) return begun;
  t.capture = std::make_unique<SnapshotCapture>(sink, plan, std::move(state));
  for_each_table(t, [&t](SnapshotTable name, auto& table) {
    table.set_capture(&t.capture->add(name, table.image()));
  });
  t.rule_sets.begin_capture();
  return {};
}

SnapshotProgress StateMachine::copy_for_snapshot(std::size_t pages_max) {
  Tables& t = *tables_;
  if (t.capture == nullptr) return {};
  const bool was_copying = t.capture->is_copying();
  t.capture->step(pages_max);
  if (was_copying && !t.capture->is_copying()) stop_telling(t);
  const SnapshotProgress progress = t.capture->progress();
  if (progress.phase == SnapshotPhase::none) t.capture.reset();
  return progress;
}

SnapshotProgress StateMachine::snapshot_progress() const {
  const Tables& t = *tables_;
  return t.capture == nullptr ? SnapshotProgress{} : t.capture->progress();
}

std::uint64_t StateMachine::snapshot_pages_ahead() const {
  const Tables& t = *tables_;
  return t.capture == nullptr ? 0 : t.capture->pages_ahead();
}

bool StateMachine::snapshot_has_room() {
  Tables& t = *tables_;
  return t.capture == nullptr || t.capture->has_room();
}

void StateMachine::finish_snapshot() {
  Tables& t = *tables_;
  HOLDFAST_CHECK(t.capture != nullptr, "only a snapshot under way can count");
  t.capture->finish();
  t.capture.reset();
}

void StateMachine::abandon_snapshot(std::string_view why) {
  Tables& t = *tables_;
  if (t.capture == nullptr) return;
  t.capture->abandon(why);
  stop_telling(t);
  t.capture.reset();
}

}  // namespace holdfast
