// `holdfast-bench sweep`: how latency grows with the rate, until the server does not keep up.
//
// One request at a time first (the unloaded latency), then a closed loop that fills every window
// (saturation), then open loops at rising parts of saturation, each with latencies from the
// intended send times. It ends behind the first step at which fewer answers came than were asked
// for. All is one load on one population: answers are checked throughout, and the books at the end.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/load_session.h"
#include "bench/result.h"

namespace holdfast::bench {

struct SweepOptions {
  RunOptions load;  // its rate, warm-up and duration are not used
  std::vector<double> percents = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
  double saturation_per_s = 0;  // 0: found by a closed loop
  double unloaded_s = 1;
  double saturation_s = 3;
  double step_s = 3;
  double warm_up_s = 0.5;  // before each

  /// Empty when the options agree with each other, else a sentence.
  [[nodiscard]] std::string check() const;
};

/// A step keeps up when at least so much of what was due in its time was answered in it.
inline constexpr double kKeptUp = 0.95;

struct SweepStep {
  double percent = 0;
  double offered_per_s = 0;
  PhaseReport phase;
  [[nodiscard]] bool kept_up() const {
    return phase.throughput_per_s() >= kKeptUp * offered_per_s;
  }
};

struct SweepReport {
  RunOptions load;
  SweepOptions options;
  PhaseReport unloaded;
  std::optional<PhaseReport> closed_loop;  // nothing: saturation was given
  double saturation_per_s = 0;
  std::vector<SweepStep> steps;
  BooksReport books;
  std::uint64_t errors = 0;  // answers that cannot be explained, of all phases
  std::vector<std::string> error_texts;
  std::optional<std::string> lost;
  std::optional<std::string> pauses_error;  // why they are not told, of the first phase

  /// The step at this percentage of saturation; null when it was not made.
  [[nodiscard]] const SweepStep* step_at(double percent) const;
  /// Answers explicable, books right, nothing lost. Not keeping up is a finding, no failure.
  [[nodiscard]] bool passed() const;
};

[[nodiscard]] Result<SweepReport> sweep(const SweepOptions& options);

[[nodiscard]] nlohmann::ordered_json to_json(const SweepReport& report);
[[nodiscard]] std::string to_table(const SweepReport& report);

}  // namespace holdfast::bench
