// The server's stage times as every report of holdfast-bench writes them. Thread: no state.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/result.h"
#include "engine/stage_times.h"

namespace holdfast::bench {

/// By stage name: keys `p50`, `p90`, `p99`, `p999`, `max`, `mean` in microseconds, and `count`;
/// null when the server did not tell them.
[[nodiscard]] nlohmann::ordered_json stages_to_json(const Result<StageProfile>& stages);

/// The name of the stage with the largest p99.9; null when nothing was recorded or told.
[[nodiscard]] nlohmann::ordered_json slowest_stage_to_json(const Result<StageProfile>& stages);

/// "p99.9 is …; the stage with the largest is …", or why they are not known.
[[nodiscard]] std::string stages_line(const Result<StageProfile>& stages);

}  // namespace holdfast::bench
