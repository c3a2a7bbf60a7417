// Sections about what does not depend on a load: floors, peers, scale, apply, restart.
#include <fmt/format.h>

#include <utility>

#include "bench/page/charts.h"
#include "bench/page/page_text.h"
#include "bench/page/sections.h"
#include "tools/text/html.h"

namespace holdfast::bench {
namespace {

using tools::HtmlTable;
using tools::html_escaped;

std::string ns_text(double ns) { return fmt::format("{:.1f} ns", ns); }
std::string mb_text(double mb) { return fmt::format("{:.0f} MB/s", mb); }
/// Pauses too short to count are told as zero.
std::string pause_text(double us) { return us == 0 ? "below 100 us" : us_text(us); }
std::string seconds_text(double s) { return fmt::format("{:.2f} s", s); }

const Json& object_at(const Json& json, const std::string& pointer) {
  static const Json empty = Json::object();
  const Json::json_pointer at(pointer);
  return json.contains(at) && json.at(at).is_object() ? json.at(at) : empty;
}

}  // namespace

std::string floors_section(const Json& report) {
  const auto groups = groups_of(report, "floor");
  if (groups.empty()) return not_there("Floors", "holdfast-bench floor --data-dir . --json FILE");
  const RunGroup& group = groups.front();
  const Json& shape = *group.runs.front();
  HtmlTable latencies({"what the machine allows", "p50", "p90", "p99", "p99.9"},
                      {false, true, true, true, true});
  const auto latency = [&](const std::string& name, const std::string& at) {
    if (!number_at(shape, at + "/p50")) return;
    latencies.row({name, spread_text(group.spread(at + "/p50"), us_text),
                   spread_text(group.spread(at + "/p90"), us_text),
                   spread_text(group.spread(at + "/p99"), us_text),
                   spread_text(group.spread(at + "/p999"), us_text)});
  };
  const std::string durable = "/floors/durable_write_4k_us";
  for (const auto& [method, times] : object_at(shape, durable).items()) {
    latency("durable write of 4 KiB, " + words_of(method), durable + "/" + method);
  }
  const std::string group_commit = "/floors/group_commit_us";
  for (const auto& [block, times] : object_at(shape, group_commit).items()) {
    latency("group commit, blocks of " + block, group_commit + "/" + block);
  }
  latency("loopback echo", "/floors/echo_us");
  latency("loopback echo, the server spinning", "/floors/echo_server_spinning_us");
  latency("echo with a durable write", "/floors/echo_durable_us");
  latency("echo with a durable write, the server spinning",
          "/floors/echo_durable_server_spinning_us");
  HtmlTable others({"", ""}, {false, true});
  for (const auto& [key, name] : {std::pair{"wait_p99_us", "p99"}, {"wait_p999_us", "p99.9"}}) {
    const Spread spread = group.spread(fmt::format("/floors/pauses/any/{}", key));
    if (spread.runs == 0) continue;
    others.row({fmt::format("the processors' own pauses, which no {} can be below", name),
                spread_text(spread, pause_text)});
  }
  const std::string sequential = "/floors/sequential_write_mb_per_s";
  for (const auto& [name, rate] : object_at(shape, sequential).items()) {
    others.row({"sequential write, " + words_of(name),
                spread_text(group.spread(sequential + "/" + name), mb_text)});
  }
  const std::string lookups = "/floors/hash_lookup_ns";
  for (const auto& [entries, ways] : object_at(shape, lookups).items()) {
    for (const auto& [way, ns] : ways.items()) {
      others.row({fmt::format("hash lookup among {}, {}", count_text(std::stod(entries)),
                              words_of(way)),
                  spread_text(group.spread(lookups + "/" + entries + "/" + way), ns_text)});
    }
  }
  return "<h2>Floors</h2>\n" + latencies.text() + others.text();
}

std::string peers_section(const Json& report) {
  const auto groups = groups_of(report, "peers");
  if (groups.empty()) return not_there("Peers in the same run", "holdfast-bench peers --json FILE");
  const RunGroup& group = groups.front();
  const Json& shape = *group.runs.front();
  std::string html =
      "<h2>Peers in the same run</h2>\n<p class=\"soft\">The same rule, durable before "
      "it is answered, each driven as its own users would at best. Bars are "
      "logarithmic.</p>\n";
  std::vector<BarRow> rows;
  HtmlTable table({"", "version", "pipelined", "one at a time", "p50", "p99",
                   "Holdfast to it, pipelined", "one at a time"},
                  {false, false, true, true, true, true, true, true});
  for (const auto& [name, told] : object_at(shape, "/contenders").items()) {
    const std::string at = "/contenders/" + name;
    const Spread pipelined = group.spread(at + "/pipelined/rate_per_s/median");
    const Spread single = group.spread(at + "/single/rate_per_s/median");
    rows.push_back({.label = name,
                    .values = {pipelined.median, single.median},
                    .texts = {rate_text(pipelined.median), rate_text(single.median)}});
    const auto ratio = [&](const char* way) {
      return spread_text(group.spread(fmt::format("/ratios/{}_{}", name, way)), ratio_text);
    };
    table.row({name, told.value("version", std::string("-")), spread_text(pipelined, rate_text),
               spread_text(single, rate_text),
               spread_text(group.spread(at + "/single/latency_us/p50"), us_text),
               spread_text(group.spread(at + "/single/latency_us/p99"), us_text),
               ratio("pipelined"), ratio("single")});
  }
  html += bar_chart({"pipelined", "one at a time"}, rows, AxisScale::logarithmic,
                    "authorizations a second of each") + table.text();
  HtmlTable settings({"settings", ""}, {false, false});
  for (const auto& [name, told] : object_at(shape, "/contenders").items()) {
    for (const auto& [key, value] : object_at(told, "/settings").items()) {
      settings.row({fmt::format("{}: {}", name, key), value_text(value)});
    }
  }
  for (const auto& [name, why] : object_at(shape, "/missing").items()) {
    html += fmt::format("<p><b>{}</b> was not measured: {}</p>\n", html_escaped(name),
                        html_escaped(value_text(why)));
  }
  return html + "<details><summary>Settings of each</summary>" + settings.text() + "</details>\n";
}

std::string scale_section(const Json& report) {
  const auto groups = groups_of(report, "scale");
  if (groups.empty()) return not_there("Scale", "holdfast-bench scale --json FILE");
  const RunGroup& group = groups.front();
  const Json& shape = (*group.runs.front())["scale"];
  std::vector<BarRow> rows;
  HtmlTable table({"accounts and cards", "answers a second", "of the smallest", "bytes an account",
                   "resident", "start"},
                  {true, true, true, true, true, true});
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::string at = fmt::format("/scale/{}", i);
    const std::string accounts = count_text(number_at(shape[i], "/accounts").value_or(0));
    const Spread rate = group.spread(at + "/throughput_per_s/median");
    rows.push_back({accounts, {rate.median}, {rate_text(rate.median)}});
    const Spread bytes = group.spread(at + "/bytes_per_account");
    table.row({accounts, spread_text(rate, rate_text),
               spread_text(group.spread(at + "/of_smallest/median"), ratio_text),
               bytes.runs > 0 ? fmt::format("{:.0f}", bytes.median) : "-",
               spread_text(group.spread(at + "/resident_bytes"), bytes_text),
               spread_text(group.spread(at + "/start_s"), seconds_text)});
  }
  return "<h2>Scale</h2>\n<p class=\"soft\">Pipelined durable authorizations by the number of "
         "accounts, each with a card. Bytes: what the server's memory grew by for account, card "
         "and their indexes.</p>\n" +
         bar_chart({"answers a second"}, rows, AxisScale::linear, "answers a second by accounts") +
         table.text();
}

std::string apply_section(const Json& report) {
  const auto groups = groups_of(report, "apply_ratio");
  if (groups.empty()) {
    return not_there("The decision alone", "holdfast-bench apply-ratio --json FILE");
  }
  const RunGroup& group = groups.front();
  const Json& shape = (*group.runs.front())["apply_ratio"];
  HtmlTable table({"accounts", "apply", "its memory work alone", "ratio"},
                  {true, true, true, true});
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::string at = fmt::format("/apply_ratio/{}", i);
    table.row({count_text(number_at(shape[i], "/accounts").value_or(0)),
               spread_text(group.spread(at + "/apply_ns/median"), ns_text),
               spread_text(group.spread(at + "/bare_ns/median"), ns_text),
               spread_text(group.spread(at + "/ratio/median"), ratio_text)});
  }
  return "<h2>The decision alone</h2>\n<p class=\"soft\">An authorization in the engine, without "
         "network and log, against the lookup, update and insertions in the same tables.</p>\n" +
         table.text();
}

std::string restart_section(const Json& report) {
  std::string html;
  for (const RunGroup& group : groups_of(report, "restart")) {
    HtmlTable table({"start", ""}, {false, true});
    const auto row = [&](const char* name, const char* at, std::string (*text_of)(double)) {
      const Spread spread = group.spread(at);
      if (spread.runs > 0) table.row({name, spread_text(spread, text_of)});
    };
    row("accounts", "/accounts", count_text);
    row("snapshot", "/snapshot_bytes", bytes_text);
    row("whole start", "/seconds/start", seconds_text);
    row("of it: loading the snapshot", "/seconds/snapshot", seconds_text);
    row("of it: replaying the log", "/seconds/replay", seconds_text);
    row("records replayed a second", "/rates_per_s/replay", rate_text);
    row("replay against apply alone", "/ratios/replay_to_apply", ratio_text);
    html += table.text();
  }
  for (const RunGroup& group : groups_of(report, "snapshot_cost")) {
    HtmlTable table({"while a snapshot is written", ""}, {false, true});
    table.row({"throughput, of that without",
               spread_text(group.spread("/ratios/throughput"), ratio_text)});
    table.row({"memory, of that without", spread_text(group.spread("/ratios/memory"), ratio_text)});
    table.row({"snapshot", spread_text(group.spread("/snapshot_bytes"), bytes_text)});
    html += table.text();
  }
  return html.empty() ? html : "<h2>Start and snapshots</h2>\n" + html;
}

}  // namespace holdfast::bench
