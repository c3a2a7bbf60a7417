// The report of pauses: lines of a table for people, JSON for programs; of a floor and of a watch
// beside a load. No state; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "bench/histogram.h"
#include "bench/pauses/pauses.h"
#include "bench/result.h"

namespace holdfast::bench {

/// Pauses beside a load: nothing when they were not asked for, an error when the watch failed.
using WatchedPauses = Result<std::optional<PausesSeen>>;

[[nodiscard]] nlohmann::ordered_json to_json(const PausesSeen& seen);
/// Two-space indented lines: each processor, any, all, and what follows for latencies.
[[nodiscard]] std::string to_table(const PausesSeen& seen);

/// Null when they were not asked for or not told. `latency_ns` of all requests, `outside_ns` of
/// those that met no pause above `PauseSignal::kAbove_ns`.
[[nodiscard]] nlohmann::ordered_json watched_to_json(const WatchedPauses& pauses,
                                                     const Histogram& latency_ns,
                                                     const Histogram& outside_ns);
[[nodiscard]] nlohmann::ordered_json watch_error_to_json(const WatchedPauses& pauses);
/// Empty when they were not asked for.
[[nodiscard]] std::string watched_to_table(const WatchedPauses& pauses,
                                           const Histogram& latency_ns,
                                           const Histogram& outside_ns);
/// In one line without an end: "pauses up to 4.1 ms, …"; empty when they were not asked for.
[[nodiscard]] std::string watched_line(const WatchedPauses& pauses, const Histogram& latency_ns,
                                       const Histogram& outside_ns);

}  // namespace holdfast::bench
