#include "tools/cli/cli.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "tools/cli/commands.h"
#include "tools/cli/failure.h"
#include "tools/cli/gateway.h"
#include "tools/cli/help.h"
#include "tools/cli/report.h"
#include "tools/text/help_format.h"

namespace holdfast::tools {
namespace {

constexpr const char* kExitCodes =
    "\nExit codes:\n"
    "  0 approved or done     1 not found, damaged or not equal    2 declined\n"
    "  64 wrong command line  65 refused by the server             66 cannot read files\n"
    "  69 no server, connection lost or no answer in time";

void print_failure(const Failure& failure, bool json) {
  std::string text;
  if (json) {
    Report error;
    error.add_json("kind", failure.kind);
    error.add_json("message", failure.message);
    error.add_json("advice", failure.advice);
    error.add_json("request_id", failure.request_id.empty() ? FieldValue{std::monostate{}}
                                                            : FieldValue{failure.request_id});
    Report report;
    report.add_json("error", error.fields);
    text = report.json();
  } else {
    text = fmt::format("holdfast: {}\n", failure.message);
    if (!failure.advice.empty()) text += fmt::format("  {}\n", failure.advice);
  }
  // Nothing is left to do if even standard error is gone.
  static_cast<void>(std::fwrite(text.data(), 1, text.size(), stderr));
}

/// CLI11 fills the options only when all of the command line could be read.
bool wants_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](std::string_view arg) { return arg == "--json"; });
}

void add_globals(CLI::App& app, Globals& globals) {
  app.add_option("--connect", globals.connect, "Server to ask")
      ->type_name("HOST:PORT")
      ->envname("HOLDFAST_CONNECT")
      ->default_str(std::string(kDefaultEndpoint));
  globals.connect = kDefaultEndpoint;
  app.add_flag("--json", globals.json,
               "One JSON object a line: amounts in minor units, ids as text");
  app.add_option("--timeout", globals.timeout_s, "Longest wait for an answer, in seconds")
      ->type_name("SECONDS")
      ->check([](const std::string& text) {
        double seconds = 0;
        const bool is_number = CLI::detail::lexical_cast(text, seconds);
        return is_number && seconds >= 0.001 && seconds <= 86'400
                   ? std::string()
                   : fmt::format("'{}' is not seconds; write a number from 0.001 to 86400", text);
      })
      ->default_str("30");
  app.set_version_flag("--version", "holdfast " HOLDFAST_VERSION);
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("holdfast: accounts, cards and payments on a Holdfast server, and its log.",
               "holdfast");
  set_help_format(app);
  app.fallthrough();  // --json and --connect may stand behind the subcommand
  app.require_subcommand(1);
  Globals globals;
  Action action;
  add_globals(app, globals);
  add_account_commands(app, action);
  add_card_commands(app, action);
  add_program_commands(app, action);
  add_rate_commands(app, action);
  add_transfer_command(app, action);
  add_authorize_commands(app, action);
  add_authorization_commands(app, action);
  add_server_commands(app, action);
  add_explain_command(app, action);
  add_holds_commands(app, action);
  add_wal_commands(app, action);
  add_state_commands(app, action);
  add_snapshot_commands(app, action);
  add_backup_commands(app, action);
  app.footer(std::string("Ids are decimal, 0x-hexadecimal or UUIDs. Amounts are major units "
                         "(25.00 --currency GBP)\nor minor units (--minor 2500).\n") +
             kExitCodes +
             "\n\nExamples:\n"
             "  holdfast account create 1 --currency GBP --may-go-negative\n"
             "  holdfast account create 1001 --currency GBP\n"
             "  holdfast transfer --from 1 --to 1001 1000.00 --currency GBP\n"
             "  holdfast card create 4001 --account 1001\n"
             "  holdfast authorize --card 4001 25.00 --currency GBP\n"
             "  holdfast capture --authorization 1 25.00 --settlement-account 1 --final\n"
             "  holdfast wal verify DIR");
  try {
    app.parse(argc, argv);
    return static_cast<int>(action(globals));
  } catch (const CLI::Success& wanted) {  // --help, --version
    return app.exit(wanted);
  } catch (const CLI::ParseError& wrong) {
    print_failure({.code = ExitCode::usage,
                   .kind = "usage",
                   .message = usage_message(app, wrong),
                   .advice = fmt::format("Run {} --help.", named_so_far(app)),
                   .request_id = {}},
                  wants_json(argc, argv));
    return static_cast<int>(ExitCode::usage);
  } catch (const Failure& failure) {
    print_failure(failure, globals.json);
    return static_cast<int>(failure.code);
  } catch (const std::exception& error) {
    print_failure({.code = ExitCode::software,
                   .kind = "internal",
                   .message = fmt::format("something unforeseen: {}", error.what()),
                   .advice = "This is a bug in holdfast; report it with the command line.",
                   .request_id = {}},
                  globals.json);
    return static_cast<int>(ExitCode::software);
  }
}

}  // namespace holdfast::tools
