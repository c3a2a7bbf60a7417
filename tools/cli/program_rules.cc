// program rules check|put|activate: the policy of a program from one document.
#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "engine/decision.h"
#include "tools/cli/commands.h"
#include "tools/cli/payment_options.h"
#include "tools/cli/rule_set.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

struct RulesOptions {
  RequestId request_id;
  std::uint32_t program = 0;
  std::uint32_t version = 0;
  std::string file;
};

RuleSet read_rules(const std::string& path) {
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
    default:
      return "the activation";
  }
}

std::string advice_for(Decision decision, std::uint32_t version) {
  switch (decision) {
    case Decision::request_id_reused:
      return fmt::format("Version {} was put with other content. Give the document a higher "
                         "version.",
                         version);
    case Decision::already_exists:
      return "A version as high as this was begun before. Give the document a higher version.";
    case Decision::unknown_program:
      return "Make the program first: holdfast program put.";
    default:
      return "The active version is as it was: see holdfast program show.";
  }
}

Failure decline(const Command& command, const Outcome& outcome, std::uint32_t version) {
  const auto info = decision_info(outcome.decision);
  return {.code = ExitCode::declined,
          .kind = std::string(decision_name(outcome.decision)),
          .message = fmt::format("{} was declined (DE39 {}): {}", step_text(command),
                                 decision_de39(outcome.decision),
                                 info ? info->text : "a decision that this program does not know"),
          .advice = advice_for(outcome.decision, version),
          .request_id = {}};
}

/// Sends all in turn; throws at the first that is not approved. Returns the last outcome.
Outcome send(Gateway& gateway, std::span<const Command> commands, std::uint32_t version) {
  Outcome last;
  std::optional<Failure> declined;
  try {
    gateway.execute_all(commands, [&](const Command& command, const Outcome& outcome) {
      last = outcome;
      if (!is_approval(outcome.decision)) declined = decline(command, outcome, version);
      return !declined;
    });
  } catch (Failure& failure) {
    if (failure.code == ExitCode::unavailable) {
      failure.advice = "Run the same command again: it completes what is missing and does nothing "
                       "twice.";
    }
    throw;
  }
  if (declined) throw std::move(*declined);
  return last;
}

/// What a document holds, for both forms.
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

ExitCode check(const Globals& globals, const RulesOptions& options) {
  const RuleSet rules = read_rules(options.file);
  Report report;
  report.headline = fmt::format("{} is a good rule set", options.file);
  report.add("version", std::uint64_t{rules.version}, "version", std::to_string(rules.version));
  add_counts(report, rules);
  print_report(globals, report);
  return ExitCode::ok;
}

ExitCode put(const Globals& globals, const RulesOptions& options) {
  const RuleSet rules = read_rules(options.file);
  const ProgramId program{options.program};
  const std::vector<Command> commands = rule_set_commands(rules, program);
  Gateway gateway(globals);
  // Each part waits for the one before: rows of a version that was refused would be remembered as
  // declined, and the version takes effect only when all of it is there.
  const std::span<const Command> all(commands);
  static_cast<void>(send(gateway, all.first(1), rules.version));
  static_cast<void>(send(gateway, all.subspan(1, all.size() - 2), rules.version));
  const Outcome last = send(gateway, all.last(1), rules.version);
  // An activation that was answered before says nothing of what was activated since.
  const ProgramView now = gateway.show_program(program);
  const bool repeated = (last.flags & kOutcomeRepeated) != 0;
  const bool active = now.rule_set_version == rules.version;
  Report report;
  report.headline =
      active ? fmt::format("rule set {} of program {} is active", rules.version, program.value)
             : fmt::format("rule set {} of program {} was put before; version {} is active",
                           rules.version, program.value, now.rule_set_version);
  report.add("program", std::uint64_t{program.value}, "", "")
      .add("version", std::uint64_t{rules.version}, "", "")
      .add("active_version", std::uint64_t{now.rule_set_version}, "", "");
  add_counts(report, rules);
  report.add("repeated", repeated, repeated ? "repeated" : "", "all of it was there before")
      .add("position", last.position.value, "position", std::to_string(last.position.value));
  print_report(globals, report);
  return ExitCode::ok;
}

ExitCode activate(const Globals& globals, const RulesOptions& options) {
  Command command;
  command.kind = CommandKind::activate_rule_set;
  command.request_id = chosen_or_drawn(options.request_id);
  command.activate_rule_set = {.program = ProgramId{options.program}, .version = options.version};
  return print_outcome(globals, command, Gateway(globals).execute(command), {});
}

}  // namespace

CLI::Option* add_program(CLI::App& app, std::uint32_t& target) {
  return add_number(app, "PROGRAM", target, std::numeric_limits<std::uint32_t>::max(), "a program",
                    "Number of the program; 0 is there from the beginning")
      ->required();
}

void add_program_rules_commands(CLI::App& program_group, Action& action) {
  CLI::App* group =
      add_group(program_group, "rules", "Check, store and activate what a program allows");

  auto options = std::make_shared<RulesOptions>();
  CLI::App* command = group->add_subcommand(
      "put", "Store a version of the rules from a JSON document, and activate it whole");
  add_program(*command, options->program);
  command->add_option("FILE", options->file, "The document; it is checked whole before any is sent")
      ->required()
      ->type_name("");
  command->footer(
      "The document (all of it: docs/controls.md):\n"
      "  {\"version\": 3, \"currency\": \"GBP\",\n"
      "   \"categories\": [{\"mcc\": \"5812-5814\", \"hold_period\": \"3d\",\n"
      "                   \"hold_period_merchant\": \"7d\", \"tolerance_percent\": 20,\n"
      "                   \"tolerance\": \"0.00\", \"estimate\": \"100.00\"}],\n"
      "   \"lists\": {\"home\": {\"country\": [\"GB\", \"IE\"]}},\n"
      "   \"controls\": [{\"id\": 1, \"effect\": \"allow_only\",\n"
      "                 \"filter\": {\"country_list\": \"home\"}},\n"
      "                {\"id\": 2, \"scope\": \"card\", \"effect\": \"cap_window\",\n"
      "                 \"filter\": {\"type\": [\"cash\"]}, \"amount_max\": \"300.00\",\n"
      "                 \"window\": {\"kind\": \"day\", \"zone\": \"Europe/London\"}}]}\n\n"
      "Examples:\n  holdfast program rules put 0 rules.json");
  on_run(*command, action, [options](const Globals& g) { return put(g, *options); });

  options = std::make_shared<RulesOptions>();
  command = group->add_subcommand("check", "Check such a document; no server is asked");
  command->add_option("FILE", options->file, "The document")->required()->type_name("");
  add_examples(*command, {"holdfast program rules check rules.json"});
  on_run(*command, action, [options](const Globals& g) { return check(g, *options); });

  options = std::make_shared<RulesOptions>();
  command = group->add_subcommand("activate", "Go back to a version that is there, or forward");
  add_program(*command, options->program);
  add_number(*command, "VERSION", options->version, std::numeric_limits<std::uint32_t>::max(),
             "a version", "Version of the rules")
      ->required();
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast program rules activate 0 2"});
  on_run(*command, action, [options](const Globals& g) { return activate(g, *options); });
}

}  // namespace holdfast::tools
