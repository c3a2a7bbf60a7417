// The report of `what-if` as one HTML page: tables and SVG charts drawn here, no script, nothing
// fetched from anywhere. Colours follow the reader's light or dark setting; orange is money that is
// now declined, blue is money now approved, and a pale tone is a knock-on effect.
#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "tools/cli/report.h"
#include "tools/cli/what_if_summary.h"
#include "tools/text/amounts_text.h"
#include "tools/text/html.h"
#include "tools/text/ids_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

constexpr std::size_t kFlipsShown = 200;
constexpr std::size_t kBarsMax = 62;

constexpr const char* kStyle =
    R"(:root { --declined: #c8560c; --declined-soft: #efb98f; --approved: #1565a8;
  --approved-soft: #9cc6e8; --other: #7a8793; }
@media (prefers-color-scheme: dark) { :root { --declined: #f08a3c; --declined-soft: #8a4f24;
  --approved: #5aaef0; --approved-soft: #28567e; --other: #8c99a5; } }
.card.declined { border-top: 3px solid var(--declined); }
.card.approved { border-top: 3px solid var(--approved); } .card.other { border-top: 3px solid var(--other); }
.d { fill: var(--declined); } .dk { fill: var(--declined-soft); } .a { fill: var(--approved); }
.ak { fill: var(--approved-soft); } .o { fill: var(--other); }
)";

constexpr const char* kKey =
    "<div class=\"key\"><span><i style=\"background:var(--approved)\"></i>now approved</span>"
    "<span><i style=\"background:var(--approved-soft)\"></i>now approved, knock-on</span>"
    "<span><i style=\"background:var(--declined)\"></i>now declined</span>"
    "<span><i style=\"background:var(--declined-soft)\"></i>now declined, knock-on</span>"
    "<span><i style=\"background:var(--other)\"></i>other reason or amount</span></div>\n";

/// The four parts of a bar.
struct Bar {
  std::string label;
  std::uint64_t approved = 0, approved_knock_on = 0, declined = 0, declined_knock_on = 0, other = 0;

  void add(const FlipSums& sums) {
    const auto at = [](FlipKind kind) { return static_cast<std::size_t>(kind); };
    approved += sums.direct[at(FlipKind::now_approved)].count;
    approved_knock_on += sums.knock_on[at(FlipKind::now_approved)].count;
    declined += sums.direct[at(FlipKind::now_declined)].count;
    declined_knock_on += sums.knock_on[at(FlipKind::now_declined)].count;
    other += sums.of(FlipKind::other_amount).count + sums.of(FlipKind::other_reason).count;
  }
  [[nodiscard]] std::uint64_t up() const { return approved + approved_knock_on; }
  [[nodiscard]] std::uint64_t down() const { return declined + declined_knock_on; }
  [[nodiscard]] std::string told() const {
    return fmt::format("{}: {} now approved ({} knock-on), {} now declined ({} knock-on), {} other",
                       label, up(), approved_knock_on, down(), declined_knock_on, other);
  }
};

/// A step of 1, 2 or 5 times a power of ten that divides `most` into about four.
std::uint64_t tick_of(std::uint64_t most) {
  std::uint64_t tick = 1;
  for (std::uint64_t unit = 1; tick * 4 < most; unit *= 10) {
    for (const std::uint64_t factor : {1, 2, 5}) {
      tick = unit * factor;
      if (tick * 4 >= most) return tick;
    }
  }
  return tick;
}

// Time ------------------------------------------------------------------------------------------

std::vector<Bar> bars_by_time(const WhatIfSummary& summary, Span span) {
  std::vector<Bar> bars;
  const std::uint64_t last = summary.by_day.rbegin()->first;
  const auto spans = sums_by(summary, span);
  for (std::uint64_t begin = spans.begin()->first; begin <= last; begin = next_of(begin, span)) {
    Bar bar{.label = span_text(begin, span)};
    if (const auto found = spans.find(begin); found != spans.end()) bar.add(found->second);
    bars.push_back(std::move(bar));
  }
  return bars;
}

/// Approved upwards, declined downwards, from one line.
std::string time_chart(const std::vector<Bar>& bars) {
  constexpr double kLeft = 56, kRight = 990, kTop = 12, kBottom = 250;
  std::uint64_t up = 0;
  std::uint64_t down = 0;
  for (const Bar& bar : bars) {
    up = std::max(up, bar.up());
    down = std::max(down, bar.down());
  }
  const std::uint64_t tick = tick_of(up + down);
  up = (up + tick - 1) / tick * tick;
  down = (down + tick - 1) / tick * tick;
  const double unit = (kBottom - kTop) / static_cast<double>(std::max<std::uint64_t>(up + down, 1));
  const double zero = kTop + static_cast<double>(up) * unit;
  std::string svg = "<svg viewBox=\"0 0 1000 290\" role=\"img\" aria-label=\"flips over time\">\n";
  for (std::int64_t at = -static_cast<std::int64_t>(down); at <= static_cast<std::int64_t>(up);
       at += static_cast<std::int64_t>(tick)) {
    const double y = zero - static_cast<double>(at) * unit;
    svg += fmt::format("<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                       "<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                       at == 0 ? "axis" : "grid", kLeft, kRight, y, y, kLeft - 8, y + 4,
                       count_text(static_cast<std::uint64_t>(std::abs(at))));
  }
  const double step = (kRight - kLeft) / static_cast<double>(bars.size());
  const double width = std::min(step * 0.76, 40.0);
  const std::size_t every = std::max<std::size_t>((bars.size() + 9) / 10, 1);
  for (std::size_t at = 0; at < bars.size(); ++at) {
    const Bar& bar = bars[at];
    const double middle = kLeft + (static_cast<double>(at) + 0.5) * step;
    double y = zero;
    svg += fmt::format("<g><title>{}</title>", html_escaped(bar.told()));
    const auto piece = [&](const char* name, std::uint64_t count, bool upwards) {
      if (count == 0) return;
      const double height = static_cast<double>(count) * unit;
      if (upwards) y -= height;
      svg += fmt::format(
          "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.2f}\" width=\"{:.1f}\" height=\"{:.2f}\"/>", name,
          middle - width / 2, y, width, height);
      if (!upwards) y += height;
    };
    piece("a", bar.approved, true);
    piece("ak", bar.approved_knock_on, true);
    y = zero;
    piece("d", bar.declined, false);
    piece("dk", bar.declined_knock_on, false);
    svg += "</g>";
    if (at % every == 0) {
      svg += fmt::format("<text x=\"{:.1f}\" y=\"276\" text-anchor=\"middle\">{}</text>", middle,
                         bar.label);
    }
    svg += "\n";
  }
  return svg + "</svg>\n";
}

/// One row a rule, the longest first.
std::string rule_chart(std::vector<Bar> bars) {
  constexpr double kLeft = 420, kRight = 930, kRow = 30;
  const auto total = [](const Bar& bar) { return bar.up() + bar.down() + bar.other; };
  std::ranges::stable_sort(bars, std::ranges::greater{}, total);
  const double unit =
      (kRight - kLeft) / static_cast<double>(std::max<std::uint64_t>(total(bars.front()), 1));
  const double height = kRow * static_cast<double>(bars.size()) + 8;
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 1000 {}\" role=\"img\" aria-label=\"flips by rule\">\n", height);
  double y = 4;
  for (const Bar& bar : bars) {
    // What does not fit stands whole in the title and in the table.
    constexpr std::size_t kLabelMax = 62;
    const std::string label =
        bar.label.size() <= kLabelMax ? bar.label : bar.label.substr(0, kLabelMax - 3) + "...";
    svg += fmt::format(
        "<g><title>{}</title><text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        html_escaped(bar.told()), kLeft - 12, y + 19, html_escaped(label));
    double x = kLeft;
    const auto piece = [&](const char* name, std::uint64_t count) {
      if (count == 0) return;
      const double width = static_cast<double>(count) * unit;
      svg +=
          fmt::format("<rect class=\"{}\" x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"20\"/>",
                      name, x, y + 4, width);
      x += width;
    };
    piece("d", bar.declined);
    piece("dk", bar.declined_knock_on);
    piece("a", bar.approved);
    piece("ak", bar.approved_knock_on);
    piece("o", bar.other);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text></g>\n", x + 8, y + 19,
                       count_text(total(bar)));
    y += kRow;
  }
  return svg + "</svg>\n";
}

// Sections ----------------------------------------------------------------------------------------

std::string front(const WhatIfOptions& options, const WhatIfResult& result) {
  std::string html = "<h1>What if these rules had been in force?</h1>\n";
  for (const WhatIfProgram& program : options.programs) {
    html += fmt::format("<p>Program {}: <b>{}</b> instead of its rules, from position {} on.</p>\n",
                        program.program.value, html_escaped(program.file),
                        count_text(result.effective.at(program.program).value));
  }
  const std::string start = result.start_position.is_zero()
                                ? ""
                                : fmt::format(", from the snapshot of position {} on",
                                              count_text(result.start_position.value));
  return html +
         fmt::format(
             "<p class=\"soft\">{} payment{} of {} card{} judged again, {} to {}; "
             "log of {}{}.</p>\n",
             count_text(result.judged.count), result.judged.count == 1 ? "" : "s",
             count_text(result.cards), result.cards == 1 ? "" : "s",
             time_text(result.first_time).substr(0, 16), time_text(result.last_time).substr(0, 16),
             html_escaped(options.place.dir), start);
}

std::string number_cards(const WhatIfResult& result, const FlipSums& all) {
  std::string html = "<div class=\"cards\">\n";
  const auto card = [&html](std::string_view style, const std::string& number,
                            const std::string& what, const std::string& more) {
    html += fmt::format(
        "<div class=\"card {}\"><b>{}</b><span>{}</span><span class=\"soft\">{}</span></div>\n",
        style, number, html_escaped(what), html_escaped(more));
  };
  const double share = result.judged.count == 0 ? 0 : 100.0 * static_cast<double>(all.count()) /
                                                          static_cast<double>(result.judged.count);
  card("other", count_text(all.count()), "decisions come out otherwise",
       fmt::format("{:.2f}% of all, {} cards", share, count_text(all.cards.size())));
  const auto of_kind = [&](std::string_view style, FlipKind kind) {
    const Tally tally = all.of(kind);
    const bool is_other = kind == FlipKind::other_amount || kind == FlipKind::other_reason;
    if (is_other && tally.count == 0) return;
    card(style, count_text(tally.count),
         fmt::format("{}: {}", flip_kind_text(kind), sums_text(tally.money)),
         fmt::format("{} of them knock-on",
                     count_text(all.knock_on[static_cast<std::size_t>(kind)].count)));
  };
  of_kind("declined", FlipKind::now_declined);
  of_kind("approved", FlipKind::now_approved);
  of_kind("other", FlipKind::other_reason);
  of_kind("other", FlipKind::other_amount);
  return html + "</div>\n";
}

std::string approvals(const WhatIfResult& result) {
  HtmlTable table({"", "payments", "money"}, {false, true, true});
  table.row({"asked", count_text(result.judged.count), sums_text(result.judged.money)});
  table.row({"approved in the log", count_text(result.approved_logged.count),
             sums_text(result.approved_logged.money)});
  table.row({"approved by these rules", count_text(result.approved_other.count),
             sums_text(result.approved_other.money)});
  return "<h2>All payments</h2>\n" + table.text();
}

std::vector<std::string> sums_cells(std::string head, const FlipSums& sums) {
  const Tally declined = sums.of(FlipKind::now_declined);
  const Tally approved = sums.of(FlipKind::now_approved);
  return {std::move(head),
          count_text(declined.count),
          sums_text(declined.money),
          count_text(approved.count),
          sums_text(approved.money),
          count_text(sums.of(FlipKind::other_amount).count + sums.of(FlipKind::other_reason).count),
          count_text(sums.knock_on_count()),
          count_text(sums.cards.size())};
}

HtmlTable sums_table(std::string head) {
  return HtmlTable({std::move(head), "now declined", "money", "now approved", "money", "other",
                    "knock-on", "cards"},
                   {false, true, true, true, true, true, true, true});
}

std::string by_rule(const WhatIfOptions& options, const WhatIfSummary& summary) {
  std::vector<Bar> bars;
  HtmlTable table = sums_table("rule");
  for (const auto& [key, sums] : summary.by_cause) {
    const auto& [program, cause] = key;
    const std::string head =
        options.programs.size() > 1 ? fmt::format("program {} ", program.value) : std::string();
    Bar bar{.label = head + cause_text(options, program, cause)};
    bar.add(sums);
    table.row(sums_cells(bar.label, sums));
    bars.push_back(std::move(bar));
  }
  return "<h2>By rule</h2>\n<p class=\"soft\">Of a decline, the rule that declines it by these "
         "rules; of an approval, "
         "the rule that declined it in the log.</p>\n" +
         std::string(kKey) + "<div class=\"scroll\">" + rule_chart(std::move(bars)) + "</div>\n" +
         table.text();
}

std::string by_time(const WhatIfSummary& summary) {
  const Span span = fitting_span(summary, kBarsMax);
  const std::vector<Bar> bars = bars_by_time(summary, span);
  HtmlTable table = sums_table("day (UTC)");
  for (const auto& [day, sums] : summary.by_day) table.row(sums_cells(day_text(day), sums));
  return fmt::format("<h2>By {}</h2>\n{}<div class=\"scroll\">{}</div>\n", span_name(span), kKey,
                     time_chart(bars)) +
         fmt::format("<details><summary>{} day{} with flips</summary>{}</details>\n",
                     count_text(summary.by_day.size()), summary.by_day.size() == 1 ? "" : "s",
                     table.text());
}

std::string first_flips(const WhatIfOptions& options, const WhatIfResult& result) {
  HtmlTable table(
      {"position", "time", "card", "asked", "in the log", "by these rules", "because of"},
      {true, false, false, true, false, false, false});
  const std::size_t shown = std::min(result.flips.size(), kFlipsShown);
  for (std::size_t at = 0; at < shown; ++at) {
    const Flip& flip = result.flips[at];
    table.row({count_text(flip.position.value), time_text(flip.time).substr(0, 19),
               id_text(flip.card), amount_text(flip.asked, flip.currency),
               std::string(decision_name(flip.logged)),
               std::string(decision_name(flip.other)) + (flip.knock_on ? " (knock-on)" : ""),
               cause_text(options, flip.program, flip.cause)});
  }
  const std::string head =
      result.flips.size() > shown
          ? fmt::format("The first {} of {} flips", shown, count_text(result.flips.size()))
          : std::string("All flips");
  return "<h2>" + head + "</h2>\n" + table.text();
}

std::string steps(const WhatIfResult& result) {
  HtmlTable table(
      {"step of the log", "alike", "hold not there", "money of these", "other amount", "otherwise"},
      {false, true, true, true, true, true});
  bool any = false;
  for (const auto& [kind, tally] : result.steps) {
    if (tally.not_applicable + tally.otherwise + tally.adjusted == 0) continue;
    any = true;
    table.row({std::string(command_name(kind)), count_text(tally.alike),
               count_text(tally.not_applicable), sums_text(tally.money_not_applicable),
               count_text(tally.adjusted), count_text(tally.otherwise)});
  }
  return any ? "<h2>Steps that follow</h2>\n" + table.text() : std::string();
}

constexpr const char* kNotes =
    "<h2>How to read it</h2>\n<p class=\"soft\">The log is replayed with the changed rules; holds, "
    "balances and the "
    "counters of all windows follow from what these rules approve. A flip is <b>direct</b> when "
    "the payment, judged alone "
    "with everything before it as production decided it, already comes out otherwise; else it is a "
    "<b>knock-on</b> effect "
    "of earlier flips.</p>\n";

}  // namespace

std::string what_if_html(const WhatIfOptions& options, const WhatIfResult& result,
                         const WhatIfSummary& summary) {
  std::string html = html_head("holdfast wal what-if", kStyle) + front(options, result) +
                     number_cards(result, summary.all);
  if (!result.flips.empty()) html += by_time(summary) + by_rule(options, summary);
  html += approvals(result);
  if (!result.flips.empty()) html += first_flips(options, result);
  html += steps(result);
  html += kNotes;
  html += options.newly_approved == NewlyApproved::spent
              ? "<p class=\"soft\">What only these rules approve is taken as spent in full.</p>\n"
              : "<p class=\"soft\">What only these rules approve is taken as never captured: its "
                "hold ends in time.</p>\n";
  return html + "</body>\n</html>\n";
}

}  // namespace holdfast::tools
