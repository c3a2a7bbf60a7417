#include "tools/cli/wal.h"

#include <fmt/core.h>

#include <limits>
#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/wal_cut.h"
#include "tools/cli/what_if.h"

namespace holdfast::tools {
namespace {

std::shared_ptr<std::string> add_dir(CLI::App& app) {
  auto dir = std::make_shared<std::string>();
  app.add_option("DIR", *dir, "Data directory of a server, running or not")
      ->required()
      ->type_name("");
  return dir;
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

constexpr Name<DumpFormat> kDumpFormatNames[] = {
    {DumpFormat::text, "text"}, {DumpFormat::json, "json"}, {DumpFormat::csv, "csv"}};

void add_dump_filters(CLI::App& command, WalDumpOptions& options) {
  add_position(command, "--from", options.from, "First position to show");
  add_position(command, "--to", options.to, "Last position to show");
  add_time(command, "--since", options.since, "Only records of this time or later");
  add_time(command, "--until", options.until, "Only records before this time");
  add_parsed(command, "--decision", options.decision, parse_decision,
             "Only records so decided, such as insufficient_funds", "NAME");
  add_parsed(command, "--kind", options.kind, parse_kind,
             "Only commands of this kind, such as authorize", "NAME");
  add_id(command, "--request", options.request_id, "Only the command with this request id");
  add_id(command, "--account", options.account,
         "Only what concerns this account: its payments, and transfers from or to it");
  add_id(command, "--card", options.card,
         "Only what concerns this card: its payments and their steps");
  add_parsed(
      command, "--authorization", options.authorization,
      [](const std::string& text) -> std::expected<AuthorizationId, std::string> {
        const auto parsed = parse_unsigned(text, std::numeric_limits<std::uint64_t>::max(),
                                           "an authorization");
        if (!parsed) return std::unexpected(parsed.error());
        return AuthorizationId{*parsed};
      },
      "Only this authorization and its steps", "ID");
}

void add_dump(CLI::App& group, Action& action) {
  CLI::App* command = group.add_subcommand("dump", "Show each record: command, decision, balances");
  auto options = std::make_shared<WalDumpOptions>();
  auto format = std::make_shared<std::optional<DumpFormat>>();
  add_place(*command, options->place);
  add_name(*command, "--format", *format, kDumpFormatNames,
           "How a record is written; --json is the same as --format json (text)");
  command->add_flag("--skip-damage", options->skip_damage,
                    "Show what is behind damage, too; the damage is told at the end (exit code 1)");
  add_dump_filters(*command, *options);
  add_examples(*command, {"holdfast wal dump DIR --from 100 --to 120",
                          "holdfast wal dump DIR --card 4001 --since 2026-11-22T18:00Z",
                          "holdfast wal dump DIR --decision insufficient_funds --format csv",
                          "holdfast wal dump DIR --json | jq .outcome.available_balance"});
  on_run(*command, action, [options, format](const Globals& g) {
    options->format = format->value_or(g.json ? DumpFormat::json : DumpFormat::text);
    return wal_dump(g, *options);
  });
}

void add_replay(CLI::App& group, Action& action) {
  CLI::App* command = group.add_subcommand(
      "replay", "Rebuild the state, compare every outcome with the logged one, print the digest");
  auto options = std::make_shared<WalReplayOptions>();
  add_place(*command, options->place);
  add_point(*command, "--until", options->until, "Last position or time to replay");
  command->add_flag(
      "--verify", options->verify_only,
      "Only verify, but as much of the log as there is: no digest, which takes long when "
      "there is much state");
  add_from_start(*command, options->wanted);
  add_examples(*command, {"holdfast wal replay DIR", "holdfast wal replay DIR --until 605594",
                          "holdfast wal replay DIR --archive-dir ARCHIVE --from-start --verify",
                          "holdfast wal replay DIR --until 2026-11-22T18:30Z --json"});
  on_run(*command, action, [options](const Globals& g) { return wal_replay(g, *options); });
}

}  // namespace

void add_wal_commands(CLI::App& app, Action& action) {
  CLI::App* group = add_group(app, "wal", "Look into the log files of a server");

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

  add_replay(*group, action);
  add_what_if(*group, action);
  add_cut(*group, action);
}

}  // namespace holdfast::tools
