// program rules put|activate: the rule set of a program from one document.
#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>

#include "engine/decision.h"
#include "tools/cli/commands.h"
#include "tools/cli/payment_options.h"
#include "tools/cli/rule_set.h"

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

std::string step_text(const Command& command, std::size_t row) {
  switch (command.kind) {
    case CommandKind::begin_rule_set:
      return "the beginning of the version";
    case CommandKind::add_category:
      return fmt::format("categories[{}] ({})", row,
                         mcc_range_text(command.add_category.mcc_first,
                                        command.add_category.mcc_last));
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

/// Sends one of the commands; throws when it is not approved.
Outcome send(Gateway& gateway, const Command& command, std::size_t row, std::uint32_t version) {
  Outcome outcome;
  try {
    outcome = gateway.execute(command);
  } catch (Failure& failure) {
    if (failure.code == ExitCode::unavailable) {
      failure.advice = "Run the same command again: it completes what is missing and does nothing "
                       "twice.";
    }
    throw;
  }
  if (is_approval(outcome.decision)) return outcome;
  const auto info = decision_info(outcome.decision);
  throw Failure{.code = ExitCode::declined,
                .kind = std::string(decision_name(outcome.decision)),
                .message = fmt::format(
                    "{} was declined (DE39 {}): {}", step_text(command, row),
                    decision_de39(outcome.decision),
                    info ? info->text : "a decision that this program does not know"),
                .advice = advice_for(outcome.decision, version),
                .request_id = {}};
}

ExitCode put(const Globals& globals, const RulesOptions& options) {
  const RuleSet rules = read_rules(options.file);
  const ProgramId program{options.program};
  const std::vector<Command> commands = rule_set_commands(rules, program);
  Gateway gateway(globals);
  Outcome last;
  for (std::size_t at = 0; at < commands.size(); ++at) {
    last = send(gateway, commands[at], at == 0 ? 0 : at - 1, rules.version);
  }
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
      .add("active_version", std::uint64_t{now.rule_set_version}, "", "")
      .add("categories", std::uint64_t{rules.categories.size()}, "categories",
           std::to_string(rules.categories.size()))
      .add("repeated", repeated, repeated ? "repeated" : "", "all of it was there before")
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
      add_group(program_group, "rules", "Store and activate what a program does by category");

  auto options = std::make_shared<RulesOptions>();
  CLI::App* command = group->add_subcommand(
      "put", "Store a version of the rules from a JSON document, and activate it whole");
  add_program(*command, options->program);
  command->add_option("FILE", options->file, "The document; it is checked whole before any is sent")
      ->required()
      ->type_name("");
  command->footer(
      "The document; all members of a category but mcc may be left away:\n"
      "  {\"version\": 3, \"currency\": \"GBP\",\n"
      "   \"categories\": [{\"mcc\": \"5812-5814\", \"hold_period\": \"3d\",\n"
      "                   \"hold_period_merchant\": \"7d\", \"tolerance_percent\": 20,\n"
      "                   \"tolerance\": \"0.00\", \"estimate\": \"100.00\"}]}\n\n"
      "Examples:\n  holdfast program rules put 0 rules.json");
  on_run(*command, action, [options](const Globals& g) { return put(g, *options); });

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
