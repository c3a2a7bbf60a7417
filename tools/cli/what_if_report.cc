// The report of `what-if` for a terminal and as JSON.
#include <fmt/core.h>

#include <algorithm>

#include "tools/cli/describe_fields.h"
#include "tools/cli/report.h"
#include "tools/cli/what_if_summary.h"
#include "tools/text/currencies.h"

namespace holdfast::tools {
namespace {

constexpr FlipKind kKinds[] = {FlipKind::now_declined, FlipKind::now_approved,
                               FlipKind::other_amount, FlipKind::other_reason};
// A screen's worth; JSON and page have the rest.
constexpr std::size_t kSpansShown = 31;   // days, or weeks where there are more days
constexpr std::size_t kMonthsShown = 36;
constexpr std::size_t kFlipsShown = 10;

std::string counted(const Tally& tally) {
  if (tally.count == 0) return "-";
  return fmt::format("{}  {}", count_text(tally.count), sums_text(tally.money));
}

std::string payments_text(const WhatIfOptions& options, const WhatIfResult& result) {
  std::string text;
  for (const WhatIfProgram& program : options.programs) {
    text += fmt::format("program {}: {} instead of its rules, from position {} on\n",
                        program.program.value, program.file,
                        result.effective.at(program.program).value);
  }
  if (!result.start_position.is_zero()) {
    text += fmt::format("the log is replayed from the snapshot of position {} on\n",
                        result.start_position.value);
  }
  text += fmt::format("{} payment{} of {} card{} judged again, {} to {}\n",
                      count_text(result.judged.count), result.judged.count == 1 ? "" : "s",
                      count_text(result.cards), result.cards == 1 ? "" : "s",
                      time_text(result.first_time), time_text(result.last_time));
  Table table({{"", false}, {"payments", true}, {"money", true}});
  table.row({"asked", count_text(result.judged.count), sums_text(result.judged.money)});
  table.row({"approved in the log", count_text(result.approved_logged.count),
             sums_text(result.approved_logged.money)});
  table.row({"approved by these rules", count_text(result.approved_other.count),
             sums_text(result.approved_other.money)});
  return text + table.text();
}

std::string flips_text(const WhatIfResult& result, const FlipSums& all) {
  if (result.flips.empty()) return "no decision comes out otherwise\n";
  std::string text =
      fmt::format("{} decisions come out otherwise, of {} cards; {} of them are knock-on effects\n",
                  count_text(all.count()), count_text(all.cards.size()),
                  count_text(all.knock_on_count()));
  Table table({{"", false}, {"direct", true}, {"knock-on", true}});
  for (const FlipKind kind : kKinds) {
    const auto at = static_cast<std::size_t>(kind);
    table.row({std::string(flip_kind_text(kind)), counted(all.direct[at]), counted(all.knock_on[at])});
  }
  return text + table.text();
}

std::vector<std::string> cells(std::string head, const FlipSums& sums) {
  std::vector<std::string> row{std::move(head)};
  for (const FlipKind kind : {FlipKind::now_declined, FlipKind::now_approved}) {
    const Tally tally = sums.of(kind);
    row.push_back(count_text(tally.count));
    row.push_back(sums_text(tally.money));
  }
  row.push_back(count_text(sums.of(FlipKind::other_amount).count +
                           sums.of(FlipKind::other_reason).count));
  row.push_back(count_text(sums.knock_on_count()));
  row.push_back(count_text(sums.cards.size()));
  return row;
}

Table sums_table(std::string head) {
  return Table({{std::move(head), false}, {"now declined", true}, {"money", true},
                {"now approved", true}, {"money", true}, {"other", true, 2}, {"knock-on", true, 3},
                {"cards", true, 1}});
}

std::string by_cause_text(const WhatIfOptions& options, const WhatIfSummary& summary) {
  Table table = sums_table("by rule");
  const bool several = options.programs.size() > 1;
  for (const auto& [key, sums] : summary.by_cause) {
    const auto& [program, cause] = key;
    std::string head = several ? fmt::format("program {} ", program.value) : std::string();
    table.row(cells(head + cause_text(options, program, cause), sums));
  }
  return table.text();
}

std::string by_time_text(const WhatIfSummary& summary) {
  const Span span = fitting_span(summary, kSpansShown);
  Table table = sums_table(fmt::format("by {}", span_name(span)));
  const auto spans = sums_by(summary, span);
  std::size_t left = kMonthsShown;
  for (const auto& [begin, sums] : spans) {
    if (left-- == 0) break;
    table.row(cells(span_text(begin, span), sums));
  }
  std::string text = table.text();
  if (spans.size() > kMonthsShown) {
    text += fmt::format("and {} more; --json and --html tell all\n", count_text(spans.size() - kMonthsShown));
  }
  return text;
}

std::string first_flips_text(const WhatIfOptions& options, const WhatIfResult& result) {
  Table table({{"position", true}, {"time", false, 1}, {"card", false}, {"asked", true},
               {"in the log", false}, {"by these rules", false}, {"because of", false}});
  const std::size_t shown = std::min(result.flips.size(), kFlipsShown);
  for (std::size_t at = 0; at < shown; ++at) {
    const Flip& flip = result.flips[at];
    table.row({std::to_string(flip.position.value), time_text(flip.time), id_text(flip.card),
               amount_text(flip.asked, flip.currency), std::string(decision_name(flip.logged)),
               std::string(decision_name(flip.other)) + (flip.knock_on ? " (knock-on)" : ""),
               cause_text(options, flip.program, flip.cause)});
  }
  std::string text = table.text();
  if (result.flips.size() > shown) {
    text += fmt::format("and {} more; --json tells all\n", count_text(result.flips.size() - shown));
  }
  return text;
}

std::string steps_text(const WhatIfResult& result) {
  std::string text;
  Table table({{"steps of the log", false}, {"alike", true}, {"hold not there", true},
               {"money of these", true}, {"other amount", true}, {"otherwise", true}});
  for (const auto& [kind, tally] : result.steps) {
    if (tally.not_applicable + tally.otherwise + tally.adjusted == 0) continue;
    table.row({std::string(command_name(kind)), count_text(tally.alike),
               count_text(tally.not_applicable), sums_text(tally.money_not_applicable),
               count_text(tally.adjusted), count_text(tally.otherwise)});
    text = table.text();
  }
  if (result.rule_changes_skipped > 0) {
    const bool is_one = result.rule_changes_skipped == 1;
    text += fmt::format(
        "{} rule set command{} of the log {} left out: the documents stand instead\n",
        count_text(result.rule_changes_skipped), is_one ? "" : "s", is_one ? "was" : "were");
  }
  if (result.lone_gaps > 0) {
    text += fmt::format("{} steps could not be repeated for the lone judgement, so that what is direct "
                        "and what is knock-on may be wrong near them\n",
                        count_text(result.lone_gaps));
  }
  return text;
}

// JSON --------------------------------------------------------------------------------------------

std::vector<std::vector<Field>> sums_json(const Sums& sums) {
  std::vector<std::vector<Field>> rows;
  for (const auto& [currency, minor] : sums) {
    rows.push_back({currency_field("currency", "", CurrencyCode{currency}), {"amount", minor, "", ""}});
  }
  return rows;
}

std::vector<Field> tally_json(const Tally& tally) {
  return {{"count", tally.count, "", ""}, {"money", sums_json(tally.money), "", ""}};
}

std::vector<Field> flip_sums_json(const FlipSums& sums) {
  const auto by_kind = [](const std::array<Tally, kFlipKinds>& tallies) {
    std::vector<Field> fields;
    for (const FlipKind kind : kKinds) {
      fields.push_back({std::string(flip_kind_name(kind)),
                        tally_json(tallies[static_cast<std::size_t>(kind)]), "", ""});
    }
    return fields;
  };
  return {{"flips", sums.count(), "", ""},
          {"cards", std::uint64_t{sums.cards.size()}, "", ""},
          {"direct", by_kind(sums.direct), "", ""},
          {"knock_on", by_kind(sums.knock_on), "", ""}};
}

Field control_field(const Cause& cause) {
  if (cause.control == 0) return {"control", std::monostate{}, "", ""};
  return {"control", std::uint64_t{cause.control}, "", ""};
}

std::vector<Field> flip_json(const WhatIfOptions& options, const Flip& flip) {
  return {{"position", flip.position.value, "", ""},
          time_field("time", "", flip.time),
          {"command", std::string(command_name(flip.command)), "", ""},
          id_field("request_id", "", flip.request_id),
          id_field("card", "", flip.card),
          {"program", std::uint64_t{flip.program.value}, "", ""},
          currency_field("currency", "", flip.currency),
          {"asked", flip.asked.minor, "", ""},
          {"kind", std::string(flip_kind_name(flip.kind)), "", ""},
          {"knock_on", flip.knock_on, "", ""},
          {"logged", std::string(decision_name(flip.logged)), "", ""},
          {"logged_amount", flip.logged_amount.minor, "", ""},
          {"other", std::string(decision_name(flip.other)), "", ""},
          {"other_amount", flip.other_amount.minor, "", ""},
          {"alone", std::string(decision_name(flip.alone)), "", ""},
          control_field(flip.cause),
          text_field("control_name", "", control_name(options, flip.program, flip.cause.control)),
          {"cause", std::string(decision_name(flip.cause.decision)), "", ""}};
}

std::vector<std::vector<Field>> programs_json(const WhatIfOptions& options,
                                              const WhatIfResult& result) {
  std::vector<std::vector<Field>> rows;
  for (const WhatIfProgram& program : options.programs) {
    rows.push_back({{"program", std::uint64_t{program.program.value}, "", ""},
                    {"file", program.file, "", ""},
                    {"from_position", result.effective.at(program.program).value, "", ""}});
  }
  return rows;
}

std::vector<std::vector<Field>> steps_json(const WhatIfResult& result) {
  std::vector<std::vector<Field>> rows;
  for (const auto& [kind, tally] : result.steps) {
    rows.push_back({{"command", std::string(command_name(kind)), "", ""},
                    {"alike", tally.alike, "", ""},
                    {"not_applicable", tally.not_applicable, "", ""},
                    {"money_not_applicable", sums_json(tally.money_not_applicable), "", ""},
                    {"other_amount", tally.adjusted, "", ""},
                    {"otherwise", tally.otherwise, "", ""}});
  }
  return rows;
}

}  // namespace

std::string what_if_text(const WhatIfOptions& options, const WhatIfResult& result,
                         const WhatIfSummary& summary) {
  std::string text = payments_text(options, result) + "\n" + flips_text(result, summary.all);
  if (!result.flips.empty()) {
    text += "\n" + by_cause_text(options, summary) + "\n" + by_time_text(summary) + "\n" +
            first_flips_text(options, result);
  }
  const std::string steps = steps_text(result);
  return steps.empty() ? text : text + "\n" + steps;
}

std::string what_if_json(const WhatIfOptions& options, const WhatIfResult& result,
                         const WhatIfSummary& summary) {
  std::vector<std::vector<Field>> rules;
  for (const auto& [key, sums] : summary.by_cause) {
    const auto& [program, cause] = key;
    std::vector<Field> row{{"program", std::uint64_t{program.value}, "", ""},
                           control_field(cause),
                           text_field("control_name", "", control_name(options, program, cause.control)),
                           {"decision", std::string(decision_name(cause.decision)), "", ""}};
    for (Field& field : flip_sums_json(sums)) row.push_back(std::move(field));
    rules.push_back(std::move(row));
  }
  std::vector<std::vector<Field>> days;
  for (const auto& [day, sums] : summary.by_day) {
    std::vector<Field> row{{"day", day_text(day), "", ""}};
    for (Field& field : flip_sums_json(sums)) row.push_back(std::move(field));
    days.push_back(std::move(row));
  }
  std::vector<std::vector<Field>> flips;
  for (const Flip& flip : result.flips) flips.push_back(flip_json(options, flip));

  Report report;
  report.add_json("dir", options.place.dir);
  report.add_json("programs", programs_json(options, result));
  report.add_json("newly_approved",
                  std::string(options.newly_approved == NewlyApproved::spent ? "spent" : "expire"));
  report.add_json("start_position", result.start_position.value);
  report.add_json("records", result.records);
  report.fields.push_back(time_field("first_time", "", result.first_time));
  report.fields.push_back(time_field("last_time", "", result.last_time));
  report.add_json("cards", result.cards);
  report.add_json("judged", tally_json(result.judged));
  report.add_json("approved_logged", tally_json(result.approved_logged));
  report.add_json("approved_other", tally_json(result.approved_other));
  report.add_json("totals", flip_sums_json(summary.all));
  report.add_json("by_rule", std::move(rules));
  report.add_json("by_day", std::move(days));
  report.add_json("steps", steps_json(result));
  report.add_json("rule_changes_left_out", result.rule_changes_skipped);
  report.add_json("lone_gaps", result.lone_gaps);
  report.add_json("flips", std::move(flips));
  return report.json();
}

}  // namespace holdfast::tools
