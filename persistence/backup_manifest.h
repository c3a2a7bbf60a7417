// What a backup holds: the file `backup.manifest` in its directory, written last by each run.
//
// Text, one thing a line, so that a person can read it; the last line is the XXH3-128 of all before
// it. The files themselves are in it by the checksum of their last block or part, which speaks for
// all before it. A segment that was not full is named with its length then: what a later run adds
// behind that does not make an earlier manifest wrong. Thread: plain values; any.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/file_io.h"
#include "persistence/wal_format.h"

namespace holdfast::persistence {

inline constexpr std::string_view kManifestName = "backup.manifest";
inline constexpr std::uint32_t kManifestVersion = 1;

struct BackedSegment {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;       // of its blocks
  std::uint64_t file_bytes = 0;  // of the file that it comes from: equal once it is full
  LogPosition first;             // of its records; without any, `last` is one less
  LogPosition last;
  TimestampNs first_time;        // logged times of those; zero: it has none
  TimestampNs last_time;
  std::uint64_t block_first = 0;
  std::uint64_t block_last = 0;
  Checksum before;               // of the block before its first
  Checksum checksum;             // of its last block

  [[nodiscard]] bool is_full() const { return bytes >= file_bytes; }
  [[nodiscard]] std::uint64_t records() const { return last.value + 1 - first.value; }
};

struct BackedSnapshot {
  LogPosition position;
  TimestampNs time;        // logged, of the command at that position
  std::uint64_t bytes = 0;
  Checksum checksum;       // of its last part
};

struct BackupManifest {
  LogId log_id;
  TimestampNs log_created_at;
  TimestampNs made_at;         // wall clock of the last run; zero: none has come to its end yet
  std::string source;          // the directory that it is of, as it was given
  std::vector<BackedSegment> segments;    // by number
  std::vector<BackedSnapshot> snapshots;  // by position

  [[nodiscard]] bool is_finished() const { return made_at.ns != 0; }
  /// Last position of all; zero: nothing is in it.
  [[nodiscard]] LogPosition last() const {
    return segments.empty() ? LogPosition{} : segments.back().last;
  }
};

/// Positions that can be restored: there is a state at or below each, and all log up to it.
struct RestorableRange {
  std::size_t segment_first = 0;  // indexes: a row of segments without a gap
  std::size_t segment_last = 0;
  LogPosition log_first;          // first position of the log in it
  LogPosition first;              // lowest that can be restored; zero: the empty state too
  LogPosition last;
  TimestampNs first_time;         // of the command at `first`, or of the first one of all
  TimestampNs last_time;
};
/// By position. Segments that no state stands below are in none.
[[nodiscard]] std::vector<RestorableRange> restorable_ranges(const BackupManifest& manifest);

[[nodiscard]] std::string manifest_text(const BackupManifest& manifest);
/// The error says what is wrong, for a person.
[[nodiscard]] std::expected<BackupManifest, std::string> parse_manifest(std::string_view text);

/// ENOENT: there is none. An error without a number: it is there, and not good; `reason` tells.
[[nodiscard]] IoResult<BackupManifest> read_manifest(FileIo& io, const std::string& dir);
[[nodiscard]] IoResult<void> write_manifest(FileIo& io, const std::string& dir,
                                            const BackupManifest& manifest);

}  // namespace holdfast::persistence
