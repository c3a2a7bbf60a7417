#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/load/sweep.h"
#include "bench/pauses/pauses_report.h"
#include "bench/report/latency.h"
#include "bench/report/progress.h"
#include "bench/report/run_report.h"
#include "bench/report/stage_report.h"

namespace holdfast::bench {

namespace {

using Json = nlohmann::ordered_json;

double ratio(double value, double to) { return to > 0 ? value / to : 0; }

/// p99 of a step in unloaded medians: what issue and users ask of half of saturation.
double p99_to_unloaded(const SweepReport& report, const SweepStep& step) {
  return ratio(static_cast<double>(step.phase.counts.latency_ns.value_at(0.99)),
               static_cast<double>(report.unloaded.counts.latency_ns.value_at(0.5)));
}

Json pauses_to_json(const PhaseReport& phase) {
  return watched_to_json(phase.pauses, phase.counts.latency_ns, phase.counts.outside_pauses_ns);
}

Json step_to_json(const SweepReport& report, const SweepStep& step) {
  return {{"percent", step.percent},
          {"offered_per_s", step.offered_per_s},
          {"achieved_per_s", step.phase.throughput_per_s()},
          {"kept_up", step.kept_up()},
          {"found_no_room", step.phase.counts.found_no_room},
          {"latency_us", latency_to_json(step.phase.counts.latency_ns)},
          {"stages_us", stages_to_json(step.phase.stages)},
          {"stages_slowest_p999", slowest_stage_to_json(step.phase.stages)},
          {"pauses", pauses_to_json(step.phase)},
          {"p99_to_unloaded_p50", p99_to_unloaded(report, step)}};
}

std::string remark_on(const SweepStep& step) {
  std::string remark = step.kept_up() ? "" : "did not keep up";
  // Below that the tail is the server's: what waited in the generator is not in the p99.
  constexpr double kWorthTelling = 0.01;
  if (const double part = found_no_room_part(step.phase.counts); part >= kWorthTelling) {
    remark += fmt::format("{}{:.0f} % found every connection full", remark.empty() ? "" : ", ",
                          part * 100);
  }
  return remark;
}

void add_line(std::back_insert_iterator<std::string> out, const std::string& name,
              const std::string& offered, const PhaseReport& phase, std::string_view remark) {
  const Histogram& latency = phase.counts.latency_ns;
  fmt::format_to(out, "  {:<14} {:>12} {:>12}", name, offered,
                 with_thousands(static_cast<std::uint64_t>(phase.throughput_per_s())));
  for (const double quantile : {0.5, 0.9, 0.99, 0.999}) {
    fmt::format_to(out, " {:>11}", time_for_people(latency.value_at(quantile)));
  }
  fmt::format_to(out, " {:>11}  {}\n", time_for_people(latency.max()), remark);
  const std::string pauses =
      watched_line(phase.pauses, latency, phase.counts.outside_pauses_ns);
  if (!pauses.empty()) fmt::format_to(out, "  {:<14} {}\n", "", pauses);
}

}  // namespace

nlohmann::ordered_json to_json(const SweepReport& report) {
  Json steps = Json::array();
  for (const SweepStep& step : report.steps) steps.push_back(step_to_json(report, step));
  const auto step_or_null = [&](double percent) {
    const SweepStep* step = report.step_at(percent);
    return step != nullptr ? step_to_json(report, *step) : Json(nullptr);
  };
  const Json closed_loop =
      report.closed_loop
          ? Json{{"throughput_per_s", report.closed_loop->throughput_per_s()},
                 {"latency_us", latency_to_json(report.closed_loop->counts.latency_ns)},
                 {"pauses", pauses_to_json(*report.closed_loop)}}
          : Json(nullptr);
  return {{"passed", report.passed()},
          {"saturation_per_s", report.saturation_per_s},
          {"unloaded_us", latency_to_json(report.unloaded.counts.latency_ns)},
          {"unloaded_pauses", pauses_to_json(report.unloaded)},
          {"closed_loop", closed_loop},
          {"steps", steps},
          {"half_of_saturation", step_or_null(50)},
          {"eighty_percent_of_saturation", step_or_null(80)},
          {"errors", report.errors},
          {"error_texts", report.error_texts},
          {"lost", report.lost ? Json(*report.lost) : Json(nullptr)},
          {"pauses_error", report.pauses_error ? Json(*report.pauses_error) : Json(nullptr)},
          {"balances_conserved", report.books.balances_conserved
                                     ? Json(*report.books.balances_conserved)
                                     : Json(nullptr)},
          {"balance_errors", report.books.errors},
          {"step_s", report.options.step_s},
          {"warm_up_s", report.options.warm_up_s},
          {"settings", settings_to_json(report.load)}};
}

std::string to_table(const SweepReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "sweep: {} connection(s) x {} in flight, {} accounts, {:.1f} s a step\n",
                 report.load.connections, report.load.in_flight,
                 with_thousands(std::uint64_t{report.load.population.accounts}),
                 report.options.step_s);
  fmt::format_to(out, "  {:<14} {:>12} {:>12} {:>11} {:>11} {:>11} {:>11} {:>11}\n", "",
                 "offered /s", "answered /s", "p50", "p90", "p99", "p99.9", "max");
  add_line(out, "unloaded", "-", report.unloaded, "one request at a time");
  if (report.closed_loop) {
    add_line(out, "closed loop", "-", *report.closed_loop, "every window full: saturation");
  }
  for (const SweepStep& step : report.steps) {
    add_line(out, fmt::format("{} %", step.percent),
             with_thousands(static_cast<std::uint64_t>(step.offered_per_s)), step.phase,
             remark_on(step));
  }
  if (const SweepStep* half = report.step_at(50)) {
    fmt::format_to(out, "  at half of saturation p99 is {:.2f} times the unloaded p50\n",
                   p99_to_unloaded(report, *half));
  }
  if (const SweepStep* step = report.step_at(80)) {
    fmt::format_to(out, "  at 80 % of saturation, {}\n", stages_line(step->phase.stages));
  }
  if (report.lost) fmt::format_to(out, "  connection lost: {}\n", *report.lost);
  fmt::format_to(out, "  unexplained answers {}\n", with_thousands(report.errors));
  for (const std::string& error : report.error_texts) fmt::format_to(out, "  ! {}\n", error);
  fmt::format_to(out, "  books {}\n",
                 !report.books.balances_conserved   ? "not checked"
                 : *report.books.balances_conserved ? "balanced"
                                                    : "WRONG");
  for (const std::string& error : report.books.errors) fmt::format_to(out, "  ! {}\n", error);
  return text;
}

}  // namespace holdfast::bench
