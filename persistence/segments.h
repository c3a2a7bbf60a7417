// The files of a data directory: names, the lock, the identity, the list of log segments.
//
//   LOCK                         held (flock) by the server that writes; never removed
//   identity                     which log this is; written once
//   snapshot-<position>.snap     see snapshot_format.h
//   wal-0000000000000001.log     segments, numbered without a gap; the last ones are spare
//   *.tmp                        what a crash left half made; removed by recovery
//
// A segment file has its full length from the moment it has its name: zeroes (or, recycled, the
// blocks of an earlier segment, which say so themselves). Thread: any; nothing here has state.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/limits.h"
#include "engine/types.h"
#include "persistence/file_io.h"
#include "persistence/wal_format.h"

namespace holdfast::persistence {

inline constexpr std::string_view kLockName = "LOCK";
inline constexpr std::string_view kIdentityName = "identity";

[[nodiscard]] std::string segment_name(std::uint64_t number);
/// The number in a segment's name, or nothing if it is not one.
[[nodiscard]] std::optional<std::uint64_t> parse_segment_name(std::string_view name);

/// A segment length that can be used: whole sectors, limits::wal_segment_bytes_min or more.
[[nodiscard]] constexpr bool is_segment_length(std::uint64_t bytes) {
  return bytes >= limits::wal_segment_bytes_min && bytes % limits::wal_sector_bytes == 0;
}

struct SegmentFile {
  std::uint64_t number = 0;
  std::string name;
  std::string path;
};
[[nodiscard]] SegmentFile segment_in(const std::string& dir, std::uint64_t number);

/// The segments of a directory by number. A gap in the numbers is not judged here.
[[nodiscard]] IoResult<std::vector<SegmentFile>> list_segments(FileIo& io, const std::string& dir);

/// The log of `dir` with what `archive_dir` (empty: none) holds from before its first segment. With
/// an archive alone, give it as `dir`.
[[nodiscard]] IoResult<std::vector<SegmentFile>> list_segments(FileIo& io, const std::string& dir,
                                                               const std::string& archive_dir);

/// What stands at the front of a segment file.
[[nodiscard]] IoResult<BlockCheck> check_segment_front(FileIo& io, const SegmentFile& segment);

/// Why a segment behind the end of the log must not be written over: another log's block stands at
/// its front, or one of a newer format. Nothing: it may.
[[nodiscard]] IoResult<std::optional<std::string>> objection_to_reuse(FileIo& io, LogId log_id,
                                                                      const SegmentFile& segment);

/// The header of the block at the front of a segment file, or nothing when no good block of this
/// log, at home there, stands there.
[[nodiscard]] IoResult<std::optional<BlockHeader>> read_segment_front(FileIo& io, LogId log_id,
                                                                      const SegmentFile& segment);

/// Bytes of the identity file (whole sectors, zeroes behind).
struct Identity {
  Checksum checksum;  // of all fields behind it
  std::uint64_t magic = 0;
  std::uint32_t format_version = 0;
  std::uint32_t reserved = 0;
  LogId log_id;
  TimestampNs created_at;
  std::uint64_t segment_bytes = 0;  // as configured when the log was made; a file's length counts
};
static_assert(is_plain_bytes<Identity> && sizeof(Identity) == 64);
static_assert(offsetof(Identity, magic) == 16 && offsetof(Identity, log_id) == 32);

inline constexpr std::uint64_t kIdentityMagic = 0x5453'4146'444C'4F48;  // "HOLDFAST"
inline constexpr std::uint32_t kIdentityVersion = 1;

[[nodiscard]] IoResult<void> write_identity(FileIo& io, const std::string& dir, Identity identity);
/// An error with reason for a person when the file is damaged or of a newer version; ENOENT when
/// there is none.
[[nodiscard]] IoResult<Identity> read_identity(FileIo& io, const std::string& dir);

/// A random id for a new log.
[[nodiscard]] LogId random_log_id();

/// Makes segment `number` of zeroes, durable, under a temporary name that only `name_segment`
/// turns into a segment. `keep_going` is asked before each piece, with the bytes that are written;
/// false gives ECANCELED.
[[nodiscard]] IoResult<File> lay_out_segment(
    FileIo& io, const std::string& dir, std::uint64_t number, std::uint64_t bytes,
    const std::function<bool(std::uint64_t laid)>& keep_going = [](std::uint64_t) { return true; });
[[nodiscard]] IoResult<void> name_segment(FileIo& io, const std::string& dir, std::uint64_t number);

}  // namespace holdfast::persistence
