#include "tools/cli/policy_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <span>

#include "engine/decision.h"
#include "engine/limits.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

std::string step_text(const Command& command) {
  switch (command.kind) {
    case CommandKind::begin_rule_set:
      return "the beginning of the version";
    case CommandKind::add_category:
      return fmt::format("the category {}", mcc_range_text(command.add_category.mcc_first,
                                                           command.add_category.mcc_last));
    case CommandKind::add_control:
      return fmt::format("the control {}", command.add_control.control);
    case CommandKind::add_list_item:
      return "an entry of a list";
    case CommandKind::add_zone_offset:
      return "a change of a time zone";
    case CommandKind::shadow_rule_set:
      return "the start as a shadow";
    default:
      return "the activation";
  }
}

std::string row_advice(Decision decision, std::uint32_t version) {
  switch (decision) {
    case Decision::request_id_reused:
      return fmt::format("Version {} was put with other content. Give the document a higher "
                         "version; holdfast program diff shows what is other.",
                         version);
    case Decision::already_exists:
      return "A version as high as this was begun before. Give the document a higher version.";
    case Decision::unknown_program:
      return "Make the program first: holdfast program put PROGRAM --hold-period 7d.";
    default:
      return "The active version is as it was: see holdfast program show.";
  }
}

Failure decline(Gateway& gateway, const Command& command, const Outcome& outcome,
                std::uint32_t version) {
  const auto info = decision_info(outcome.decision);
  const bool last_step = command.kind == CommandKind::activate_rule_set ||
                         command.kind == CommandKind::shadow_rule_set;
  return {.code = ExitCode::declined,
          .kind = std::string(decision_name(outcome.decision)),
          .message = fmt::format("{} was declined (DE39 {}): {}", step_text(command),
                                 decision_de39(outcome.decision),
                                 info ? info->text : "a decision that this program does not know"),
          .advice = last_step ? version_advice(gateway, command, outcome)
                              : row_advice(outcome.decision, version),
          .request_id = {}};
}

/// Sends all in turn; throws at the first that is not approved. Returns the last outcome.
Outcome send(Gateway& gateway, std::span<const Command> commands, std::uint32_t version) {
  Outcome last;
  const Command* declined = nullptr;
  try {
    gateway.execute_all(commands, [&](const Command& command, const Outcome& outcome) {
      last = outcome;
      if (!is_approval(outcome.decision)) declined = &command;
      return declined == nullptr;
    });
  } catch (Failure& failure) {
    if (failure.code == ExitCode::unavailable) {
      failure.advice = "Run the same command again: it completes what is missing and does nothing "
                       "twice.";
    }
    throw;
  }
  if (declined != nullptr) throw decline(gateway, *declined, last, version);
  return last;
}

/// Asked after the refusal: what is told is how things stand by now.
std::string why_not_started(const RuleSetView& view) {
  switch (view.state) {
    case RuleSetState::begun:
      return fmt::format("Version {} is not whole: put its document again.", view.version);
    case RuleSetState::shadow:
      return fmt::format("Version {} runs as a shadow already: see holdfast program shadow-report "
                         "{}.",
                         view.version, view.program.value);
    case RuleSetState::active:
      return fmt::format("Version {} is the active one, and no shadow of itself.", view.version);
    case RuleSetState::complete:
    case RuleSetState::former:
      break;
  }
  return "It may be started now: run the command again.";
}

}  // namespace

RuleSet read_policy(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char part[4096];
  while (file.read(part, sizeof part) || file.gcount() > 0) {
    text.append(part, static_cast<std::size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    throw Failure{.code = ExitCode::no_input,
                  .kind = "file",
                  .message = fmt::format("{} cannot be read: {}", path, std::strerror(errno)),
                  .advice = "Nothing was sent.",
                  .request_id = {}};
  }
  auto rules = parse_rule_set(text);
  if (!rules) {
    fail_usage(fmt::format("{}: {}", path, rules.error()), "Nothing was sent. Correct the file.");
  }
  return std::move(*rules);
}

void add_counts(Report& report, const RuleSet& rules) {
  const auto add = [&](const char* key, const char* label, std::size_t count) {
    report.add(key, std::uint64_t{count}, count == 0 ? "" : label, count_text(count));
  };
  const auto number = std::to_string(rules.categories.size());
  report.add("categories", std::uint64_t{rules.categories.size()}, "categories", number);
  add("controls", "controls", rules.controls.size());
  add("list_items", "list items", rules.list_items.size());
  add("zone_offsets", "zone offsets", rules.zone_offsets.size());
}

Outcome send_policy(Gateway& gateway, const RuleSet& rules, ProgramId program, bool as_shadow) {
  const std::vector<Command> commands = rule_set_commands(
      rules, program, as_shadow ? RuleSetUse::run_as_shadow : RuleSetUse::activate);
  // Each part waits for the one before: rows of a version that was refused would be remembered as
  // declined, and the version takes effect only when all of it is there.
  const std::span<const Command> all(commands);
  static_cast<void>(send(gateway, all.first(1), rules.version));
  static_cast<void>(send(gateway, all.subspan(1, all.size() - 2), rules.version));
  return send(gateway, all.last(1), rules.version);
}

std::string version_advice(Gateway& gateway, const Command& command, const Outcome& outcome) {
  const bool shadow = command.kind == CommandKind::shadow_rule_set;
  const std::uint32_t program = shadow ? command.shadow_rule_set.program.value
                                       : command.activate_rule_set.program.value;
  const std::uint32_t version =
      shadow ? command.shadow_rule_set.version : command.activate_rule_set.version;
  switch (outcome.decision) {
    case Decision::malformed:
      return "Versions are numbers above 0.";
    case Decision::unknown_program:
      return fmt::format("There is no program {}; holdfast program put makes one.", program);
    case Decision::no_original:
      return fmt::format("Program {} has no version {}; holdfast program put {} FILE puts one.",
                         program, version, program);
    case Decision::not_allowed_in_state:
      if (!shadow) return fmt::format("Version {} is not whole: put its document again.", version);
      if (command.shadow_rule_set.run == 0) {
        return fmt::format("Version {} does not run as a shadow: see holdfast program show {}.",
                           version, program);
      }
      return why_not_started(gateway.show_rule_set(ProgramId{program}, version));
    case Decision::at_capacity:
      if (!shadow) return "The tables of the server are full: see holdfast status.";
      return fmt::format("A program runs at most {} shadows, and starts {} in its life: stop one "
                         "with holdfast program shadow stop.",
                         limits::shadows_max, count_text(limits::shadow_runs_max));
    default:
      return "The active version is as it was: see holdfast program show.";
  }
}

}  // namespace holdfast::tools
