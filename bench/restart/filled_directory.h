// A data directory as a server of some size leaves it: accounts with a card each, a snapshot of
// them, and so many commands of payments in the log behind it.
//
// Made in this process by the parts that a server is made of (state machine, log writer, snapshot
// writer), one command after the other without sockets, so that five million accounts take seconds.
// The accounts are those of a `Population`, created by the same commands as over the wire: a load
// run finds them there. Thread: the caller's, and the writers' own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/load/population.h"
#include "bench/processes/teardown.h"
#include "bench/result.h"
#include "engine/types.h"

namespace holdfast::bench {

struct FillOptions {
  std::string dir;  // made if missing; must not hold a log
  Population population;
  /// Commands behind the snapshot: authorizations, captures and reversals in the proportion 70,
  /// 20, 10.
  std::uint64_t records = 0;
  std::uint64_t seed = 1;
};

struct Filled {
  LogPosition snapshot_position;
  LogPosition last_position;
  double seconds = 0;  // all of it
};

[[nodiscard]] Result<Filled> fill_directory(const FillOptions& options);

/// A data directory for a measurement.
struct MeasuredDirectory {
  std::optional<TemporaryDirectory> temporary;  // goes with this
  std::string path;
  double fill_seconds = 0;                      // 0: it held a log before
};
/// `fill.dir`, filled first when it holds no log, and kept; empty:
/// a temporary one below `temp_parent`.
[[nodiscard]] Result<MeasuredDirectory> measured_directory(FillOptions fill,
                                                           const std::string& temp_parent);

}  // namespace holdfast::bench
