// What a restart is held against: each part of it done alone, in this process.
//
// The same snapshot read raw, and read and verified; the same indexes built from keys that are in
// memory; the same commands applied to the same state, decoded and in memory before the clock
// starts. Thread: the caller's; building indexes uses a second one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/result.h"
#include "engine/request.h"
#include "engine/types.h"

namespace holdfast::bench {

struct RestartFloors {
  std::uint64_t snapshot_bytes = 0;
  double raw_read_seconds = 0;       // sequential reads of 1 MiB, past the page cache
  double verified_read_seconds = 0;  // with all checksums, into nothing
  std::uint64_t index_keys = 0;
  double indexes_seconds = 0;        // two threads
  double load_seconds = 0;           // the whole loading, as a server does it
  std::uint64_t commands = 0;
  double apply_seconds = 0;          // prefetched, as all of them are known ahead
  LogPosition position;              // where that ended
  StateDigest digest;                // of the state there
};

/// Measures all of it on the newest snapshot of a directory that no server uses. The files are put
/// out of the page cache before each reading. Needs memory for the state and 180 bytes a command.
[[nodiscard]] Result<RestartFloors> measure_restart_floors(const std::string& dir);

/// Takes the directory's files out of the page cache, as far as the system does what it is asked.
[[nodiscard]] Result<void> drop_from_page_cache(const std::string& dir);

}  // namespace holdfast::bench
