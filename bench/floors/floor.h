// What the machine itself allows: the figures that no server can be better than.
//
// All floors are measured in turns, a slice of each in every round, so that a machine that is
// slower for a while is so for all of them. Nothing is pinned but the threads that look for
// pauses. The file measured lies in the data directory's file system and has no name (see
// `ScratchFile`). Thread: the caller's, and one more for each echo and for each processor.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/floors/lookup_table.h"
#include "bench/floors/many_echo.h"
#include "bench/floors/sequential_write.h"
#include "bench/histogram.h"
#include "bench/pauses/pauses.h"
#include "bench/report/machine.h"
#include "bench/result.h"

namespace holdfast::bench {

struct FloorOptions {
  std::string data_dir;  // exists
  /// Measuring, all floors together; laying out the file and filling the tables come on top.
  double duration_s = 10;
  /// Looking for pauses, on top of that; 0: not. They are rare, so they take longer than a floor.
  double pauses_s = 5;
  std::uint32_t rounds = 5;
  std::uint64_t file_bytes = 64ULL * 1024 * 1024;  // of each of the two files; whole MiB
  std::uint32_t echo_connections = 64;  // of the echo with many; 1 .. kEchoConnectionsMax
  std::vector<std::uint64_t> lookup_entries = {10'000, 1'000'000, 10'000'000};

  /// Empty when the options agree with each other, else a sentence.
  [[nodiscard]] std::string check() const;
};

template <class Value>
using Named = std::vector<std::pair<std::string, Value>>;

struct FloorReport {
  FloorOptions options;
  Machine machine;
  Disk disk;
  bool is_direct = false;  // writes bypassed the page cache
  std::string io_uring_refused;  // why, or empty; floors that need it are then missing

  Named<Histogram> durable_write_ns;
  Named<Histogram> group_commit_ns;  // see `GroupCommitProbe`, by the size of a block
  Histogram echo_ns;
  Histogram echo_server_spinning_ns;
  Histogram echo_durable_ns;
  Histogram echo_durable_pwritev2_ns;
  Histogram echo_durable_server_spinning_ns;
  EchoesDone echo_one, echo_many, echo_many_durable;  // see `run_many_echo`
  Named<SequentialWritten> sequential_write;
  std::vector<std::pair<std::uint64_t, Named<LookupsDone>>> lookups;  // by entries
  PausesSeen pauses;  // no processors: they were not looked for

  /// It was measured; there is nothing to pass.
  [[nodiscard]] static bool passed() { return true; }
};

[[nodiscard]] Result<FloorReport> measure_floors(const FloorOptions& options);

}  // namespace holdfast::bench
