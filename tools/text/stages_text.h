// Stage times for people: one table, the same in the command line and in the load generator's
// report. Thread: no state; any.
#pragma once

#include <string>
#include <string_view>

#include "engine/stage_times.h"

namespace holdfast::tools {

/// A line for each stage, in the order of a request's way, and one for the whole: how many
/// requests, p50, p90, p99, p99.9, max, and what ends the stage. Each line begins with `indent`.
[[nodiscard]] std::string stage_table(const StageProfile& profile, std::string_view indent);

/// "p99.9 is 5.77 ms; the stage with the largest is durable, 5.21 ms".
[[nodiscard]] std::string slowest_stage_text(const StageProfile& profile);

}  // namespace holdfast::tools
