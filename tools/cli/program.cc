#include <fmt/core.h>

#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/gateway.h"

namespace holdfast::tools {
namespace {

struct ProgramOptions {
  RequestId request_id;
  std::uint32_t program = 0;
  std::uint32_t hold_period_s = 0;
  AccountId settlement_account;
};

ExitCode put(const Globals& globals, const ProgramOptions& options) {
  Command command;
  command.kind = CommandKind::put_program;
  command.request_id = options.request_id.is_zero() ? draw_request_id() : options.request_id;
  command.put_program = PutProgram{.program = ProgramId{options.program},
                                   .hold_period_s = options.hold_period_s,
                                   .settlement_account = options.settlement_account};
  return print_outcome(globals, command, Gateway(globals).execute(command), {});
}

ExitCode show(const Globals& globals, std::uint32_t program) {
  const ProgramView view = Gateway(globals).show_program(ProgramId{program});
  if (!view.found) {
    throw not_found(fmt::format("there is no program {}", program),
                    "Check the number; holdfast program put makes one.");
  }
  print_report(globals, describe_program(view));
  return ExitCode::ok;
}

}  // namespace

void add_program_commands(CLI::App& app, Action& action) {
  CLI::App* group = add_group(app, "program", "Store and show the policy that cards share");

  auto options = std::make_shared<ProgramOptions>();
  CLI::App* command = group->add_subcommand("put", "Create a program or replace its settings");
  add_program(*command, options->program);
  add_parsed(
      *command, "--hold-period", options->hold_period_s,
      [](const std::string& text) { return parse_period_s(text); },
      "How long an authorization holds the money: 7d, 12h, 30min or seconds; up to 366 days",
      "PERIOD")
      ->required();
  add_id(*command, "--settlement-account", options->settlement_account,
         "Account that captures pay to and refunds come from when they name none");
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast program put 0 --hold-period 7d --settlement-account 2",
                          "holdfast program put 7 --hold-period 30d"});
  on_run(*command, action, [options](const Globals& g) { return put(g, *options); });

  options = std::make_shared<ProgramOptions>();
  command = group->add_subcommand("show", "Show a program's settings");
  add_program(*command, options->program);
  add_examples(*command, {"holdfast program show 0"});
  on_run(*command, action, [options](const Globals& g) { return show(g, options->program); });

  add_program_rules_commands(*group, action);
}

}  // namespace holdfast::tools
