// Copies what a data directory holds into a backup, beside the server that writes it.
//
// A backup is a directory with copies of segments and snapshots under their own names, `identity`,
// and a manifest that is written last (backup_manifest.h). It can be restored to any position
// between a snapshot in it and the end of the log behind that. A run into a directory that holds a
// backup of the same log copies only what is new; whatever breaks it off, the backup before it
// stays good.
//
// The server needs no word of it: what it lets go meanwhile is noticed by what stands in the
// blocks, and the run goes on from what is there now, until what it has can be restored. All that
// was durable when it began is in it. Thread: any one thread; blocks.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "persistence/backup_manifest.h"
#include "persistence/file_io.h"

namespace holdfast::persistence {

struct BackupProgress {
  enum class Phase : std::uint8_t { log, snapshot };
  Phase phase = Phase::log;
  std::uint64_t bytes = 0;        // of the phase; of a snapshot: of this one
  std::uint64_t bytes_total = 0;  // at most
};

struct BackupOptions {
  std::string dir;          // of a server that runs or not
  std::string to;           // made if need be
  std::string archive_dir;  // holds older segments; empty: none
  TimestampNs now;          // noted in the manifest
  std::function<void(const BackupProgress&)> on_progress;
};

struct BackupReport {
  BackupManifest manifest;
  std::uint64_t segments_copied = 0;  // also those that went on since the last run
  std::uint64_t records_new = 0;
  std::uint64_t bytes_copied = 0;
  std::uint64_t snapshots_copied = 0;
  std::uint64_t tries = 0;            // more than one: the server let something go meanwhile
  std::vector<std::string> notes;     // what a person should know
};

/// Why nothing came of a backup or a restore.
struct CopyError {
  enum class Kind : std::uint8_t {
    usage,    // the directories are not what they should be; nothing was changed
    locked,   // another process uses one of them
    source,   // what is to be copied cannot be read
    damaged,  // or is not what was written
    target,   // the copy cannot be written
    moving,   // the server lets go faster than it can be copied
    not_covered,  // the backup does not hold what is asked for
  };
  Kind kind = Kind::usage;
  std::string reason;
  std::string what_to_do;
};

[[nodiscard]] std::expected<BackupReport, CopyError> back_up(FileIo& io,
                                                             const BackupOptions& options);

}  // namespace holdfast::persistence
