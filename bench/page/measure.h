// Measures everything that a report tells, by the other commands of this program.
//
// Each command runs in a process of its own and writes its JSON, so that a part that cannot be
// measured here (a peer that is not installed, a command that an older program does not know) is
// told as missing and leaves the rest alone. Repeats go round: every part once, then again. With
// `against`, each command is run by both programs before the next, in alternating order: then the
// two reports are pairs of interleaved runs, which `compare` needs to believe a difference. Thread:
// the caller's.
#pragma once

#include <string>
#include <vector>

#include "bench/page/report_data.h"

namespace holdfast::bench {

struct MeasureOptions {
  std::uint32_t repeats = 1;
  bool is_quick = false;           // a minute or so for all, small: to see that it works
  std::vector<std::string> parts;  // of `kReportParts`; empty: those of `kMeasuredParts`
  std::string temp_parent;         // directories of servers are made here; empty: the system's
  /// The directory of another build's holdfast-bench and holdfastd; empty: none.
  std::string against;
  /// For every server that a part starts, behind what the part gives it itself.
  std::vector<std::string> server_options;
  /// Whoever makes load runs there only, in the parts that can be told; empty: anywhere.
  std::vector<unsigned> load_processors;
};

/// What is measured unless it is said otherwise. A soak takes an hour and is asked for by itself.
inline constexpr std::string_view kMeasuredParts[] = {
    "floor", "unloaded",    "many",  "sweep",   "run",
    "peers", "apply_ratio", "scale", "restart", "snapshot_cost"};

struct Measured {
  Json report;
  Json against;  // null without `against`
};

/// An error: nothing could be measured at all.
[[nodiscard]] Result<Measured> measure_report(const MeasureOptions& options);

}  // namespace holdfast::bench
