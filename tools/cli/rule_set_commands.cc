// A rule set as the commands that put it in place.
#include "engine/limits.h"
#include "tools/cli/rule_set.h"

namespace holdfast::tools {
namespace {

constexpr unsigned kRowBits = 26;
constexpr std::uint32_t kBeginRow = 0;
constexpr std::uint32_t kActivateRow = (1U << kRowBits) - 1;
constexpr std::uint32_t kShadowRow = kActivateRow - 1;
static_assert(limits::categories_max + limits::controls_max + limits::list_items_max +
                  limits::zone_offsets_max <
              kShadowRow);

/// A version 8 (made by a rule) UUID, so that it is never one that a gateway draws at random:
/// 'HFRS', the row around the four bits that say 8, and below it program and version in full.
RequestId request_id_of(ProgramId program, std::uint32_t version, std::uint32_t row) {
  constexpr std::uint64_t kMark = 0x4846'5253;
  constexpr std::uint64_t kVersion8 = 0x8000;
  constexpr std::uint64_t kVariantRfc4122 = 0x8000'0000'0000'0000;
  constexpr unsigned kLowVersionBits = 30;
  constexpr unsigned kLowRowBits = 16;
  const std::uint64_t row_low = row & ((1U << kLowRowBits) - 1);
  const std::uint64_t row_high = row >> kLowRowBits;  // ten bits, above two of the version
  return {.low = kVariantRfc4122 | std::uint64_t{program.value} << kLowVersionBits |
                 (version & ((1U << kLowVersionBits) - 1)),
          .high = kMark << 32 | row_low << 16 | kVersion8 | row_high << 2 |
                  version >> kLowVersionBits};
}

}  // namespace

std::vector<Command> rule_set_commands(const RuleSet& rules, ProgramId program,
                                       RuleSetUse use) {
  std::vector<Command> commands;
  const auto next = [&](CommandKind kind, std::uint32_t row) -> Command& {
    Command& command = commands.emplace_back();
    command.kind = kind;
    command.request_id = request_id_of(program, rules.version, row);
    return command;
  };
  next(CommandKind::begin_rule_set, kBeginRow).begin_rule_set = {
      .program = program,
      .version = rules.version,
      .categories = static_cast<std::uint32_t>(rules.categories.size()),
      .controls = static_cast<std::uint32_t>(rules.controls.size()),
      .list_items = static_cast<std::uint32_t>(rules.list_items.size()),
      .zone_offsets = static_cast<std::uint32_t>(rules.zone_offsets.size())};
  std::uint32_t row = kBeginRow;
  const auto add_all = [&](CommandKind kind, auto Command::*body, const auto& rows) {
    for (const auto& each : rows) {
      auto& to = next(kind, ++row).*body;
      to = each;
      to.program = program;
      to.version = rules.version;
    }
  };
  add_all(CommandKind::add_category, &Command::add_category, rules.categories);
  add_all(CommandKind::add_list_item, &Command::add_list_item, rules.list_items);
  add_all(CommandKind::add_zone_offset, &Command::add_zone_offset, rules.zone_offsets);
  add_all(CommandKind::add_control, &Command::add_control, rules.controls);
  if (use == RuleSetUse::run_as_shadow) {
    next(CommandKind::shadow_rule_set, kShadowRow).shadow_rule_set = {
        .program = program, .version = rules.version, .run = 1};
    return commands;
  }
  next(CommandKind::activate_rule_set, kActivateRow).activate_rule_set = {
      .program = program, .version = rules.version};
  return commands;
}

}  // namespace holdfast::tools
