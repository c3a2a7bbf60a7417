// Makes a data directory of a backup, as it was at the end of the backup or at an earlier position.
//
// In it: the newest good snapshot at or below what is asked for, and the log behind it, cut exactly
// there. A directory whose log was cut holds another log from then on, since its next commands will
// not be those that the original went on with: it gets a log id of its own, in every block and
// snapshot. So nothing takes it for the original: a server refuses the original's archive, a backup
// of the original, and the tools do not join the two. Uncut it is the same log, byte for byte,
// unless another id is asked for (a copy to work with while the original runs on).
//
// A marker keeps servers away until all of it is there. Thread: any one thread; blocks.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "persistence/backup.h"

namespace holdfast::persistence {

struct RestoreOptions {
  std::string from;  // a backup
  std::string dir;   // that does not exist or is empty
  std::optional<LogPosition> until;    // last position; at most one of both is given
  std::optional<TimestampNs> until_time;  // last logged time
  std::string until_text;   // the same, for messages
  bool from_first = false;  // all log there is, not only that behind the snapshot
  bool new_log_id = false;  // also when nothing is cut
  std::function<void(const BackupProgress&)> on_progress;
};

struct RestoreReport {
  BackupManifest manifest;    // of the backup
  LogId log_id;               // of the directory
  LogPosition position;       // its last
  TimestampNs time;           // of the command there
  LogPosition snapshot;       // in it; zero: none, the log begins with the first command
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;    // copied
  std::uint64_t cut_records = 0;  // in the backup, behind the position
  LogPosition cut_last;
  TimestampNs cut_last_time;
  std::vector<std::string> notes;
};

[[nodiscard]] std::expected<RestoreReport, CopyError> restore(FileIo& io,
                                                              const RestoreOptions& options);

/// Reads all of a backup and compares it with its manifest: everything that is wrong, empty if it
/// is good. Restores nothing.
struct BackupCheck {
  BackupManifest manifest;
  std::vector<std::string> problems;
  std::uint64_t bytes = 0;  // read
};
[[nodiscard]] std::expected<BackupCheck, CopyError> check_backup(
    FileIo& io, const std::string& from,
    const std::function<void(const BackupProgress&)>& on_progress);

}  // namespace holdfast::persistence
