// program put|check: a program's settings, and its policy from a document.
#include <fmt/core.h>

#include <limits>
#include <memory>
#include <optional>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/gateway.h"
#include "tools/cli/policy_file.h"

namespace holdfast::tools {
namespace {

struct PutOptions {
  RequestId request_id;
  std::uint32_t program = 0;
  std::string file;
  std::optional<std::uint32_t> hold_period_s;
  AccountId settlement_account;
  bool as_shadow = false;
};

Command settings_command(const PutOptions& options) {
  Command command;
  command.kind = CommandKind::put_program;
  command.request_id = options.request_id.is_zero() ? draw_request_id() : options.request_id;
  command.put_program = PutProgram{.program = ProgramId{options.program},
                                   .hold_period_s = *options.hold_period_s,
                                   .settlement_account = options.settlement_account};
  return command;
}

/// What the version does now. The answer to a step that was answered before says nothing of what
/// was done since.
struct Standing {
  std::uint32_t active_version = 0;
  bool runs_as_shadow = false;
};

Standing standing_of(Gateway& gateway, ProgramId program, std::uint32_t version) {
  const ShadowsView view = gateway.show_shadows(program);
  Standing standing{.active_version = view.active_version};
  for (const ShadowView& shadow : view.shadows) {
    standing.runs_as_shadow |= shadow.version == version;
  }
  return standing;
}

std::string headline(const RuleSet& rules, ProgramId program, const Standing& standing,
                     bool as_shadow) {
  const std::string what = fmt::format("rule set {} of program {}", rules.version, program.value);
  if (standing.active_version == rules.version) return what + " is active";
  const std::string active = standing.active_version == 0
                                 ? std::string("none is active")
                                 : fmt::format("version {} is active", standing.active_version);
  if (standing.runs_as_shadow) return fmt::format("{} runs as a shadow; {}", what, active);
  return fmt::format("{} was {} before; {}", what, as_shadow ? "run as a shadow" : "put", active);
}

ExitCode put_policy(const Globals& globals, Gateway& gateway, const PutOptions& options,
                    const RuleSet& rules) {
  const ProgramId program{options.program};
  const Outcome last = send_policy(gateway, rules, program, options.as_shadow);
  const Standing now = standing_of(gateway, program, rules.version);
  const bool repeated = (last.flags & kOutcomeRepeated) != 0;
  Report report;
  report.headline = headline(rules, program, now, options.as_shadow);
  report.add("program", std::uint64_t{program.value}, "", "")
      .add("version", std::uint64_t{rules.version}, "", "")
      .add("active_version",
           now.active_version == 0 ? FieldValue{std::monostate{}}
                                   : FieldValue{std::uint64_t{now.active_version}},
           "", "")
      .add("runs_as_shadow", now.runs_as_shadow, "", "");
  add_counts(report, rules);
  const bool elsewhere = repeated && !now.runs_as_shadow && now.active_version != rules.version;
  report.add("repeated", repeated, repeated ? "repeated" : "", "all of it was there before")
      .add_text(elsewhere ? "to run it" : "",
                fmt::format("holdfast program {} {} {}",
                            options.as_shadow ? "shadow start" : "promote", program.value,
                            rules.version))
      .add("position", last.position.value, "position", std::to_string(last.position.value));
  print_report(globals, report);
  return ExitCode::ok;
}

ExitCode put(const Globals& globals, const PutOptions& options) {
  if (options.file.empty() && !options.hold_period_s) {
    fail_usage("there is nothing to put",
               "Give the FILE of a policy, or settings with --hold-period, or both.");
  }
  if (options.file.empty() && options.as_shadow) {
    fail_usage("--shadow needs the FILE of a policy",
               "To run a version that is there: holdfast program shadow start PROGRAM VERSION.");
  }
  if (!options.hold_period_s && !options.request_id.is_zero()) {
    fail_usage("--request-id goes with settings: those of a policy follow from its document",
               "Leave it away: to put the same document again does nothing twice.");
  }
  std::optional<RuleSet> rules;
  if (!options.file.empty()) rules = read_policy(options.file);
  Gateway gateway(globals);
  if (options.hold_period_s) {
    const Command command = settings_command(options);
    const Outcome outcome = gateway.execute(command);
    if (!rules || !is_approval(outcome.decision)) {
      return print_outcome(globals, command, outcome, {});
    }
  }
  return put_policy(globals, gateway, options, *rules);
}

ExitCode check(const Globals& globals, const std::string& file) {
  const RuleSet rules = read_policy(file);
  Report report;
  report.headline = fmt::format("{} is a good rule set", file);
  report.add("version", std::uint64_t{rules.version}, "version", std::to_string(rules.version));
  add_counts(report, rules);
  print_report(globals, report);
  return ExitCode::ok;
}

void add_put(CLI::App& group, Action& action) {
  auto options = std::make_shared<PutOptions>();
  CLI::App* command = group.add_subcommand(
      "put", "Create a program, replace its settings, or put a version of its policy");
  add_program(*command, options->program);
  command
      ->add_option("FILE", options->file,
                   "The policy, a JSON document: checked whole before any of it is sent, then "
                   "activated whole")
      ->type_name("");
  command->add_flag("--shadow", options->as_shadow,
                    "Run the policy beside the active one instead: it judges and counts, and "
                    "changes nothing");
  CLI::Option* hold_period = add_parsed(
      *command, "--hold-period", options->hold_period_s,
      [](const std::string& text) -> std::expected<std::optional<std::uint32_t>, std::string> {
        const auto parsed = parse_period_s(text);
        if (!parsed) return std::unexpected(parsed.error());
        return *parsed;
      },
      "How long an authorization holds the money: 7d, 12h, 30min or seconds; up to 366 days",
      "PERIOD");
  add_id(*command, "--settlement-account", options->settlement_account,
         "Account that captures pay to and refunds come from when they name none")
      ->needs(hold_period);
  add_request_id(*command, options->request_id);
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
      "Examples:\n"
      "  holdfast program put 0 --hold-period 7d --settlement-account 2\n"
      "  holdfast program put 0 rules.json\n"
      "  holdfast program put 0 stricter.json --shadow");
  on_run(*command, action, [options](const Globals& g) { return put(g, *options); });
}

}  // namespace

CLI::Option* add_program(CLI::App& app, std::uint32_t& target) {
  return add_number(app, "PROGRAM", target, std::numeric_limits<std::uint32_t>::max(), "a program",
                    "Number of the program; 0 is there from the beginning")
      ->required();
}

void add_program_commands(CLI::App& app, Action& action) {
  CLI::App* group =
      add_group(app, "program", "Store, compare, try and show the policy that cards share");
  add_put(*group, action);

  auto file = std::make_shared<std::string>();
  CLI::App* command =
      group->add_subcommand("check", "Check a policy's document; no server is asked");
  command->add_option("FILE", *file, "The document")->required()->type_name("");
  add_examples(*command, {"holdfast program check rules.json"});
  on_run(*command, action, [file](const Globals& g) { return check(g, *file); });

  add_program_show_commands(*group, action);
  add_program_shadow_commands(*group, action);
}

}  // namespace holdfast::tools
