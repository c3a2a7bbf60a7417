// Random versions of rule sets: begun, filled with categories, run as shadows, activated, promoted.
// Rule sets with controls, written row by row, are in rule_set_commands.cc.
#include <algorithm>
#include <iterator>
#include <limits>

#include "tests/model/random_commands.h"

namespace holdfast::model {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

Command RandomCommands::begin_rule_set() {
  Command command = make(CommandKind::begin_rule_set);
  BeginRuleSet& c = command.begin_rule_set;
  c.program = program_with_rules();
  c.version = rule_sets_[c.program].version + static_cast<std::uint32_t>(random_.between(1, 2));
  if (random_.per_mille(80)) c.version -= 2;
  c.categories = static_cast<std::uint32_t>(random_.below(4));
  if (odd()) c.categories = random_.per_mille(500) ? 255 : 256;
  if (!odd()) return command;
  switch (random_.below(4)) {  // never begun with so many rows, and no row of them comes
    case 0: c.controls = static_cast<std::uint32_t>(random_.between(64, 65)); break;
    case 1: c.list_items = static_cast<std::uint32_t>(random_.between(100'000, 100'001)); break;
    case 2: c.zone_offsets = static_cast<std::uint32_t>(random_.between(10'000, 10'001)); break;
    default: c.controls = 0xFFFF'FFFF; break;
  }
  return command;
}

Command RandomCommands::add_category() {
  ProgramId program = program_with_rules();
  for (int tries = 0; tries < 4 && rule_sets_[program].added == rule_sets_[program].announced;
       ++tries) {
    program = program_with_rules();
  }
  std::uint32_t version = rule_sets_[program].version;
  if (random_.per_mille(60)) version -= static_cast<std::uint32_t>(random_.between(-1, 1));
  Command command = make(CommandKind::add_category);
  command.add_category = some_category(program, version);
  return command;
}

AddCategory RandomCommands::some_category(ProgramId program, std::uint32_t version) {
  static constexpr std::uint32_t kPeriods[] = {0, 0, 60, 3600, 30 * 86400, 366 * 86400};
  AddCategory c;
  c.program = program;
  c.version = version;
  const int width = random_.per_mille(100) ? 9'999 : random_.per_mille(300) ? 100 : 2;
  c.mcc_first = some_mcc();
  c.mcc_last = Mcc{static_cast<std::uint16_t>(
      std::min<std::int64_t>(9'999, c.mcc_first.code + random_.between(0, width)))};
  c.hold_period_s = kPeriods[random_.below(std::size(kPeriods))];
  c.hold_period_merchant_s = kPeriods[random_.below(std::size(kPeriods))];
  if (random_.per_mille(500)) c.tolerance_bp = static_cast<std::uint32_t>(random_.below(3'001));
  if (random_.per_mille(300)) c.tolerance = Money{random_.between(1, 500)};
  if (random_.per_mille(500)) c.estimate = Money{random_.between(1, 40'000)};
  if (random_.per_mille(shape_.huge_amounts)) c.tolerance = Money{kMax};
  if (random_.per_mille(shape_.huge_amounts)) c.estimate = Money{amount()};
  if (!odd()) return c;
  switch (random_.below(6)) {
    case 0: c.mcc_last = Mcc{10'000}; break;
    case 1: std::swap(c.mcc_first.code, c.mcc_last.code); break;
    case 2: c.hold_period_s = 366 * 86400 + 1; break;
    case 3: c.hold_period_merchant_s = 366 * 86400 + 1; break;
    case 4: c.tolerance_bp = random_.per_mille(500) ? 100'000 : 100'001; break;
    default: c.tolerance = c.estimate = Money{-1}; break;
  }
  return c;
}

ProgramId RandomCommands::program_with_rules() {
  return ProgramId{static_cast<std::uint32_t>(random_.below(shape_.programs + odd()))};
}

std::uint32_t RandomCommands::newest_version(ProgramId program) const {
  const auto known = rule_sets_.find(program);
  return known == rule_sets_.end() ? 0 : known->second.version;
}

// A program whose newest version has its categories, if there is one.
ProgramId RandomCommands::program_with_whole_rules() {
  ProgramId program = program_with_rules();
  for (int tries = 0; tries < 4 && rule_sets_[program].added != rule_sets_[program].announced;
       ++tries) {
    program = program_with_rules();
  }
  return program;
}

std::uint32_t RandomCommands::some_version(ProgramId program) {
  const std::uint32_t newest = rule_sets_[program].version;
  if (random_.per_mille(700)) return newest;
  return static_cast<std::uint32_t>(random_.below(std::uint64_t{newest} + 2));
}

// One that runs beside the active one; if there is none, any.
std::uint32_t RandomCommands::some_shadow(ProgramId program) {
  const std::set<std::uint32_t>& shadows = shadows_[program];
  if (shadows.empty()) return some_version(program);
  return *std::next(shadows.begin(), static_cast<std::ptrdiff_t>(random_.below(shadows.size())));
}

// Mostly the newest version; at times a promotion, an older one, or a version too many.
Command RandomCommands::activate_rule_set() {
  Command command = make(CommandKind::activate_rule_set);
  ActivateRuleSet& c = command.activate_rule_set;
  c.program = program_with_whole_rules();
  c.version = random_.per_mille(400) ? some_shadow(c.program) : some_version(c.program);
  return command;
}

Command RandomCommands::shadow_rule_set() {
  Command command = make(CommandKind::shadow_rule_set);
  ShadowRuleSet& c = command.shadow_rule_set;
  c.program = program_with_whole_rules();
  c.run = random_.per_mille(700) ? 1 : 0;
  const bool is_known = c.run == 0 && random_.per_mille(800);
  c.version = is_known ? some_shadow(c.program) : some_version(c.program);
  if (!odd()) return command;
  switch (random_.below(3)) {
    case 0: c.version = 0; break;
    case 1: c.run = 2; break;
    default: c.reserved[random_.below(std::size(c.reserved))] = 1; break;
  }
  return command;
}

void RandomCommands::learn_of_rules(const Command& command) {
  if (command.kind == CommandKind::begin_rule_set) {
    const BeginRuleSet& c = command.begin_rule_set;
    rule_sets_[c.program] = RuleSet{c.version, c.categories, 0};
  } else if (command.kind == CommandKind::add_category) {
    ++rule_sets_[command.add_category.program].added;
  } else if (command.kind == CommandKind::activate_rule_set) {
    const ActivateRuleSet& c = command.activate_rule_set;
    shadows_[c.program].erase(c.version);
  } else if (command.kind == CommandKind::shadow_rule_set) {
    const ShadowRuleSet& c = command.shadow_rule_set;
    if (c.run == 0) shadows_[c.program].erase(c.version);
    if (c.run == 1) shadows_[c.program].insert(c.version);
  }
}

}  // namespace holdfast::model
