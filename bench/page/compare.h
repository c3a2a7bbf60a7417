// `holdfast-bench compare A B`: what changed between two reports beyond noise.
//
// Each figure has as many values on a side as the report has runs of it. A change counts when the
// two-sided Mann-Whitney U test, exact, gives it less than one chance in a hundred without a
// change: it asks only which values are larger, so that one odd run does not decide. It needs five
// runs a side, and that both sides were measured in turns: a machine that drifts between two series
// is not noise that a test can see. Thread: no state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/page/report_data.h"

namespace holdfast::bench {

/// The chance that two samples of one distribution differ in rank as much as these, or more, either
/// way. Ties count as half, which makes it a little too careful. 1 when a sample is empty.
[[nodiscard]] double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b);

enum class Better : std::uint8_t { higher, lower };
enum class Verdict : std::uint8_t { better, worse, within_noise, too_few_runs, one_sided };

struct ComparedFigure {
  std::string name;  // "run, closed loop, …: throughput_per_s"
  Better which = Better::lower;
  Spread a;
  Spread b;
  double change = 0;  // of the medians: 0.1 is 10% more in B
  double p = 1;
  Verdict verdict = Verdict::too_few_runs;
};

struct Comparison {
  std::string a_path;
  std::string b_path;
  std::vector<ComparedFigure> figures;
  bool fails_on_worse = false;

  [[nodiscard]] bool has_worse() const;
  [[nodiscard]] bool passed() const { return !fails_on_worse || !has_worse(); }
};

/// Of two reports (see `report_data.h`).
[[nodiscard]] Comparison compare_reports(const Json& a, const Json& b);

[[nodiscard]] Json to_json(const Comparison& comparison);
[[nodiscard]] std::string to_table(const Comparison& comparison);

}  // namespace holdfast::bench
