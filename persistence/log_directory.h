// The first part of opening a data directory (recovery.h): what is in it, and whether it belongs
// together. Thread: the one that opens it.
#pragma once

#include <string>
#include <vector>

#include "persistence/recovery.h"
#include "persistence/segments.h"

namespace holdfast::persistence {

/// Makes the directory if need be, and locks it against a second server.
[[nodiscard]] Recovered<File> lock_directory(FileIo& io, const std::string& dir);

struct LogDirectory {
  bool created = false;  // it held no log: there is an empty one now
  Identity identity;
  std::vector<SegmentFile> segments;  // at least one, in order, none missing between them
};

/// Removes what a broken-off server left half made, finds the log or makes it, and syncs all of it.
/// Refuses backups, broken-off restores, and files or an archive of another log.
[[nodiscard]] Recovered<LogDirectory> find_or_make_log(FileIo& io, const OpenLogOptions& options);

}  // namespace holdfast::persistence
