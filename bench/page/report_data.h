// What a report is made of: the JSON of other commands, each in its part, each perhaps several
// times.
//
// {"kind": "report", "made_at": …, "parts": {"floor": [{…}, …], …}, "missing": {"peers": "why"}}
// Each entry of a part is what that command wrote with `--json`; several entries of one part are
// runs of the same thing (same label) or of different ones. Thread: no state.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report/spread.h"
#include "bench/result.h"

namespace holdfast::bench {

using Json = nlohmann::ordered_json;

/// The parts of a report, in the order in which it tells them.
inline constexpr std::string_view kReportParts[] = {
    "floor", "unloaded",    "many",  "sweep",   "run",          "soak",
    "peers", "apply_ratio", "scale", "restart", "snapshot_cost"};

/// The part to which a command's JSON belongs; empty: no command of ours wrote it.
[[nodiscard]] std::string part_of(const Json& json);

/// An empty report, made now.
[[nodiscard]] Json new_report();

/// Adds what a file holds: another report (all its parts) or the JSON of one command.
[[nodiscard]] Result<void> add_to_report(Json& report, const Json& json, const std::string& path);

[[nodiscard]] Result<Json> read_json_file(const std::string& path);

/// What tells runs of the same part apart: "closed loop, 4 x 1024 in flight, 1,000,000 accounts".
/// Empty for parts that are always the same thing.
[[nodiscard]] std::string label_of(std::string_view part, const Json& entry);

/// The number at a JSON pointer ("/latency_us/p50"), if there is one.
[[nodiscard]] std::optional<double> number_at(const Json& json, const std::string& pointer);

/// Runs of one thing.
struct RunGroup {
  std::string label;
  std::vector<const Json*> runs;

  /// The values of those that have it; `runs` 0: none has.
  [[nodiscard]] Spread spread(const std::string& pointer) const;
  /// The run whose value is the median (the lower of two), to show one whole; never null.
  [[nodiscard]] const Json& typical(const std::string& pointer) const;
};
/// By label, in order of first appearance. They point into `report`.
[[nodiscard]] std::vector<RunGroup> groups_of(const Json& report, std::string_view part);

}  // namespace holdfast::bench
