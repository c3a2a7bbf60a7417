// The server's stage times as every report of holdfast-bench writes them. Thread: no state.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/stage_times.h"

namespace holdfast::bench {

/// By stage name: keys `p50`, `p90`, `p99`, `p999`, `max`, `mean` in microseconds, and `count`.
[[nodiscard]] nlohmann::ordered_json stages_to_json(const StageProfile& profile);

/// The name of the stage with the largest p99.9; null when nothing was recorded.
[[nodiscard]] nlohmann::ordered_json slowest_stage_to_json(const StageProfile& profile);

}  // namespace holdfast::bench
