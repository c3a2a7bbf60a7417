#include "bench/report/stage_report.h"

#include <nlohmann/json.hpp>

#include "tools/text/stages_text.h"

namespace holdfast::bench {

nlohmann::ordered_json stages_to_json(const Result<StageProfile>& stages) {
  if (!stages) return nullptr;
  auto object = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < kStages; ++i) {
    const StageCounts& counts = stages->stages[i];
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

nlohmann::ordered_json slowest_stage_to_json(const Result<StageProfile>& stages) {
  const Stage slowest = stages ? stages->slowest_at(0.999) : Stage::total;
  if (slowest == Stage::total) return nullptr;
  return std::string(kStageNames[static_cast<std::size_t>(slowest)]);
}

std::string stages_line(const Result<StageProfile>& stages) {
  if (!stages) return "stage times not told: " + stages.error();
  return "inside the server " + tools::slowest_stage_text(*stages);
}

}  // namespace holdfast::bench
