// Reads a backup whole and holds it against its manifest.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "persistence/copy_parts.h"
#include "persistence/restore.h"
#include "persistence/snapshot_file.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {
namespace {

class Check {
 public:
  Check(FileIo& io, const std::string& from, BackupManifest manifest,
        const std::function<void(const BackupProgress&)>& on_progress)
      : io_(io), from_(from), on_progress_(on_progress) {
    checked_.manifest = std::move(manifest);
    for (const BackedSegment& segment : checked_.manifest.segments) bytes_total_ += segment.bytes;
  }

  BackupCheck run() {
    check_identity();
    for (const BackedSegment& segment : checked_.manifest.segments) check_segment(segment);
    for (const BackedSnapshot& snapshot : checked_.manifest.snapshots) check_snapshot(snapshot);
    return std::move(checked_);
  }

 private:
  void wrong(const std::string& path, const std::string& what) {
    checked_.problems.push_back(fmt::format("{}: {}", path, what));
  }
  void tell(BackupProgress::Phase phase, std::uint64_t bytes, std::uint64_t total) const {
    if (on_progress_) on_progress_({.phase = phase, .bytes = bytes, .bytes_total = total});
  }

  void check_identity() {
    const auto identity = read_identity(io_, from_);
    if (!identity) return wrong(join_path(from_, kIdentityName), identity.error().reason);
    if (identity->log_id != checked_.manifest.log_id) {
      wrong(join_path(from_, kIdentityName), "it is of another log than the manifest tells");
    }
  }

  // Block by block, without the log around it: one that is damaged does not hide the next.
  void check_segment(const BackedSegment& told) {
    const std::string path = join_path(from_, segment_name(told.number));
    const auto file = io_.open(path, OpenMode::read);
    if (!file) return wrong(path, file.error().reason);
    const std::string problem = problem_of(*file, told);
    io_.close(*file);
    if (!problem.empty()) wrong(path, problem);
  }

  std::string problem_of(File file, const BackedSegment& told) {
    Checksum previous = told.before;
    std::uint64_t block = told.block_first;
    LogPosition next = told.first;
    for (std::uint64_t offset = 0; offset < told.bytes;) {
      const auto count = io_.read_at(file, offset, {memory_.get(), limits::wal_block_bytes_max});
      if (!count) return count.error().text();
      const BlockCheck check = check_block({memory_.get(), *count});
      const BlockHeader& header = check.header;
      const bool at_home = check.version_ok && header.log_id == checked_.manifest.log_id &&
                           header.segment_number == told.number && header.offset == offset;
      if (!at_home || header.previous_checksum != previous || header.block_number != block ||
          header.position_first != next) {
        return fmt::format("at offset {} there is no good block that belongs there", offset);
      }
      const auto walked = for_each_record(header, check.payload({memory_.get(), *count}),
                                          [](const Record&) { return true; });
      if (!walked) return fmt::format("at offset {}: {}", offset, walked.error());
      previous = header.checksum;
      next = header.position_last.next();
      ++block;
      offset += header.block_bytes;
      checked_.bytes += header.block_bytes;
      tell(BackupProgress::Phase::log, log_bytes_ += header.block_bytes, bytes_total_);
    }
    if (previous != told.checksum || block != told.block_last + 1) {
      return "its last block is not the one that the manifest tells of";
    }
    return {};
  }

  void check_snapshot(const BackedSnapshot& told) {
    const std::string path = join_path(from_, snapshot_name(told.position));
    SnapshotFileReader reader(io_, path, checked_.manifest.log_id);
    bool is_good = reader.begin(told.position);
    while (is_good) {
      const SnapshotFileReader::Step step = reader.next();
      tell(BackupProgress::Phase::snapshot, reader.bytes(), reader.file_bytes());
      if (step == SnapshotFileReader::Step::whole) {
        checked_.bytes += reader.bytes();
        if (reader.last_checksum() != told.checksum) {
          wrong(path, "it is not the one that the manifest tells of");
        }
        return;
      }
      is_good = step == SnapshotFileReader::Step::packet;
    }
    wrong(path, fmt::format("at offset {}: {}", reader.finding().offset, reader.finding().reason));
  }

  FileIo& io_;
  const std::string& from_;
  const std::function<void(const BackupProgress&)>& on_progress_;
  AlignedBytes memory_ = allocate_aligned(limits::wal_block_bytes_max);
  std::uint64_t bytes_total_ = 0;
  std::uint64_t log_bytes_ = 0;
  BackupCheck checked_;
};

}  // namespace

std::expected<BackupCheck, CopyError> check_backup(
    FileIo& io, const std::string& from,
    const std::function<void(const BackupProgress&)>& on_progress) {
  auto manifest = finished_manifest(io, from);
  if (!manifest) return std::unexpected(manifest.error());
  return Check(io, from, std::move(*manifest), on_progress).run();
}

}  // namespace holdfast::persistence
