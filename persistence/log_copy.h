// Copies of log segments and snapshots in another directory: what backup and restore are made of.
//
// A copy is written under a temporary name, synced, read back past the page cache and checked,
// renamed, and the directory synced. What is named can be read. One whose making is broken off is
// removed again. Thread: any one thread; all calls block.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "persistence/file_io.h"
#include "persistence/segments.h"
#include "persistence/snapshot_file.h"
#include "persistence/wal_format.h"

namespace holdfast::persistence {

/// Told after each piece, with its bytes.
using CopyProgress = std::function<void(std::uint64_t bytes)>;

/// One segment after the other, block by block.
class SegmentCopy {
 public:
  SegmentCopy(FileIo& io, std::string dir);
  /// An unfinished copy is removed.
  ~SegmentCopy();
  SegmentCopy(const SegmentCopy&) = delete;
  SegmentCopy& operator=(const SegmentCopy&) = delete;

  /// None is under way. `kept_bytes`: so much of the segment that has this name already is the
  /// front of the new one.
  [[nodiscard]] IoResult<void> begin(std::uint64_t number, std::uint64_t kept_bytes = 0);
  /// A whole block, which stands right behind the one before.
  [[nodiscard]] IoResult<void> add(std::span<const std::byte> block);
  /// Zeroes up to `file_bytes` (or nothing, when that is not more), then all that makes it count.
  /// The error of a copy that does not read back says so.
  [[nodiscard]] IoResult<void> finish(std::uint64_t file_bytes = 0);

  /// What is under way comes to nothing.
  void abandon();

  [[nodiscard]] bool is_under_way() const { return file_.is_open(); }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  /// Of blocks, so far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] IoResult<void> flush();
  [[nodiscard]] IoResult<void> pad(std::uint64_t file_bytes);
  [[nodiscard]] IoResult<void> read_back() const;
  [[nodiscard]] IoResult<void> keep(std::uint64_t bytes);
  [[nodiscard]] std::string temporary_path() const;

  FileIo& io_;
  const std::string dir_;
  AlignedBytes buffer_;
  std::size_t buffered_ = 0;
  File file_;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
  Checksum last_;  // of the last block added
};

/// Copies what `from` has begun to read, under the same name, with `log_id` for its own. The error
/// tells the system's no; `bad` is set instead when the source is not what was written.
struct SnapshotCopied {
  std::uint64_t bytes = 0;
  Checksum last;  // of the last part of the copy: the chain makes it speak for all of the file
  std::optional<Finding> bad;
};
[[nodiscard]] IoResult<SnapshotCopied> copy_snapshot(FileIo& io, SnapshotFileReader& from,
                                                     const std::string& dir, LogId log_id,
                                                     const CopyProgress& on_piece);

/// The records of a good block up to position `last`, as bytes; the error names one that cannot be
/// read.
[[nodiscard]] std::expected<std::span<const std::byte>, std::string> records_through(
    const BlockHeader& header, std::span<const std::byte> payload, LogPosition last);

/// Room for the largest block, in which one is made anew: other records, another log, another
/// predecessor.
class BlockMaker {
 public:
  BlockMaker();
  /// `header`: of the block as it was, with what is to be different changed.
  /// Good until the next call.
  [[nodiscard]] std::span<const std::byte> make(BlockHeader& header,
                                                std::span<const std::byte> payload);

 private:
  AlignedBytes memory_;
};

}  // namespace holdfast::persistence
