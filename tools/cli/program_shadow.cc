// program promote|shadow start|shadow stop|shadow-report: trying a policy before it counts.
#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "engine/decision.h"
#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/payment_options.h"
#include "tools/cli/policy_file.h"

namespace holdfast::tools {
namespace {

struct VersionOptions {
  RequestId request_id;
  std::uint32_t program = 0;
  std::uint32_t version = 0;
  CurrencyCode currency;
};

ExitCode execute(const Globals& globals, const Command& command) {
  Gateway gateway(globals);
  const Outcome outcome = gateway.execute(command);
  Report report = describe_outcome(command, outcome, {});
  if (is_approval(outcome.decision)) {
    report.add_json("advice", std::monostate{});
  } else {
    if (outcome.decision == Decision::no_original) {
      // The decision's own sentence speaks of payments.
      report.headline = fmt::format("declined (DE39 {}): the program has no such version",
                                    decision_de39(outcome.decision));
    }
    const std::string advice = version_advice(gateway, command, outcome);
    report.add("advice", advice, "what to do", advice);
  }
  print_report(globals, report);
  return is_approval(outcome.decision) ? ExitCode::ok : ExitCode::declined;
}

ExitCode promote(const Globals& globals, const VersionOptions& options) {
  Command command;
  command.kind = CommandKind::activate_rule_set;
  command.request_id = chosen_or_drawn(options.request_id);
  command.activate_rule_set = {.program = ProgramId{options.program}, .version = options.version};
  return execute(globals, command);
}

ExitCode run_shadow(const Globals& globals, const VersionOptions& options, bool start) {
  Command command;
  command.kind = CommandKind::shadow_rule_set;
  command.request_id = chosen_or_drawn(options.request_id);
  command.shadow_rule_set = {.program = ProgramId{options.program},
                             .version = options.version,
                             .run = static_cast<std::uint8_t>(start ? 1 : 0)};
  return execute(globals, command);
}

ShadowsView shadows_or_fail(Gateway& gateway, const VersionOptions& options) {
  ShadowsView view = gateway.show_shadows(ProgramId{options.program});
  if (!view.found) {
    throw not_found(fmt::format("there is no program {}", options.program),
                    "Check the number; holdfast program put makes one.");
  }
  if (options.version == 0) return view;
  std::erase_if(view.shadows,
                [&](const ShadowView& shadow) { return shadow.version != options.version; });
  if (view.shadows.empty()) {
    throw not_found(fmt::format("version {} does not run as a shadow of program {}",
                                options.version, options.program),
                    fmt::format("holdfast program shadow start {} {} starts it, if it is there.",
                                options.program, options.version));
  }
  return view;
}

ExitCode report_shadows(const Globals& globals, const VersionOptions& options) {
  Gateway gateway(globals);
  const ShadowsView view = shadows_or_fail(gateway, options);
  CurrencyCode currency = options.currency;
  const AccountId settlement = gateway.show_program(view.program).settlement_account;
  if (currency.numeric == 0 && !settlement.is_zero()) {
    currency = gateway.show_account(settlement).currency;
  }
  std::vector<std::vector<Field>> shadows;
  std::string text;
  for (const ShadowView& shadow : view.shadows) {
    const Report report = describe_shadow(view, shadow, currency);
    const std::string table = shadow_table(shadow, currency);
    text += fmt::format("{}{}{}{}", text.empty() ? "" : "\n", report.human(),
                        table.empty() ? "" : "\n", table);
    shadows.push_back(report.fields);
  }
  if (!globals.json) {
    print_text(text.empty() ? fmt::format("program {} runs no shadow\n", options.program) : text);
    return ExitCode::ok;
  }
  Report report;
  report.add_json("program", std::uint64_t{view.program.value})
      .add_json("active_version", view.active_version == 0
                                      ? FieldValue{std::monostate{}}
                                      : FieldValue{std::uint64_t{view.active_version}});
  report.fields.push_back(currency_field("currency", "", currency));
  report.add_json("shadows", std::move(shadows)).add_json("position", view.position.value);
  print_report(globals, report);
  return ExitCode::ok;
}

CLI::Option* add_version(CLI::App& app, const char* name, std::uint32_t& target) {
  return add_number(app, name, target, std::numeric_limits<std::uint32_t>::max(), "a version",
                    "Version of the policy");
}

}  // namespace

void add_program_shadow_commands(CLI::App& group, Action& action) {
  auto options = std::make_shared<VersionOptions>();
  CLI::App* command = group.add_subcommand(
      "promote", "Make a version the active one: a shadow that has proved itself, or an older one");
  add_program(*command, options->program);
  add_version(*command, "VERSION", options->version)->required();
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast program promote 0 4"});
  on_run(*command, action, [options](const Globals& g) { return promote(g, *options); });

  CLI::App* shadow =
      add_group(group, "shadow", "Run versions beside the active one, which change nothing");
  for (const bool start : {true, false}) {
    options = std::make_shared<VersionOptions>();
    command = shadow->add_subcommand(
        start ? "start" : "stop",
        start ? "Run a version that is there as a shadow: its report and counters begin at zero"
              : "Stop a shadow: its report and counters are gone");
    add_program(*command, options->program);
    add_version(*command, "VERSION", options->version)->required();
    add_request_id(*command, options->request_id);
    add_examples(*command, {start ? "holdfast program shadow start 0 4"
                                  : "holdfast program shadow stop 0 4"});
    on_run(*command, action,
           [options, start](const Globals& g) { return run_shadow(g, *options, start); });
  }

  options = std::make_shared<VersionOptions>();
  command = group.add_subcommand(
      "shadow-report", "Show how shadows would have decided what the active rules decided");
  add_program(*command, options->program);
  add_version(*command, "--version", options->version);
  add_accounts_currency(*command, options->currency);
  add_examples(*command, {"holdfast program shadow-report 0",
                          "holdfast program shadow-report 0 --version 4 --json"});
  on_run(*command, action, [options](const Globals& g) { return report_shadows(g, *options); });
}

}  // namespace holdfast::tools
