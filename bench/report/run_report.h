// The report of a load run and of a verification: a table for people, JSON for programs.
//
// JSON keys are stable: `throughput_per_s`, `latency_us` {p50, p90, p99, p999, max, mean, count},
// `decisions` by name, `errors` (a number), `error_texts`, `settings`. Thread: no state.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/load/run_options.h"
#include "bench/load/verify.h"
#include "bench/result.h"

namespace holdfast::bench {

[[nodiscard]] nlohmann::ordered_json to_json(const RunReport& report);
[[nodiscard]] std::string to_table(const RunReport& report);

[[nodiscard]] nlohmann::ordered_json to_json(const VerifyReport& report);
[[nodiscard]] std::string to_table(const VerifyReport& report);

/// What a load was told to do.
[[nodiscard]] nlohmann::ordered_json settings_to_json(const RunOptions& options);

/// Decision name → how often, for those that came at least once, in precedence order.
[[nodiscard]] nlohmann::ordered_json decisions_to_json(
    const std::array<std::uint64_t, kDecisionNumbers>& counts, bool declines_only);
[[nodiscard]] std::string decisions_to_table(
    const std::array<std::uint64_t, kDecisionNumbers>& counts);

/// Of the requests of the measured time: those that were due when every connection was full (0..1).
[[nodiscard]] double found_no_room_part(const LoadCounts& counts);
/// A line that says so; empty when there were none.
[[nodiscard]] std::string found_no_room_line(const LoadCounts& counts);

/// Writes the whole of `text` and a newline to `path`; "-" is standard output.
[[nodiscard]] Result<void> write_text_file(const std::string& path, const std::string& text);

}  // namespace holdfast::bench
