// Latencies as every report of holdfast-bench writes them. Histograms hold nanoseconds. Thread: no
// state.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/histogram.h"

namespace holdfast::bench {

/// Keys `p50`, `p90`, `p99`, `p999`, `max`, `mean` in microseconds, and `count`. `distribution`,
/// for plots: pairs of a share of all values, halved from 0.5 on,
/// and what only that share is above.
[[nodiscard]] nlohmann::ordered_json latency_to_json(const Histogram& latency_ns);

/// "p50 123.4 us   p90 …   p99 …   p99.9 …   max …".
[[nodiscard]] std::string latency_line(const Histogram& latency_ns);

/// "123.4 us", "12.3 ms", "1.23 s".
[[nodiscard]] std::string time_for_people(std::uint64_t ns);

}  // namespace holdfast::bench
