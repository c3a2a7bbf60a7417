#include "bench/page/report_page.h"

#include <fmt/format.h>

#include "bench/page/charts.h"
#include "bench/page/page_text.h"
#include "bench/page/sections.h"
#include "tools/text/html.h"

namespace holdfast::bench {
namespace {

using tools::html_escaped;

/// What the first part that tells it says of the machine.
const Json* machine_of(const Json& report) {
  if (report.contains("machine")) return &report["machine"];
  for (const auto& [name, entries] : report["parts"].items()) {
    for (const Json& entry : entries) {
      if (entry.contains("machine")) return &entry["machine"];
    }
  }
  return nullptr;
}

std::string front(const Json& report) {
  std::string html = "<h1>Holdfast: performance report</h1>\n";
  html += fmt::format("<p class=\"soft\">Measured until {}. Every figure is of this run on this "
                      "machine; believe the ratios, not the figures of two runs.</p>\n",
                      html_escaped(report.value("made_at", std::string("an unknown time"))));
  return html;
}

std::string headline(const Json& report) {
  std::string cards;
  const auto card = [&cards](const std::string& number, const std::string& what,
                             const std::string& more) {
    cards += fmt::format(
        "<div class=\"card\"><b>{}</b><span>{}</span><span class=\"soft\">{}</span></div>\n",
        number, html_escaped(what), html_escaped(more));
  };
  double most = 0;
  std::string most_label;
  for (const RunGroup& group : groups_of(report, "run")) {
    const Spread rate = group.spread("/throughput_per_s");
    if (rate.median > most) {
      most = rate.median;
      most_label = group.label;
    }
  }
  if (most > 0) card(rate_text(most), "durable authorizations a second", most_label);
  for (const RunGroup& group : groups_of(report, "unloaded")) {
    card(ratio_text(group.spread("/ratios/p50/median").median), "of the floor, unloaded p50",
         fmt::format("p99 {} of its own floor",
                     ratio_text(group.spread("/ratios/p99/median").median)));
  }
  for (const RunGroup& group : groups_of(report, "many")) {
    const auto connections = number_at(*group.runs.front(), "/settings/connections");
    card(ratio_text(group.spread("/ratios/holdfast_many_to_one/median").median),
         fmt::format("of one connection, by {}", count_text(connections.value_or(0))),
         fmt::format("one request on each; {} of the echo without a disk",
                     ratio_text(group.spread("/ratios/holdfast_to_echo/median").median)));
  }
  for (const RunGroup& group : groups_of(report, "peers")) {
    const Spread redis = group.spread("/ratios/redis_pipelined");
    const Spread postgresql = group.spread("/ratios/postgresql_pipelined");
    if (redis.runs > 0) {
      card(ratio_text(redis.median), "of Redis, pipelined", "same run, same rule");
    }
    if (postgresql.runs > 0) {
      card(ratio_text(postgresql.median), "of PostgreSQL, pipelined", "same run, same rule");
    }
  }
  for (const RunGroup& group : groups_of(report, "apply_ratio")) {
    const Json& rows = (*group.runs.front())["apply_ratio"];
    if (rows.empty()) continue;
    const std::string last = fmt::format("/apply_ratio/{}", rows.size() - 1);
    card(ratio_text(group.spread(last + "/ratio/median").median), "apply, of its memory work alone",
         fmt::format("{} accounts", count_text(number_at(rows.back(), "/accounts").value_or(0))));
  }
  return cards.empty() ? std::string() : "<div class=\"cards\">\n" + cards + "</div>\n";
}

std::string machine(const Json& report) {
  std::string html = "<h2>Machine and versions</h2>\n";
  tools::HtmlTable table({"", ""}, {false, false});
  if (const Json* facts = machine_of(report)) {
    for (const auto& [name, value] : facts->items()) {
      if (value.is_object()) continue;
      // The text has the unit.
      const bool is_bytes = name.ends_with("_bytes") && value.is_number();
      table.row({words_of(is_bytes ? name.substr(0, name.size() - 6) : name),
                 is_bytes ? bytes_text(value.get<double>()) : value_text(value)});
    }
    if (facts->contains("disk")) {
      for (const auto& [name, value] : (*facts)["disk"].items()) {
        table.row({"disk: " + words_of(name), value_text(value)});
      }
    }
  } else {
    table.row({"machine", "no part of this report says"});
  }
  if (report.contains("versions")) {
    for (const auto& [name, value] : report["versions"].items()) {
      table.row({words_of(name), value_text(value)});
    }
  }
  if (report.contains("memory_ahead_bytes")) {
    for (const auto& [part, bytes] : report["memory_ahead_bytes"].items()) {
      table.row({"memory ahead: " + words_of(part), bytes_text(bytes.get<double>())});
    }
  }
  if (report.contains("server_options")) {
    const auto words = report["server_options"].get<std::vector<std::string>>();
    table.row({"options of all servers", fmt::format("{}", fmt::join(words, " "))});
  }
  if (report.contains("load_processors")) {
    table.row({"processors of whoever makes load", value_text(report["load_processors"])});
  }
  return html + table.text();
}

std::string missing(const Json& report) {
  const auto& reasons = report["missing"];
  if (reasons.empty()) return {};
  std::string html = "<h2>Not measured</h2>\n<ul>\n";
  for (const auto& [part, why] : reasons.items()) {
    html += fmt::format("<li><b>{}</b>: {}</li>\n", html_escaped(words_of(part)),
                        html_escaped(value_text(why)));
  }
  return html + "</ul>\n";
}

}  // namespace

std::string report_page(const Json& report) {
  std::string html = tools::html_head("Holdfast: performance report", chart_style());
  html += front(report) + headline(report) + missing(report) + machine(report);
  html += floors_section(report) + many_section(report) + throughput_section(report);
  html += percentiles_section(report);
  html += stages_section(report) + peers_section(report) + scale_section(report);
  html += apply_section(report) + restart_section(report) + soak_section(report);
  return html + "</body>\n</html>\n";
}

}  // namespace holdfast::bench
