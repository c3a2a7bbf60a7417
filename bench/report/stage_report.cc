#include "bench/report/stage_report.h"

#include <nlohmann/json.hpp>
#include <string>

namespace holdfast::bench {

nlohmann::ordered_json stages_to_json(const StageProfile& profile) {
  auto object = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < kStages; ++i) {
    const StageCounts& counts = profile.stages[i];
    const auto at_us = [&](double quantile) {
      return static_cast<double>(counts.value_at_ns(quantile)) / 1000.0;
    };
    object[std::string(kStageNames[i])] = {
        {"p50", at_us(0.50)},   {"p90", at_us(0.90)},
        {"p99", at_us(0.99)},   {"p999", at_us(0.999)},
        {"max", at_us(1.0)},    {"mean", counts.mean_ns() / 1000.0},
        {"count", counts.count()}};
  }
  return object;
}

nlohmann::ordered_json slowest_stage_to_json(const StageProfile& profile) {
  const Stage slowest = profile.slowest_at(0.999);
  if (slowest == Stage::total) return nullptr;
  return kStageNames[static_cast<std::size_t>(slowest)];
}

}  // namespace holdfast::bench
