#include "bench/report/latency.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/text/times_text.h"

namespace holdfast::bench {

namespace {

double us(std::uint64_t ns) { return static_cast<double>(ns) / 1000.0; }

// The median, and from there on always the middle of what is left, down to the last value.
nlohmann::ordered_json distribution_of(const Histogram& latency_ns) {
  nlohmann::ordered_json points = nlohmann::ordered_json::array();
  const auto count = static_cast<double>(latency_ns.count());
  for (double above = 0.5; above * count >= 0.5; above /= 2) {
    points.push_back({above, us(latency_ns.value_at(1 - above))});
  }
  return points;
}

}  // namespace

nlohmann::ordered_json latency_to_json(const Histogram& latency_ns) {
  return {{"p50", us(latency_ns.value_at(0.50))}, {"p90", us(latency_ns.value_at(0.90))},
          {"p99", us(latency_ns.value_at(0.99))}, {"p999", us(latency_ns.value_at(0.999))},
          {"max", us(latency_ns.max())},          {"mean", latency_ns.mean() / 1000.0},
          {"count", latency_ns.count()},
          {"distribution", distribution_of(latency_ns)}};
}

std::string latency_line(const Histogram& latency_ns) {
  return fmt::format("p50 {}   p90 {}   p99 {}   p99.9 {}   max {}",
                     time_for_people(latency_ns.value_at(0.5)),
                     time_for_people(latency_ns.value_at(0.9)),
                     time_for_people(latency_ns.value_at(0.99)),
                     time_for_people(latency_ns.value_at(0.999)),
                     time_for_people(latency_ns.max()));
}

std::string time_for_people(std::uint64_t ns) { return tools::duration_text(ns); }

}  // namespace holdfast::bench
