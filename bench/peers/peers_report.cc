#include "bench/peers/peers_report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/report/latency.h"
#include "bench/report/progress.h"

namespace holdfast::bench {

namespace {

using Json = nlohmann::ordered_json;

struct Way {
  const char* key;
  const char* text;
  ContenderFigures ContenderReport::*figures;
};
constexpr Way kWays[] = {{"pipelined", "pipelined", &ContenderReport::pipelined},
                         {"single", "one at a time", &ContenderReport::single}};
constexpr const char* kPeers[] = {"redis", "postgresql"};

const ContenderReport* find(const PeersReport& report, std::string_view name) {
  for (const ContenderReport& told : report.contenders) {
    if (told.name == name) return &told;
  }
  return nullptr;
}

Json shape_to_json(const LoadShape& shape) {
  return {{"connections", shape.connections},
          {"in_flight", shape.in_flight},
          {"server", shape.variant.empty() ? Json(nullptr) : Json(shape.variant)}};
}

Json figures_to_json(const ContenderFigures& figures) {
  Json tried = Json::array();
  for (const ShapeTried& one : figures.tried) {
    Json entry = shape_to_json(one.shape);
    entry["rate_per_s"] = one.rate_per_s;
    tried.push_back(entry);
  }
  return {{"rate_per_s", to_json(spread_of(figures.rates_per_s))},
          {"rates_per_s", figures.rates_per_s},
          {"latency_us", latency_to_json(figures.latency_ns)},
          {"shape", shape_to_json(figures.shape)},
          {"tried", tried}};
}

Json contender_to_json(const ContenderReport& told) {
  Json settings = Json::object();
  for (const auto& [name, value] : told.settings) settings[name] = value;
  Json json = {{"version", told.version}, {"settings", settings}, {"load_s", told.load_s}};
  for (const Way& way : kWays) json[way.key] = figures_to_json(told.*way.figures);
  json["books"] = {{"balanced", told.books.errors.empty()},
                   {"approved", told.books.approved},
                   {"declined", told.books.declined},
                   {"asked_again", told.books.asked_again},
                   {"errors", told.books.errors}};
  return json;
}

}  // namespace

Json to_json(const PeersReport& report) {
  Json machine = to_json(report.machine);
  machine["disk"] = to_json(report.disk);
  Json ratios = Json::object(), spreads = Json::object();
  const ContenderReport& holdfast = report.contenders.front();
  for (const char* name : kPeers) {
    const ContenderReport* peer = find(report, name);
    for (const Way& way : kWays) {
      const std::string key = fmt::format("{}_{}", name, way.key);
      ratios[key] = spreads[key] = nullptr;
      if (peer == nullptr) continue;
      const Spread spread = ratio_of(holdfast.*way.figures, peer->*way.figures);
      ratios[key] = spread.median;
      spreads[key] = to_json(spread);
    }
  }
  Json contenders = Json::object(), missing = Json::object();
  for (const ContenderReport& told : report.contenders) {
    contenders[told.name] = contender_to_json(told);
  }
  for (const MissingPeer& peer : report.missing) missing[peer.name] = peer.why;
  return {{"kind", "peers"},
          {"passed", report.passed()},
          {"machine", machine},
          {"ratios", ratios},
          {"ratio_spreads", spreads},
          {"contenders", contenders},
          {"missing", missing},
          {"settings",
           {{"data_dir", report.options.data_dir},
            {"accounts", report.options.accounts},
            {"rounds", report.options.rounds},
            {"turn_s", report.options.turn_s},
            {"trial_s", report.options.trial_s},
            {"load_processors", report.options.load_processors},
            {"seed", report.options.seed}}}};
}

std::string to_table(const PeersReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{}\n{}\n", to_line(report.machine), to_line(report.disk));
  fmt::format_to(out,
                 "durable authorizations on {} accounts and cards, {} rounds of {} s, medians\n",
                 with_thousands(std::uint64_t{report.options.accounts}), report.options.rounds,
                 report.options.turn_s);
  const ContenderReport& holdfast = report.contenders.front();
  for (const Way& way : kWays) {
    fmt::format_to(out, "{}\n", way.text);
    for (const ContenderReport& told : report.contenders) {
      const ContenderFigures& figures = told.*way.figures;
      const Spread rate = spread_of(figures.rates_per_s);
      fmt::format_to(out, "  {:<11} {:>11} /s   p50 {:>10}   p99 {:>10}", told.name,
                     with_thousands(static_cast<std::uint64_t>(rate.median)),
                     time_for_people(figures.latency_ns.value_at(0.5)),
                     time_for_people(figures.latency_ns.value_at(0.99)));
      if (&told != &holdfast) {
        const Spread ratio = ratio_of(holdfast.*way.figures, figures);
        fmt::format_to(out, "   Holdfast is {:.1f}x ({:.1f} to {:.1f})", ratio.median, ratio.min,
                       ratio.max);
      }
      fmt::format_to(out, "   [{}]\n", figures.shape.text());
    }
  }
  for (const MissingPeer& peer : report.missing) {
    fmt::format_to(out, "NOT MEASURED: {}: {}\n", peer.name, peer.why);
  }
  for (const ContenderReport& told : report.contenders) {
    fmt::format_to(out, "{}: {} approved, {} declined, {} asked again; {}\n", told.version,
                   with_thousands(told.books.approved), with_thousands(told.books.declined),
                   told.books.asked_again,
                   told.books.errors.empty() ? "books balanced" : "WRONG:");
    for (const std::string& error : told.books.errors) fmt::format_to(out, "  ! {}\n", error);
    for (const auto& [name, value] : told.settings) {
      fmt::format_to(out, "  {}: {}\n", name, value);
    }
  }
  return text;
}

}  // namespace holdfast::bench
