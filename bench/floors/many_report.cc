#include "bench/floors/many_report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/report/progress.h"

namespace holdfast::bench {

namespace {

using Json = nlohmann::ordered_json;

struct NamedRate {
  const char* key;
  double ManyRound::* of;
};
constexpr NamedRate kRates[] = {{"echo_one", &ManyRound::echo_one},
                                {"echo_many", &ManyRound::echo_many},
                                {"echo_many_durable", &ManyRound::echo_many_durable},
                                {"holdfast_one", &ManyRound::holdfast_one},
                                {"holdfast_many", &ManyRound::holdfast_many}};

struct NamedRatio {
  const char* key;
  const char* text;
  double ManyRound::* above;
  double ManyRound::* below;
};
constexpr NamedRatio kRatios[] = {
    {"holdfast_many_to_one", "holdfastd, many to one", &ManyRound::holdfast_many,
     &ManyRound::holdfast_one},
    {"echo_many_to_one", "echo, many to one", &ManyRound::echo_many, &ManyRound::echo_one},
    {"echo_many_to_holdfast_one", "echo, many to holdfastd, one", &ManyRound::echo_many,
     &ManyRound::holdfast_one},
    {"holdfast_to_echo", "holdfastd to echo, many", &ManyRound::holdfast_many,
     &ManyRound::echo_many},
    {"holdfast_to_echo_durable", "... to echo with durable writes", &ManyRound::holdfast_many,
     &ManyRound::echo_many_durable}};

}  // namespace

Json to_json(const ManyReport& report) {
  Json rates = Json::object(), ratios = Json::object(), rounds = Json::array();
  for (const NamedRate& rate : kRates) rates[rate.key] = to_json(report.rate(rate.of));
  for (const NamedRatio& ratio : kRatios) {
    ratios[ratio.key] = to_json(report.ratio(ratio.above, ratio.below));
  }
  for (const ManyRound& round : report.rounds) {
    Json& one = rounds.emplace_back(Json::object());
    for (const NamedRate& rate : kRates) one[rate.key] = round.*rate.of;
  }
  Json settings = settings_to_json(report.options, report.server);
  settings["connections"] = report.options.connections;
  return {{"kind", "many"},
          {"passed", report.passed()},
          {"machine", to_json(report.server)},
          {"per_s", rates},
          {"ratios", ratios},
          {"rounds", rounds},
          {"acknowledged", report.acknowledged},
          {"errors", report.errors},
          {"settings", settings}};
}

std::string to_table(const ManyReport& report) {
  std::string text = to_lines(report.server);
  auto out = std::back_inserter(text);
  fmt::format_to(out,
                 "one request under way on each connection, {} rounds of {} s each; a second\n",
                 report.rounds.size(), report.options.turn_s);
  const auto line = [&](std::string_view name, std::uint32_t connections, double ManyRound::* of) {
    const Spread rate = report.rate(of);
    const auto whole = [](double value) {
      return with_thousands(static_cast<std::uint64_t>(value));
    };
    fmt::format_to(out, "  {:<24} {:>5} connection(s) {:>10}  ({} to {})\n", name, connections,
                   whole(rate.median), whole(rate.min), whole(rate.max));
  };
  const std::uint32_t many = report.options.connections;
  line("echo", 1, &ManyRound::echo_one);
  line("echo", many, &ManyRound::echo_many);
  line("echo, durable writes", many, &ManyRound::echo_many_durable);
  line("holdfastd", 1, &ManyRound::holdfast_one);
  line("holdfastd", many, &ManyRound::holdfast_many);
  text += "ratios, medians of the rounds\n";
  for (const NamedRatio& ratio : kRatios) {
    const Spread found = report.ratio(ratio.above, ratio.below);
    fmt::format_to(out, "  {:<44} {:>10.2f}  ({:.2f} to {:.2f})\n", ratio.text, found.median,
                   found.min, found.max);
  }
  fmt::format_to(out, "  {} answers, {}\n", with_thousands(report.acknowledged),
                 report.passed() ? "every one explained, books balanced" : "WRONG:");
  for (const std::string& error : report.errors) fmt::format_to(out, "  ! {}\n", error);
  return text;
}

}  // namespace holdfast::bench
