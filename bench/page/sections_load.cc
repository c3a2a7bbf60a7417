// Sections about load: latency against throughput, percentiles, stages, soak.
#include <fmt/format.h>

#include <algorithm>

#include "bench/page/charts.h"
#include "bench/page/page_text.h"
#include "bench/page/sections.h"
#include "tools/text/html.h"

namespace holdfast::bench {
namespace {

using tools::HtmlTable;
using tools::html_escaped;

struct Quantile {
  const char* key;
  const char* name;
};
constexpr Quantile kQuantiles[] = {{"p50", "p50"}, {"p99", "p99"}, {"p999", "p99.9"}};

/// The points of a latency's distribution: how rare, as 1 in so many, and how slow.
ChartLine distribution_line(std::string name, const Json& latency, bool is_floor) {
  ChartLine line{.name = std::move(name), .points = {}, .is_floor = is_floor};
  if (!latency.is_object() || !latency.contains("distribution")) return line;
  for (const Json& point : latency["distribution"]) {
    const double above = point.at(0).get<double>();
    const double us = point.at(1).get<double>();
    if (us <= 0) continue;
    line.points.push_back(
        {1 / above, us, fmt::format("p{:.6g}: {}", 100 * (1 - above), us_text(us))});
  }
  return line;
}

const Json& at_or_null(const Json& json, const std::string& pointer) {
  static const Json null;
  const Json::json_pointer at(pointer);
  return json.contains(at) ? json.at(at) : null;
}

void add_values(const std::vector<ChartLine>& lines, std::vector<double>& xs,
                std::vector<double>& ys) {
  for (const ChartLine& line : lines) {
    for (const ChartPoint& point : line.points) {
      xs.push_back(point.x);
      ys.push_back(point.y);
    }
  }
}

std::string rate_chart(const RunGroup& group) {
  // Steps of one sweep; with several, the one of middling saturation.
  const Json& sweep = group.typical("/saturation_per_s");
  std::vector<ChartLine> lines;
  for (const Quantile& quantile : kQuantiles) {
    ChartLine line{.name = quantile.name, .points = {}};
    for (const Json& step : sweep["steps"]) {
      const auto rate = number_at(step, "/achieved_per_s");
      const auto us = number_at(step, fmt::format("/latency_us/{}", quantile.key));
      if (!rate || !us || *us <= 0) continue;
      line.points.push_back(
          {*rate, *us,
           fmt::format("{} at {} ({}% of saturation)", us_text(*us), rate_text(*rate),
                       number_at(step, "/percent").value_or(0))});
    }
    std::stable_sort(line.points.begin(), line.points.end(),
                     [](const auto& a, const auto& b) { return a.x < b.x; });
    lines.push_back(std::move(line));
  }
  std::vector<double> xs, ys;
  add_values(lines, xs, ys);
  std::string html = line_chart(
      lines, axis_for("answered a second", AxisScale::linear, xs, rate_text),
      axis_for("latency from the intended send time", AxisScale::logarithmic, ys, us_text),
      "latency against throughput");
  HtmlTable table(
      {"of saturation", "offered", "answered", "p50", "p99", "p99.9", "p99 / unloaded p50", ""},
      {true, true, true, true, true, true, true, false});
  for (const Json& step : sweep["steps"]) {
    const auto us = [&](const char* key) {
      return us_text(number_at(step, fmt::format("/latency_us/{}", key)).value_or(0));
    };
    table.row({fmt::format("{:g}%", number_at(step, "/percent").value_or(0)),
               rate_text(number_at(step, "/offered_per_s").value_or(0)),
               rate_text(number_at(step, "/achieved_per_s").value_or(0)), us("p50"), us("p99"),
               us("p999"), ratio_text(number_at(step, "/p99_to_unloaded_p50").value_or(0)),
               step.value("kept_up", true) ? "" : "did not keep up"});
  }
  const Spread saturation = group.spread("/saturation_per_s");
  return fmt::format("<p>Saturation: <b>{}</b>{}. Unloaded p50: <b>{}</b>.</p>\n",
                     spread_text(saturation, rate_text),
                     saturation.runs > 1 ? fmt::format(", {} sweeps", saturation.runs) : "",
                     spread_text(group.spread("/unloaded_us/p50"), us_text)) +
         html + table.text();
}

/// A sentence on the machine's pauses, for those runs that watched them.
std::string pauses_text(const RunGroup& group) {
  const Spread p99 = group.spread("/pauses/any/wait_p99_us");
  if (p99.runs == 0) return {};
  return fmt::format(
      "<p class=\"soft\">{}: the machine's own pauses were up to {} long and made one moment in a "
      "hundred wait {}; the requests that met none above 0.5 ms had a p99 of {}.</p>\n",
      html_escaped(group.label), spread_text(group.spread("/pauses/any/longest_us"), us_text),
      p99.median > 0 ? spread_text(p99, us_text) : std::string("less than 0.1 ms"),
      spread_text(group.spread("/pauses/latency_outside_us/p99"), us_text));
}

std::string run_table(const Json& report) {
  HtmlTable table({"load", "runs", "answers a second", "p50", "p99", "p99.9"},
                  {false, true, true, true, true, true});
  const auto groups = groups_of(report, "run");
  std::string pauses;
  for (const RunGroup& group : groups) {
    pauses += pauses_text(group);
    table.row({group.label, std::to_string(group.runs.size()),
               spread_text(group.spread("/throughput_per_s"), rate_text),
               spread_text(group.spread("/latency_us/p50"), us_text),
               spread_text(group.spread("/latency_us/p99"), us_text),
               spread_text(group.spread("/latency_us/p999"), us_text)});
  }
  return groups.empty() ? std::string() : table.text() + pauses;
}

}  // namespace

std::string throughput_section(const Json& report) {
  const auto sweeps = groups_of(report, "sweep");
  const std::string runs = run_table(report);
  if (sweeps.empty() && runs.empty()) {
    return not_there("Latency against throughput", "holdfast-bench sweep --connect … --json FILE");
  }
  std::string html = "<h2>Latency against throughput</h2>\n";
  if (!sweeps.empty()) {
    html +=
        "<p class=\"soft\">Open loop: each request is due at its time, whatever happened to those "
        "before, and its latency counts from then.</p>\n" +
        rate_chart(sweeps.front());
  }
  return html + runs;
}

std::string many_section(const Json& report) {
  const auto groups = groups_of(report, "many");
  if (groups.empty()) {
    return not_there("One request on each connection", "holdfast-bench many --json FILE");
  }
  std::string html =
      "<h2>One request on each connection</h2>\n<p class=\"soft\">Closed loop, in turns. The echo "
      "does nothing but receive and send, with both ends on this machine: what its TCP lets "
      "through; the durable one writes what came together first.</p>\n";
  for (const RunGroup& group : groups) {
    const auto rate = [&group](const char* key) {
      return group.spread(fmt::format("/per_s/{}/median", key));
    };
    std::vector<BarRow> bars;
    HtmlTable rates({group.label + " or one", "answers a second"}, {false, true});
    const auto row = [&](const std::string& name, const char* key) {
      const Spread spread = rate(key);
      bars.push_back({name, {spread.median}, {rate_text(spread.median)}});
      rates.row({name, spread_text(spread, rate_text)});
    };
    row("echo, 1 connection", "echo_one");
    row("echo, " + group.label, "echo_many");
    row("durable echo, " + group.label, "echo_many_durable");
    row("Holdfast, 1 connection", "holdfast_one");
    row("Holdfast, " + group.label, "holdfast_many");
    HtmlTable ratios({"ratio", "median of the rounds"}, {false, true});
    const auto ratio = [&](const char* name, const char* key) {
      const Spread spread = group.spread(fmt::format("/ratios/{}/median", key));
      ratios.row({name, spread_text(spread, ratio_text)});
    };
    ratio("Holdfast, many to one", "holdfast_many_to_one");
    ratio("echo, many to one", "echo_many_to_one");
    ratio("Holdfast to echo, many", "holdfast_to_echo");
    ratio("Holdfast to durable echo, many", "holdfast_to_echo_durable");
    html += bar_chart({"answers a second"}, bars, AxisScale::linear,
                      "answers a second with one request on each connection") +
            rates.text() + ratios.text();
  }
  return html;
}

std::string percentiles_section(const Json& report) {
  std::vector<ChartLine> lines;
  const auto add = [&lines](const std::string& name, const Json& latency, bool is_floor) {
    ChartLine line = distribution_line(name, latency, is_floor);
    if (!line.points.empty()) lines.push_back(std::move(line));
  };
  for (const RunGroup& group : groups_of(report, "unloaded")) {
    const Json& typical = group.typical("/holdfast_us/p99");
    add("holdfastd, unloaded", at_or_null(typical, "/holdfast_us"), false);
    add("floor: echo with a durable write", at_or_null(typical, "/floor_us"), true);
  }
  for (const RunGroup& group : groups_of(report, "sweep")) {
    const Json& typical = group.typical("/saturation_per_s");
    add("half of saturation", at_or_null(typical, "/half_of_saturation/latency_us"), false);
    add("80% of saturation", at_or_null(typical, "/eighty_percent_of_saturation/latency_us"),
        false);
  }
  for (const RunGroup& group : groups_of(report, "run")) {
    if (lines.size() >= 6) break;
    add(group.label, at_or_null(group.typical("/latency_us/p99"), "/latency_us"), false);
  }
  if (lines.empty()) {
    return not_there("Percentiles", "holdfast-bench unloaded --json FILE");
  }
  std::vector<double> xs, ys;
  add_values(lines, xs, ys);
  const double rarest = *std::max_element(xs.begin(), xs.end());
  ChartAxis x{.label = "share of the answers that are at least as fast",
              .is_log = true,
              .ticks = {{2, "50%"}}};
  for (const auto& [at, text] : {Tick{10, "90%"}, {100, "99%"}, {1e3, "99.9%"}, {1e4, "99.99%"},
                                 {1e5, "99.999%"}, {1e6, "99.9999%"}, {1e7, "99.99999%"}}) {
    if (x.ticks.back().at < rarest) x.ticks.push_back({at, text});
  }
  return "<h2>Percentiles</h2>\n" +
         line_chart(lines, x, axis_for("latency", AxisScale::logarithmic, ys, us_text),
                    "latency by percentile");
}

std::string stages_section(const Json& report) {
  std::string html;
  for (const RunGroup& group : groups_of(report, "run")) {
    const Json& stages = at_or_null(group.typical("/latency_us/p999"), "/stages_us");
    if (!stages.is_object()) continue;
    std::vector<BarRow> rows;
    for (const auto& [stage, times] : stages.items()) {
      BarRow row{.label = stage, .values = {}, .texts = {}};
      for (const Quantile& quantile : kQuantiles) {
        const double us = number_at(times, fmt::format("/{}", quantile.key)).value_or(0);
        row.values.push_back(us);
        row.texts.push_back(us_text(us));
      }
      rows.push_back(std::move(row));
    }
    html += fmt::format("<p>{}</p>\n", html_escaped(group.label)) +
            bar_chart({kQuantiles[0].name, kQuantiles[1].name, kQuantiles[2].name}, rows,
                      AxisScale::logarithmic, "times of the stages inside the server");
  }
  if (html.empty()) return not_there("Stages inside the server", "holdfast-bench run --json FILE");
  return "<h2>Stages inside the server</h2>\n<p class=\"soft\">From the end of the read that "
         "brought a request to the last byte of its answer written. Logarithmic; each stage's "
         "percentiles are its own and do not add up.</p>\n" +
         html;
}

std::string soak_section(const Json& report) {
  const auto groups = groups_of(report, "soak");
  if (groups.empty()) return {};  // only by flag: an hour
  const Json& soak = *groups.front().runs.front();
  HtmlTable table({"soak", ""}, {false, true});
  for (const auto& [name, value] : soak.items()) {
    if (value.is_primitive()) table.row({words_of(name), value_text(value)});
  }
  return "<h2>Soak</h2>\n" + table.text();
}

}  // namespace holdfast::bench
