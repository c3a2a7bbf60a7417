// What several runs of the same thing say: the median,
// and how far they lie apart. Thread: no state.
#pragma once

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

namespace holdfast::bench {

struct Spread {
  double median = 0;
  double quarter_1 = 0;  // a quarter of the runs are at or below it
  double quarter_3 = 0;
  double min = 0;
  double max = 0;
  std::size_t runs = 0;
};

/// Quantiles between two values are interpolated (Hyndman and Fan's type 7, as R and NumPy do by
/// default). All zero when there is nothing.
[[nodiscard]] inline Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&values](double quantile) {
    const double place = quantile * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {.median = at(0.5),
          .quarter_1 = at(0.25),
          .quarter_3 = at(0.75),
          .min = values.front(),
          .max = values.back(),
          .runs = values.size()};
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min},
          {"max", spread.max},       {"quarter_1", spread.quarter_1},
          {"quarter_3", spread.quarter_3}, {"runs", spread.runs}};
}

}  // namespace holdfast::bench
