// Opens a data directory: takes the lock, makes the directory on first use, loads the newest good
// snapshot, replays the log behind it through a callback, cuts a torn tail, and hands over a writer
// that goes on behind it.
//
// Order of what happens: lock; temporary files removed; identity read (or made); every segment and
// the directory synced, so that what is read here survives the next crash too; a snapshot loaded;
// blocks read and judged by the recovery table; writer made. From where it goes on is decided by
// start_table.h. Nothing is changed in the files when the answer is an error, but for the removal
// of temporary files. The parts: log_directory.h up to the sync, log_replay.h up to the blocks.
// Thread: any one thread, start-up; with `read_ahead` a second one of its own reads, checks and
// decodes ahead of it. The writer then belongs to the core thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/file_io.h"
#include "persistence/read_ahead.h"
#include "persistence/recovery_error.h"
#include "persistence/segment_preparer.h"
#include "persistence/snapshot_load.h"
#include "persistence/start_table.h"
#include "persistence/wal_writer.h"

namespace holdfast::persistence {

struct OpenLogOptions {
  std::string dir;
  std::uint64_t segment_bytes = limits::wal_segment_bytes_default;  // of segments made from now on
  std::size_t segments_spare = 1;   // laid out ahead
  std::size_t segments_spare_max = 4;
  std::size_t writes_in_flight = 4;
  std::size_t write_beside_bytes = limits::wal_write_beside_bytes;  // see WriterOptions
  LayoutMode layout = LayoutMode::background;
  TimestampNs now;                  // noted as the log's creation time when it is made
  std::optional<LogId> new_log_id;  // for a log that is made; random if not given
  /// Takes the newest good snapshot, whose position the replay then goes on from. Null: snapshots
  /// are not looked at, and the whole log is replayed.
  SnapshotTarget* snapshots = nullptr;
  /// Where older segments were kept; read only when the directory's log does not reach back far
  /// enough. Empty: there is none.
  std::string archive_dir = {};
  ProgressCallback on_progress = {};
  /// Hears of segments that cannot be made, while the log is written. See segment_preparer.h.
  SegmentTell tell_segments = {};
  /// `background` needs a FileIo that bears several threads, as those of an operating system do.
  ReadAheadMode read_ahead = ReadAheadMode::on_demand;
};

/// The engine did not come to the logged result: recovery then refuses, naming the position.
struct ReplayObjection {
  std::size_t record = 0;  // which of those that were given
  std::string text;        // why, for a person
};
/// Called with the records of each block, in order.
using RecordsCallback =
    std::function<std::optional<ReplayObjection>(std::span<const Record> records)>;
/// The same for who wants them one by one; a text is an objection.
using RecordCallback =
    std::function<std::optional<std::string>(const Command& command, const Outcome& outcome)>;

struct RecoveryReport {
  bool created = false;           // the directory held no log
  LogId log_id;
  TimestampNs created_at;         // of the log
  std::uint64_t incarnation = 0;  // of the writer that was made
  std::uint64_t segments = 0;     // with spares
  std::uint64_t blocks = 0;
  std::uint64_t records = 0;      // replayed
  std::uint64_t bytes = 0;        // of blocks, with padding
  std::uint64_t duration_ns = 0;  // of reading and replaying
  std::uint64_t waited_ns = 0;    // of it: replay waiting for what is read ahead
  LogPosition last_position;
  TimestampNs last_time;          // of the last record; zero: none
  /// What stood behind the end and was cut, in words for the log; empty: the log ended cleanly.
  std::string cut;
  std::uint64_t cut_blocks = 0;   // whole blocks among it, none of them acknowledged
  std::uint64_t cut_records = 0;  // in them
  bool direct = false;            // writes bypass the page cache

  LogPosition snapshot_position;  // of the loaded one; zero: none
  TimestampNs snapshot_time;      // logged, of the command at that position
  TimestampNs snapshot_taken_at;  // wall clock
  std::uint64_t snapshot_bytes = 0;
  std::uint64_t snapshot_ns = 0;  // of loading it, bad ones before it included
  std::vector<SkippedSnapshot> skipped;         // snapshots that were passed over, newest first
  std::vector<LogPosition> kept_snapshots;      // at most two, oldest first: see snapshot_writer.h
  const StartRow* start = nullptr;              // how the start went
};

struct OpenedLog {
  RecoveryReport report;
  std::unique_ptr<WalWriter> writer;
  File lock;  // closed by the caller, after the writer
};

[[nodiscard]] std::expected<OpenedLog, RecoveryError> open_log(FileIo& io,
                                                               const OpenLogOptions& options,
                                                               const RecordsCallback& on_records);
[[nodiscard]] std::expected<OpenedLog, RecoveryError> open_log(FileIo& io,
                                                               const OpenLogOptions& options,
                                                               const RecordCallback& on_record);

}  // namespace holdfast::persistence
