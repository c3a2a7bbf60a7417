// The bulk release: from the holds of a log to reversals at the server that writes it.
#include <fmt/core.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <set>

#include "tools/cli/data_dir.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/holds.h"

namespace holdfast::tools {
namespace {

constexpr std::size_t kRowsShown = 20;

/// The same for the same authorization, so that a second run, after whatever happened to the first,
/// releases nothing twice. The high half reads "holdrele" in ASCII.
RequestId request_of_release(AuthorizationId authorization) {
  constexpr std::uint64_t kHoldRelease = 0x686f'6c64'7265'6c65;
  return {.low = authorization.value, .high = kHoldRelease};
}

Command release_of(const OpenHold& hold) {
  Command command;
  command.kind = CommandKind::reverse;
  command.request_id = request_of_release(hold.authorization.authorization);
  command.reverse = Reverse{};
  command.reverse.authorization = hold.authorization.authorization;  // amount 0: all that is left
  return command;
}

std::size_t cards_of(const OpenHolds& read) {
  std::set<CardToken> cards;
  for (const OpenHold& hold : read.holds) cards.insert(hold.authorization.card);
  return cards.size();
}

std::string money_of(const OpenHolds& read) {
  std::string text;
  for (const HoldSum& sum : sums_of(read.holds)) {
    if (!text.empty()) text += " and ";
    text += amount_text(sum.held, sum.currency);
  }
  return text;
}

/// "12 holds of 9 cards, 340.00 GBP".
std::string what_of(const OpenHolds& read) {
  const std::size_t cards = cards_of(read);
  return fmt::format("{} hold{} of {} card{}, {}", count_text(read.holds.size()),
                     read.holds.size() == 1 ? "" : "s", count_text(cards), cards == 1 ? "" : "s",
                     money_of(read));
}

void show_selection(const OpenHolds& read) {
  std::string text = holds_table(read.holds, kRowsShown, read.now);
  if (read.holds.size() > kRowsShown) {
    text += fmt::format("and {} smaller ones\n", count_text(read.holds.size() - kRowsShown));
  }
  print_text(text);
}

/// True when the person at the terminal says yes.
bool confirmed(const OpenHolds& read, const std::string& peer) {
  fmt::print(stderr, "Release {} at {}? This cannot be undone. Type yes: ", what_of(read), peer);
  std::fflush(stderr);
  std::string answer;
  return std::getline(std::cin, answer) && answer == "yes";
}

/// What came back.
struct Released {
  std::uint64_t released = 0;
  std::uint64_t repeated = 0;   // by an earlier run
  std::uint64_t ended = 0;      // meanwhile: captured, reversed, expired long ago
  std::uint64_t other = 0;      // declined for another reason
  Decision last_other{};
  std::map<CurrencyCode, HoldSum> money;
};

Released release(Gateway& gateway, const OpenHolds& read) {
  std::vector<Command> commands;
  for (const OpenHold& hold : read.holds) commands.push_back(release_of(hold));
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  Released result;
  std::size_t told = 0;
  gateway.execute_all(commands, [&](const Command&, const Outcome& outcome) {
    const OpenHold& hold = read.holds[told++];
    if ((outcome.flags & kOutcomeRepeated) != 0) {
      ++result.repeated;
    } else if (is_approval(outcome.decision)) {
      ++result.released;
      HoldSum& sum = result.money[hold.currency];
      sum.currency = hold.currency;
      sum.held = checked_add(sum.held, outcome.amount).value_or(Money{INT64_MAX});
    } else if (outcome.decision == Decision::not_allowed_in_state ||
               outcome.decision == Decision::no_original) {
      ++result.ended;
    } else {
      ++result.other;
      result.last_other = outcome.decision;
    }
    constexpr std::size_t kBetweenLines = 256;
    if (terminal && (told % kBetweenLines == 0 || told == commands.size())) {
      fmt::print(stderr, "\r\x1b[Kreleased {} of {}", told, commands.size());
      if (told == commands.size()) fmt::print(stderr, "\r\x1b[K");
      std::fflush(stderr);
    }
    return true;
  });
  return result;
}

Report report_of(const OpenHolds& read, const Released& result) {
  Report report;
  std::string money;
  std::vector<std::vector<Field>> sums;
  for (const auto& [currency, sum] : result.money) {
    if (!money.empty()) money += " and ";
    money += amount_text(sum.held, currency);
    sums.push_back(
        {currency_field("currency", "", currency), {"released", sum.held.minor, {}, {}}});
  }
  report.headline = fmt::format("released {} hold{}", count_text(result.released),
                                result.released == 1 ? "" : "s");
  std::vector<std::vector<Field>> held;
  for (const HoldSum& sum : sums_of(read.holds)) {
    held.push_back(
        {currency_field("currency", "", sum.currency), {"held", sum.held.minor, {}, {}}});
  }
  report.fields = {count_field("selected", "selected", read.holds.size()),
                   {"cards", std::uint64_t{cards_of(read)}, {}, {}},
                   {"held", std::move(held), {}, {}},
                   count_field("released", "released", result.released),
                   {"money", std::move(sums), money.empty() ? "" : "money", money},
                   {"released_before", result.repeated,
                    result.repeated == 0 ? "" : "by an earlier run", count_text(result.repeated)},
                   {"ended_meanwhile", result.ended,
                    result.ended == 0 ? "" : "ended meanwhile", count_text(result.ended)},
                   {"declined", result.other, result.other == 0 ? "" : "declined",
                    fmt::format("{}, the last one {}", count_text(result.other),
                                decision_name(result.last_other))}};
  return report;
}

void require_same_log(const OpenHolds& read, Gateway& gateway, const std::string& dir) {
  if (gateway.server().log_id == read.log_id) return;
  throw Failure{.code = ExitCode::usage,
                .kind = "other_log",
                .message = fmt::format(
                    "the server at {} does not write the log in {}: its log is {}, that one is {}",
                    gateway.peer(), dir, id_text(gateway.server().log_id), id_text(read.log_id)),
                .advice = "Nothing was released. Name the server of this directory with --connect.",
                .request_id = {}};
}

}  // namespace

ExitCode release_holds(const Globals& globals, const ReleaseOptions& options) {
  if (options.filter.is_given() == options.all) {
    fail_usage(options.all ? "--all and a filter are both given"
                           : "it is not said which holds",
               "Give filters such as --older-than 3d or --merchant TEXT, or --all.");
  }
  const bool can_ask = ::isatty(STDIN_FILENO) == 1 && !globals.json;
  if (!options.dry_run && !options.yes && !can_ask) {
    fail_usage("nobody is there to be asked", "Give --yes, or look first with --dry-run.");
  }
  const LogPlace place = chosen_place(options.place);
  const OpenHolds read =
      read_holds({.place = place, .point = {}, .wanted = options.wanted}, options.filter);
  if (!globals.json) {
    print_text(read.holds.empty() ? std::string("no open hold is taken by the filters\n")
                                  : what_of(read) + '\n');
    if (!read.holds.empty()) show_selection(read);
  }
  if (options.dry_run || read.holds.empty()) {
    if (globals.json) print_report(globals, report_of(read, Released{}));
    if (!globals.json) print_text("nothing was released\n");
    return ExitCode::ok;
  }
  Gateway gateway(globals);
  require_same_log(read, gateway, place.dir);
  if (!options.yes && !confirmed(read, gateway.peer())) {
    print_text("nothing was released\n");
    return ExitCode::declined;
  }
  const Released result = release(gateway, read);
  print_report(globals, report_of(read, result));
  return result.other == 0 ? ExitCode::ok : ExitCode::declined;
}

}  // namespace holdfast::tools
