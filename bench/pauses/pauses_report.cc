#include "bench/pauses/pauses_report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "bench/pauses/pause_watch.h"
#include "bench/report/latency.h"
#include "bench/report/progress.h"

namespace holdfast::bench {

namespace {

using Json = nlohmann::ordered_json;
using Out = std::back_insert_iterator<std::string>;

double us(std::uint64_t ns) { return static_cast<double>(ns) / 1000.0; }

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<double> steal_share(const ProcessorPauses& one) {
  if (!one.steal_ns || one.looked_ns == 0) return std::nullopt;
  return static_cast<double>(*one.steal_ns) / static_cast<double>(one.looked_ns);
}

std::string percent(double share) { return fmt::format("{:.2f} %", share * 100); }

std::string wait_for_people(std::uint64_t wait_ns) {
  return wait_ns == 0 ? "< " + time_for_people(kPauseMin_ns) : time_for_people(wait_ns);
}

void add_figures(Json& json, const PauseFigures& figures) {
  json["longest_us"] = us(figures.longest_ns);
  json["wait_p99_us"] = us(figures.wait_p99_ns);
  json["wait_p999_us"] = us(figures.wait_p999_ns);
  json["above"] = Json::array();
  for (std::size_t i = 0; i < kPauseThresholds_ns.size(); ++i) {
    const PauseFigures::Above& above = figures.above[i];
    json["above"].push_back({{"threshold_us", us(kPauseThresholds_ns[i])},
                             {"count", above.count},
                             {"share", above.share},
                             {"late_share", above.late_share}});
  }
}

Json figures_to_json(const PauseFigures& figures) {
  Json json = Json::object();
  add_figures(json, figures);
  return json;
}

// Pauses seen whole are told by the time spent in them and by number; those met at moments by the
// share of these.
void add_line(Out out, std::string_view name, const PauseFigures& figures, bool is_whole,
              std::string_view others) {
  fmt::format_to(out, "  {:<14} {:>10} {:>10} {:>10}", name, wait_for_people(figures.longest_ns),
                 wait_for_people(figures.wait_p99_ns), wait_for_people(figures.wait_p999_ns));
  for (const PauseFigures::Above& above : figures.above) {
    fmt::format_to(out, " {:>15}",
                   is_whole ? fmt::format("{} ({})", percent(above.share), above.count)
                            : percent(above.late_share));
  }
  fmt::format_to(out, "{}\n", others);
}

std::string rhythm_text(const Rhythm& rhythm) {
  if (!rhythm.is_told()) return {};
  return fmt::format(
      "  {} of the {} pauses above 1 ms, with {:.0f} % of their time, end at the same point of "
      "every {}:\n  the host or a container gives a quota of processor time (cpu.max) and lets "
      "nothing run once it is used up\n",
      rhythm.at_one_point, rhythm.pauses, rhythm.share * 100, time_for_people(kQuotaPeriod_ns));
}

std::string floor_of_quantiles(const PauseFigures& any) {
  const auto one = [](std::string_view name, std::string_view rare, std::uint64_t wait_ns) {
    return wait_ns == 0 ? fmt::format("none for a {}", name)
                        : fmt::format("{} for a {} (one moment in {} waits so long)",
                                      time_for_people(wait_ns), name, rare);
  };
  return fmt::format("  what pauses allow a request that needs every processor: {}, {}\n",
                     one("p99", "100", any.wait_p99_ns), one("p99.9", "1,000", any.wait_p999_ns));
}

bool is_told(const WatchedPauses& pauses) { return pauses && pauses->has_value(); }

double met_share(const Histogram& latency_ns, const Histogram& outside_ns) {
  if (latency_ns.count() == 0) return 0;
  return static_cast<double>(latency_ns.count() - outside_ns.count()) /
         static_cast<double>(latency_ns.count());
}

}  // namespace

Json to_json(const PausesSeen& seen) {
  Json processors = Json::array();
  for (const ProcessorPauses& one : seen.processors) {
    Json json = {{"processor", one.processor},
                 {"looked_s", static_cast<double>(one.looked_ns) / 1e9}};
    add_figures(json, one.figures(seen.tick_ns));
    json["steal_share"] = or_null(steal_share(one));
    json["switched_out_share"] =
        one.switches ? Json(one.switched_out_share()) : Json(nullptr);
    json["involuntary_switches"] = or_null(one.switches);
    processors.push_back(std::move(json));
  }
  const Rhythm rhythm = seen.rhythm();
  return {{"tick_us", seen.tick_ns == 0 ? Json(nullptr) : Json(us(seen.tick_ns))},
          {"processors", processors},
          {"any", figures_to_json(seen.in_any())},
          {"all", figures_to_json(seen.in_all())},
          {"steal_share", or_null(seen.steal_share())},
          {"written_back_bytes", or_null(seen.written_back_bytes)},
          {"rhythm",
           {{"period_us", us(kQuotaPeriod_ns)},
            {"pauses", rhythm.pauses},
            {"at_one_point", rhythm.at_one_point},
            {"share_of_time_at_one_point", rhythm.share},
            {"is_quota", rhythm.is_told()}}}};
}

std::string to_table(const PausesSeen& seen) {
  const bool is_whole = seen.tick_ns == 0;
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "  {:<14} {:>10} {:>10} {:>10}", "", "longest", "wait p99", "p99.9");
  for (const std::uint64_t threshold_ns : kPauseThresholds_ns) {
    const std::string threshold = time_for_people(threshold_ns);
    fmt::format_to(out, " {:>15}", (is_whole ? "above " : "late ") + threshold);
  }
  fmt::format_to(out, " {:>9}{}\n", "steal", is_whole ? "  switched out" : "");
  for (const ProcessorPauses& one : seen.processors) {
    const auto steal = steal_share(one);
    std::string others = fmt::format(" {:>9}", steal ? percent(*steal) : "not told");
    if (one.switches) {
      others += fmt::format("  {} ({})", percent(one.switched_out_share()), *one.switches);
    }
    add_line(out, fmt::format("processor {}", one.processor), one.figures(seen.tick_ns), is_whole,
             others);
  }
  const PauseFigures any = seen.in_any();
  if (seen.processors.size() > 1) {
    add_line(out, "any of them", any, is_whole, "");
    add_line(out, "all at once", seen.in_all(), is_whole, "");
  }
  text += floor_of_quantiles(any) + rhythm_text(seen.rhythm());
  if (seen.written_back_bytes) {
    fmt::format_to(out,
                   "  written from the page cache by the kernel meanwhile, for whomever: {} MiB\n",
                   with_thousands(*seen.written_back_bytes >> 20));
  }
  return text;
}

Json watched_to_json(const WatchedPauses& pauses, const Histogram& latency_ns,
                     const Histogram& outside_ns) {
  if (!is_told(pauses)) return nullptr;
  Json json = to_json(**pauses);
  json["requests_met"] = latency_ns.count() - outside_ns.count();
  json["requests_met_share"] = met_share(latency_ns, outside_ns);
  json["met_above_us"] = us(PauseSignal::kAbove_ns);
  json["latency_outside_us"] = latency_to_json(outside_ns);
  return json;
}

Json watch_error_to_json(const WatchedPauses& pauses) {
  return pauses ? Json(nullptr) : Json(pauses.error());
}

std::string watched_to_table(const WatchedPauses& pauses, const Histogram& latency_ns,
                             const Histogram& outside_ns) {
  if (!pauses) return fmt::format("  PAUSES NOT TOLD: {}\n", pauses.error());
  if (!pauses->has_value()) return {};
  return fmt::format(
      "  pauses of the machine, met at moments {} apart\n{}"
      "  latency of the {} of requests that met no pause above {}\n           {}\n",
      time_for_people((*pauses)->tick_ns), to_table(**pauses),
      percent(1 - met_share(latency_ns, outside_ns)), time_for_people(PauseSignal::kAbove_ns),
      latency_line(outside_ns));
}

std::string watched_line(const WatchedPauses& pauses, const Histogram& latency_ns,
                         const Histogram& outside_ns) {
  if (!pauses) return "PAUSES NOT TOLD: " + pauses.error();
  if (!pauses->has_value()) return {};
  const PauseFigures any = (*pauses)->in_any();
  const auto steal = (*pauses)->steal_share();
  return fmt::format(
      "pauses up to {}, late above {} {}, steal {}; {} of requests met none: p99 {}, p99.9 {}",
      wait_for_people(any.longest_ns), time_for_people(kPauseThresholds_ns[1]),
      percent(any.above[1].late_share), steal ? percent(*steal) : "not told",
      percent(1 - met_share(latency_ns, outside_ns)), time_for_people(outside_ns.value_at(0.99)),
      time_for_people(outside_ns.value_at(0.999)));
}

}  // namespace holdfast::bench
