// What several runs of the same thing say: the median, and how far they lie apart.
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
  double least = 0;
  double most = 0;
  std::size_t runs = 0;
};

/// Of at least one value. Quantiles between two values are interpolated (Hyndman and Fan's type 7,
/// as R and NumPy do by default).
[[nodiscard]] inline Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&values](double quantile) {
    const double place = quantile * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {at(0.5), at(0.25), at(0.75), values.front(), values.back(), values.size()};
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const Spread& spread) {
  return {{"median", spread.median}, {"quarter_1", spread.quarter_1},
          {"quarter_3", spread.quarter_3}, {"least", spread.least},
          {"most", spread.most},     {"runs", spread.runs}};
}

}  // namespace holdfast::bench
