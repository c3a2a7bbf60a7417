// Finds the newest good snapshot of a data directory and loads it, judged by start_table.h.
//
// Each file is read once: it is verified while it is handed to the target, and what the target made
// of it counts only when the file was good to its last byte. Reads only. Thread: any one thread;
// with ReadAheadMode::background a second one of its own reads and verifies ahead of it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/snapshot.h"
#include "persistence/file_io.h"
#include "persistence/read_ahead.h"
#include "persistence/snapshot_file.h"
#include "persistence/start_table.h"

namespace holdfast::persistence {

/// What a snapshot is loaded into. A text is why it cannot be, for a person.
class SnapshotTarget {
 public:
  virtual ~SnapshotTarget() = default;
  /// The first call of each try; whatever an earlier one left is forgotten.
  [[nodiscard]] virtual std::optional<std::string> begin(const SnapshotPlan& plan) = 0;
  /// Each page of the plan once, in any order.
  [[nodiscard]] virtual std::optional<std::string> add_page(SnapshotTable table, std::uint32_t page,
                                                            std::span<const std::byte> bytes) = 0;
  [[nodiscard]] virtual std::optional<std::string> finish() = 0;
  /// The last try came to nothing: as before the first.
  virtual void discard() = 0;
};

/// Told after each piece of a start.
struct RecoveryProgress {
  enum class Phase : std::uint8_t { snapshot, log };
  Phase phase = Phase::snapshot;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;  // of the snapshot; of the log at most
  std::uint64_t records = 0;
};
using ProgressCallback = std::function<void(const RecoveryProgress&)>;

/// A snapshot that was not used, and why.
struct SkippedSnapshot {
  std::string path;
  const SnapshotRow* row = nullptr;
  Finding finding;
  /// "PATH is damaged (at offset 8192: the checksum is wrong …)"
  [[nodiscard]] std::string text() const;
};

struct LoadedSnapshot {
  std::optional<SnapshotHeaderPage> header;  // of the one that was loaded; nothing: none is good
  std::uint64_t bytes = 0;                   // of its file
  std::vector<SkippedSnapshot> skipped;      // newest first
  /// That may be kept as the way back, oldest first: the loaded one and those before it.
  std::vector<LogPosition> kept;
};

struct SnapshotRefusal {
  SkippedSnapshot snapshot;       // judged `refuse`
  std::optional<IoError> io;      // or the system said no
};

[[nodiscard]] std::expected<LoadedSnapshot, SnapshotRefusal> load_newest_snapshot(
    FileIo& io, const std::string& dir, LogId log_id, SnapshotTarget& target,
    const ProgressCallback& on_progress, ReadAheadMode read_ahead);

/// Reads a snapshot into `target` (null: only verifies it),
/// telling facts and the first thing wrong.
struct SnapshotReading {
  SnapshotFacts facts;
  Finding finding;                           // unless all facts are true
  std::optional<IoError> io;                 // the system said no; facts say nothing then
  SnapshotHeaderPage header;                 // if facts.header
  std::uint64_t bytes = 0;                   // found good
};
[[nodiscard]] SnapshotReading read_snapshot(FileIo& io, const std::string& path,
                                            std::optional<LogId> log_id,
                                            std::optional<LogPosition> position,
                                            SnapshotTarget* target,
                                            const ProgressCallback& on_progress,
                                            ReadAheadMode read_ahead = ReadAheadMode::on_demand);

}  // namespace holdfast::persistence
