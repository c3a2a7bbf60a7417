// What holdfastd does with its data directory besides the log itself: tells how a start goes, and
// keeps snapshots and archive while it serves.
//
// Threads: all calls are the main thread's at start-up and at the end, but for `log_segments`. What
// is made here has threads of its own (the writer of snapshots, the recycler of segments) until it
// is destroyed.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>

#include "persistence/log_recycler.h"
#include "persistence/recovery.h"
#include "persistence/snapshot_writer.h"
#include "persistence/uring_file_io.h"
#include "tools/holdfastd_options.h"

namespace holdfast::tools {

/// As set, or measured in the data directory for a tenth of a second, and then logged.
[[nodiscard]] persistence::WriteMethod choose_write_method(const ServerSettings& settings);

/// Tells a long start every second: how much is done, and how long the rest takes.
class StartProgress {
 public:
  void note(const persistence::RecoveryProgress& progress);

 private:
  using Clock = std::chrono::steady_clock;
  std::optional<persistence::RecoveryProgress::Phase> phase_;
  Clock::time_point phase_began_;
  Clock::time_point told_at_;
};

/// How the start went: snapshots passed over, what was read, what was cut.
void log_start(const persistence::RecoveryReport& report, const persistence::FileIoTraits& io);

/// Tells of segments that cannot be made, and of what follows from it.
/// On the thread that makes them.
void log_segments(persistence::SegmentEvent event, const std::string& why);

/// Snapshots and archive while the server serves. Destroyed before the log's writer.
struct Housekeeping {
  std::unique_ptr<persistence::LogRecycler> recycler;
  std::unique_ptr<persistence::SnapshotWriter> snapshots;  // null: they are off
};

/// An error when the archive cannot be used.
[[nodiscard]] persistence::IoResult<Housekeeping> keep_house(persistence::FileIo& io,
                                                             const ServerSettings& settings,
                                                             const persistence::OpenedLog& log);

}  // namespace holdfast::tools
