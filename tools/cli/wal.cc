#include "tools/cli/wal.h"

#include <fmt/core.h>

#include <limits>
#include <memory>

#include "tools/cli/commands.h"

namespace holdfast::tools {
namespace {

std::shared_ptr<std::string> add_dir(CLI::App& app) {
  auto dir = std::make_shared<std::string>();
  app.add_option("DIR", *dir, "Data directory of a server, running or not")->required()->type_name("");
  return dir;
}

CLI::Option* add_position(CLI::App& app, const std::string& name, LogPosition& target,
                          std::string description) {
  return add_parsed(
      app, name, target,
      [](const std::string& text) -> std::expected<LogPosition, std::string> {
        const auto parsed =
            parse_unsigned(text, std::numeric_limits<std::uint64_t>::max(), "a log position");
        if (!parsed) return std::unexpected(parsed.error());
        return LogPosition{*parsed};
      },
      std::move(description), "POSITION");
}

std::expected<std::optional<Decision>, std::string> parse_decision(const std::string& text) {
  std::string names;
  for (const DecisionInfo& info : kDecisions) {
    if (info.name == text) return info.decision;
    names += names.empty() ? "" : ", ";
    names += info.name;
  }
  return std::unexpected(fmt::format("'{}' is not a decision; there are {}", text, names));
}

std::expected<std::optional<CommandKind>, std::string> parse_kind(const std::string& text) {
#define HOLDFAST_PARSE_KIND(name, number, type, member) \
  if (text == #name) return CommandKind::name;
  HOLDFAST_COMMANDS(HOLDFAST_PARSE_KIND)
#undef HOLDFAST_PARSE_KIND
  std::string names;
#define HOLDFAST_JOIN_KIND(name, number, type, member) \
  names += names.empty() ? "" : ", ";                  \
  names += #name;
  HOLDFAST_COMMANDS(HOLDFAST_JOIN_KIND)
#undef HOLDFAST_JOIN_KIND
  return std::unexpected(fmt::format("'{}' is not a kind of command; there are {}", text, names));
}

void add_dump(CLI::App& group, Action& action) {
  CLI::App* command = group.add_subcommand("dump", "Show each record: command, decision, balances");
  auto options = std::make_shared<WalDumpOptions>();
  command->add_option("DIR", options->dir, "Data directory of a server, running or not")
      ->required()
      ->type_name("");
  add_position(*command, "--from", options->from, "First position to show");
  add_position(*command, "--to", options->to, "Last position to show");
  add_parsed(*command, "--decision", options->decision, parse_decision,
             "Only records so decided, such as insufficient_funds", "NAME");
  add_parsed(*command, "--kind", options->kind, parse_kind,
             "Only commands of this kind, such as authorize", "NAME");
  add_id(*command, "--request", options->request_id, "Only the command with this request id");
  add_examples(*command, {"holdfast wal dump DIR --from 100 --to 120",
                          "holdfast wal dump DIR --decision insufficient_funds",
                          "holdfast wal dump DIR --json | jq .outcome.available_balance"});
  on_run(*command, action, [options](const Globals& g) { return wal_dump(g, *options); });
}

}  // namespace

void add_wal_commands(CLI::App& app, Action& action) {
  CLI::App* group = add_group(app, "wal", "Look into the log files of a server (read only)");

  CLI::App* command = group->add_subcommand("ls", "List the segments and what they hold");
  auto dir = add_dir(*command);
  add_examples(*command, {"holdfast wal ls DIR"});
  on_run(*command, action, [dir](const Globals& g) { return wal_ls(g, *dir); });

  add_dump(*group, action);

  command = group->add_subcommand(
      "verify", "Check every block and record, and tell all that is wrong (exit code 1)");
  dir = add_dir(*command);
  add_examples(*command, {"holdfast wal verify DIR", "holdfast wal verify DIR --json"});
  on_run(*command, action, [dir](const Globals& g) { return wal_verify(g, *dir); });

  command = group->add_subcommand(
      "replay", "Rebuild the state, compare every outcome with the logged one, print the digest");
  dir = add_dir(*command);
  add_examples(*command, {"holdfast wal replay DIR", "holdfast wal replay DIR --json"});
  auto archive_dir = std::make_shared<std::string>();
  command->add_option("--archive-dir", *archive_dir, "Holds the log from before DIR's first segment")
      ->type_name("DIR");
  on_run(*command, action,
         [dir, archive_dir](const Globals& g) { return wal_replay(g, *dir, *archive_dir); });
}

}  // namespace holdfast::tools
