// The second part of opening a data directory (recovery.h): the newest good snapshot, the log
// behind it, and whether the two, with the archive, hold all that was acknowledged. Thread: the one
// that opens it.
#pragma once

#include <cstdint>
#include <vector>

#include "persistence/log_directory.h"
#include "persistence/recovery.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {

/// A segment of the directory that holds blocks, and its last position.
struct UsedSegment {
  std::uint64_t number = 0;
  LogPosition last;
};

struct ReplayedLog {
  EndOfLog end;
  std::vector<UsedSegment> used;  // in order; the last may be the one that the log ends in
};

/// Gives the records behind the snapshot to `on_records`. What it found goes into `report`.
[[nodiscard]] Recovered<ReplayedLog> replay_log(FileIo& io, const OpenLogOptions& options,
                                                const LogDirectory& log,
                                                const RecordsCallback& on_records,
                                                RecoveryReport& report);

}  // namespace holdfast::persistence
