#include "bench/floors/unloaded_report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/report/latency.h"
#include "bench/report/progress.h"
#include "bench/report/spread.h"

namespace holdfast::bench {

namespace {

using Json = nlohmann::ordered_json;

Spread ratio_of(const UnloadedReport& report, double quantile) {
  std::vector<double> ratios;
  for (const UnloadedRound& round : report.rounds) ratios.push_back(round.ratio(quantile));
  return spread_of(std::move(ratios));
}

/// All rounds together.
UnloadedRound whole(const UnloadedReport& report) {
  UnloadedRound all;
  for (const UnloadedRound& round : report.rounds) {
    all.floor_ns.merge(round.floor_ns);
    all.holdfast_ns.merge(round.holdfast_ns);
  }
  return all;
}

}  // namespace

Json to_json(const UnloadedReport& report) {
  Json rounds = Json::array();
  for (const UnloadedRound& round : report.rounds) {
    rounds.push_back({{"floor_us", latency_to_json(round.floor_ns)},
                      {"holdfast_us", latency_to_json(round.holdfast_ns)},
                      {"ratio_p50", round.ratio(0.5)},
                      {"ratio_p99", round.ratio(0.99)}});
  }
  const UnloadedRound all = whole(report);
  return {{"kind", "unloaded"},
          {"passed", report.passed()},
          {"machine", to_json(report.server)},
          {"ratios",
           {{"p50", to_json(ratio_of(report, 0.5))}, {"p99", to_json(ratio_of(report, 0.99))}}},
          {"floor_us", latency_to_json(all.floor_ns)},
          {"holdfast_us", latency_to_json(all.holdfast_ns)},
          {"rounds", rounds},
          {"approved", report.approved},
          {"declined", report.declined},
          {"errors", report.errors},
          {"settings", settings_to_json(report.options, report.server)}};
}

std::string to_table(const UnloadedReport& report) {
  std::string text = to_lines(report.server);
  auto out = std::back_inserter(text);
  fmt::format_to(out, "one connection, one request under way, {} rounds of {} s each\n",
                 report.rounds.size(), report.options.turn_s);
  const UnloadedRound all = whole(report);
  const auto line = [&](std::string_view name, const Histogram& latency_ns) {
    fmt::format_to(out, "  {:<28} p50 {:>10}   p99 {:>10}   p99.9 {:>10}   {:>9} answers\n", name,
                   time_for_people(latency_ns.value_at(0.5)),
                   time_for_people(latency_ns.value_at(0.99)),
                   time_for_people(latency_ns.value_at(0.999)),
                   with_thousands(latency_ns.count()));
  };
  line("echo with a durable write", all.floor_ns);
  line("holdfastd", all.holdfast_ns);
  const Spread p50 = ratio_of(report, 0.5), p99 = ratio_of(report, 0.99);
  fmt::format_to(out,
                 "  ratio, median of the rounds  p50 {:.2f} ({:.2f} to {:.2f})   "
                 "p99 {:.2f} ({:.2f} to {:.2f})\n",
                 p50.median, p50.min, p50.max, p99.median, p99.min, p99.max);
  fmt::format_to(out, "  {} approved, {} declined, {}\n", with_thousands(report.approved),
                 with_thousands(report.declined),
                 report.passed() ? "every answer explained, books balanced" : "WRONG:");
  for (const std::string& error : report.errors) fmt::format_to(out, "  ! {}\n", error);
  return text;
}

}  // namespace holdfast::bench
