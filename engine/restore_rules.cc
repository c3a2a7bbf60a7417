#include "engine/restore_rules.h"

#include <string>

#include "engine/limits.h"
#include "engine/validation.h"

namespace holdfast {
namespace {

Restored refuse_set(ProgramId program, std::uint32_t version, std::string_view what) {
  return std::unexpected("state: rule set " + std::to_string(version) + " of program " +
                         std::to_string(program.value) + ": " + std::string(what));
}

Restored refuse_program(ProgramId program, std::string_view what) {
  return std::unexpected("state: shadows of program " + std::to_string(program.value) + ": " +
                         std::string(what));
}

template <class Body>
bool is_valid(CommandKind kind, Body Command::*member, const Body& body) {
  Command command;
  command.kind = kind;
  command.*member = body;
  return validate(command) == Decision::approved;
}

}  // namespace

Restored StateReader::read_header(StateHeader& header) {
  if (!read(header)) return std::unexpected("state: shorter than its header");
  if (header.magic != kStateMagic) return std::unexpected("state: does not begin as one");
  const bool is_known =
      header.version >= kStateVersionOldest && header.version <= kStateVersion;
  if (!is_known || header.header_bytes != sizeof header) {
    return std::unexpected("state: written in version " + std::to_string(header.version) +
                           " of its format; this program reads versions " +
                           std::to_string(kStateVersionOldest) + " to " +
                           std::to_string(kStateVersion));
  }
  if (header.bytes != bytes_.size()) return std::unexpected("state: not as long as it says");
  return {};
}

Restored RulesRestorer::restore(const StateHeader& header) {
  if (Restored indexed = index_programs(); !indexed) return indexed;
  std::vector<Told> told;
  for (std::uint32_t i = 0; i < header.programs_with_shadows; ++i) {
    if (!read_shadows(told.emplace_back())) {
      return std::unexpected("state: ends within the shadows, or they are not possible");
    }
  }
  if (header.rule_sets > limits::rule_sets_max) return std::unexpected("state: too many rule sets");
  for (std::uint32_t i = 0; i < header.rule_sets; ++i) {
    if (Restored set = restore_rule_set(); !set) return set;
  }
  if (!reader_.is_at_end()) return std::unexpected("state: goes on behind its end");
  for (const Told& program : told) {
    if (Restored shadows = restore_shadows(program); !shadows) return shadows;
  }
  for (SlotNumber i = 0; i < programs_.size(); ++i) {
    if (Restored active = activate(i); !active) return active;
  }
  return {};
}

Restored RulesRestorer::index_programs() {
  if (programs_.size() == 0 || programs_.size() > limits::programs_max ||
      programs_[0].id != ProgramId{0}) {
    return std::unexpected("programs: the one that is there from the beginning is not the first");
  }
  const SlotNumber twice = program_index_.insert_all([](SlotNumber) { return true; });
  if (twice != kNoSlot) return refuse("programs", twice, "its id is there twice");
  program_rules_.resize(programs_.size());
  return {};
}

bool RulesRestorer::read_shadows(Told& told) {
  if (!reader_.read(told.entry)) return false;
  if (told.entry.program >= programs_.size() || told.entry.runs > limits::shadows_max ||
      told.entry.started > limits::shadow_runs_max) {
    return false;
  }
  for (std::uint32_t i = 0; i < told.entry.runs; ++i) {
    Run& run = told.runs.emplace_back();
    if (!reader_.read(run.entry)) return false;
    for (std::uint16_t j = 0; j < run.entry.tallies; ++j) {
      if (!reader_.read(run.tallies.emplace_back())) return false;
    }
  }
  for (std::uint32_t i = 0; i < told.entry.windows; ++i) {
    if (!reader_.read(told.windows.emplace_back())) return false;
  }
  return true;
}

Restored RulesRestorer::restore_rule_set() {
  RuleSetEntry entry;
  if (!reader_.read(entry)) return std::unexpected("state: ends before its last rule set");
  const BeginRuleSet& begin = entry.announced;
  if (!is_valid(CommandKind::begin_rule_set, &Command::begin_rule_set, begin) ||
      program_index_.find(begin.program) == kNoSlot ||
      begin.version <= rule_sets_.last_version(begin.program) || entry.was_activated > 1) {
    return refuse_set(begin.program, begin.version, "could not have been begun");
  }
  rule_sets_.begin(begin);
  RuleSet& set = *rule_sets_.find(begin.program, begin.version);
  const bool are_rows_good =
      restore_rows(CommandKind::add_category, &Command::add_category, entry.categories, set) &&
      restore_rows(CommandKind::add_control, &Command::add_control, entry.controls, set) &&
      restore_rows(CommandKind::add_list_item, &Command::add_list_item, entry.list_items, set) &&
      restore_rows(CommandKind::add_zone_offset, &Command::add_zone_offset, entry.zone_offsets,
                   set);
  if (!are_rows_good) return refuse_set(begin.program, begin.version, "a row is missing or wrong");
  if (entry.was_activated == 1) rule_sets_.set_activated(set);
  return {};
}

template <class Row>
bool RulesRestorer::restore_rows(CommandKind kind, Row Command::*member, std::uint32_t rows,
                                 RuleSet& set) {
  Row row;
  for (std::uint32_t i = 0; i < rows; ++i) {
    if (!reader_.read(row) || row.program != set.program || row.version != set.version ||
        !is_valid(kind, member, row) || !set.accepts(row)) {
      return false;
    }
    rule_sets_.add(set, row);
  }
  return true;
}

Restored RulesRestorer::restore_shadows(const Told& told) {
  const ProgramId program = programs_[told.entry.program].id;
  const auto [place, is_new] = shadows_.try_emplace(told.entry.program);
  if (!is_new) return refuse_program(program, "are there twice");
  ProgramShadows& shadows = place->second;
  shadows.restore_started(told.entry.started);
  for (const Run& run : told.runs) {
    if (Restored restored = restore_run(told, run, shadows); !restored) return restored;
  }
  for (const WindowOriginEntry& window : told.windows) {
    if (window.origin > told.entry.started || window.scope > ControlScope::card ||
        !shadows.restore_window(window.control, window.scope, {window.shape, window.origin})) {
      return refuse_program(program, "a window is there twice, or goes on with nothing");
    }
  }
  if (!shadows.runs().empty()) program_rules_[told.entry.program].shadows = &shadows;
  return {};
}

Restored RulesRestorer::restore_run(const Told& told, const Run& run, ProgramShadows& shadows) {
  const ProgramSlot& program = programs_[told.entry.program];
  RuleSet* rules = rule_sets_.find(program.id, run.entry.version);
  if (rules == nullptr || !rules->is_complete() ||
      run.entry.version == program.rule_set_version || run.entry.origin == 0 ||
      run.entry.origin > told.entry.started ||
      (!shadows.runs().empty() && shadows.runs().back()->rules->version >= run.entry.version)) {
    return refuse_program(program.id, "a run of version " + std::to_string(run.entry.version) +
                                          " is not possible");
  }
  ShadowRun& restored = shadows.restore_run(*rules, run.entry.origin, run.entry.started_at);
  restored.judged = run.entry.judged;
  restored.first_divergence = run.entry.first_divergence;
  for (const ShadowTallyEntry& tally : run.tallies) {
    if (!restored.restore_tally({tally.active, tally.shadow, tally.count, tally.amount})) {
      return refuse_program(program.id, "tallies are too many or not in order");
    }
  }
  return {};
}

Restored RulesRestorer::activate(SlotNumber program) {
  const ProgramSlot& slot = programs_[program];
  if (slot.rule_set_version == 0) return {};
  RuleSet* rules = rule_sets_.find(slot.id, slot.rule_set_version);
  const auto shadows = shadows_.find(program);
  if (rules == nullptr || !rules->is_complete() || !rules->was_activated ||
      shadows == shadows_.end()) {
    return refuse_set(slot.id, slot.rule_set_version, "cannot be the active one");
  }
  rules->compile();
  if (!shadows->second.restore_active(*rules)) {
    return refuse_set(slot.id, slot.rule_set_version, "a window's counters are not told");
  }
  program_rules_[program].rule_set = rules;
  program_rules_[program].controls = rules->compiled.get();
  return {};
}

}  // namespace holdfast
