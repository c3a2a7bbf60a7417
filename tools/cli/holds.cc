#include "tools/cli/holds.h"

#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/data_dir.h"

namespace holdfast::tools {
namespace {

constexpr Name<HoldGroup> kHoldGroupNames[] = {
    {HoldGroup::day, "day"}, {HoldGroup::category, "category"}, {HoldGroup::program, "program"}};

void add_filter(CLI::App& command, HoldFilter& filter) {
  add_parsed(
      command, "--older-than", filter.older_than_s,
      [](const std::string& text) -> std::expected<std::optional<std::uint32_t>, std::string> {
        const auto parsed = parse_period_s(text);
        if (!parsed) return std::unexpected(parsed.error());
        return *parsed;
      },
      "Only holds that were authorized at least so long ago: 3d, 12h", "PERIOD");
  add_parsed(
      command, "--mcc", filter.mcc,
      [](const std::string& text) -> std::expected<std::optional<MccRange>, std::string> {
        const auto parsed = parse_mcc_range(text);
        if (!parsed) return std::unexpected(parsed.error());
        return *parsed;
      },
      "Only this merchant category, or range: 5541-5542", "MCC");
  add_parsed(
      command, "--program", filter.program,
      [](const std::string& text) -> std::expected<std::optional<std::uint32_t>, std::string> {
        const auto parsed = parse_unsigned(text, 0xffff'ffff, "a program");
        if (!parsed) return std::unexpected(parsed.error());
        return static_cast<std::uint32_t>(*parsed);
      },
      "Only cards of this program", "N");
  add_id(command, "--card", filter.card, "Only this card");
  add_id(command, "--account", filter.account, "Only cards of this account");
  command.add_option("--merchant", filter.merchant, "Only this card acceptor (ISO 8583 DE42)")
      ->type_name("TEXT");
  add_currency(command, filter.currency, "Only accounts in this currency");
}

void add_release(CLI::App& group, Action& action, std::shared_ptr<HoldsOptions> of_group) {
  auto options = std::make_shared<ReleaseOptions>();
  CLI::App* command = group.add_subcommand(
      "release", "Reverse all that is left of the holds that the filters take");
  add_data_dir(*command, options->place);
  add_from_start(*command, options->wanted);
  add_filter(*command, options->filter);
  command->add_flag("--all", options->all, "Every open hold: stands in for a filter");
  command->add_flag("--dry-run", options->dry_run, "Show what would be released, and do nothing");
  command->add_flag("--yes", options->yes, "Do not ask; needed when nobody is there to be asked");
  add_examples(*command,
               {"holdfast holds release --dir data --older-than 3d --mcc 5541-5542 --dry-run",
                "holdfast holds release --dir data --merchant GHOST-HOTEL --yes"});
  on_run(*command, action, [options, of_group](const Globals& g) {
    // A filter that stands before the word is not one of this subcommand; to overlook it would be
    // to release more than was meant.
    if (of_group->filter.is_given()) {
      fail_usage("filters stand before release", "Write them behind: holdfast holds release ...");
    }
    if (options->place.dir.empty()) options->place.dir = of_group->place.dir;
    if (options->place.archives.empty()) options->place.archives = of_group->place.archives;
    if (of_group->wanted == Wanted::first_command) options->wanted = of_group->wanted;
    return release_holds(g, *options);
  });
}

}  // namespace

bool HoldFilter::is_given() const {
  return older_than_s || mcc || program || !card.is_zero() || !account.is_zero() ||
         !merchant.empty() || currency.numeric != 0;
}

bool HoldFilter::takes(const OpenHold& hold, TimestampNs now) const {
  const AuthorizationView& view = hold.authorization;
  if (older_than_s && now.ns - view.created_at.ns < *older_than_s * kNsPerSecond) return false;
  if (mcc && (view.mcc < mcc->first || view.mcc > mcc->last)) return false;
  if (program && view.program.value != *program) return false;
  if (!card.is_zero() && view.card != card) return false;
  if (!account.is_zero() && view.account != account) return false;
  if (!merchant.empty() && view.merchant.view() != merchant) return false;
  return currency.numeric == 0 || hold.currency == currency;
}

void add_holds_commands(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("holds", "Tell what is held, until when, and what is stale");
  auto options = std::make_shared<HoldsOptions>();
  add_data_dir(*command, options->place);
  add_from_start(*command, options->wanted);
  add_name(*command, "--by", options->by, kHoldGroupNames,
           "Sum by the day of release (UTC), merchant category or program; by day and category "
           "unless given");
  add_filter(*command, options->filter);
  add_parsed(*command, "--stale", options->stale_s, parse_period_s,
             "From which age on a hold is stale; 5d unless given", "PERIOD");
  add_number(*command, "--largest", options->largest, 1'000'000, "a number of holds",
             "How many of the largest holds to list; 10 unless given");
  add_examples(*command,
               {"holdfast holds --dir data", "holdfast holds --dir data --by program --json",
                "holdfast holds --dir data --mcc 5541-5542 --stale 2d"});
  command->require_subcommand(0, 1);
  add_release(*command, action, options);
  // The subcommand's own action is there first.
  command->callback([command, &action, options] {
    if (!command->get_subcommands().empty()) return;
    action = [options](const Globals& g) { return show_holds(g, *options); };
  });
}

}  // namespace holdfast::tools
