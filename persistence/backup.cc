#include "persistence/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "persistence/copy_parts.h"
#include "persistence/log_backup.h"
#include "persistence/log_copy.h"
#include "persistence/segments.h"
#include "persistence/snapshot_file.h"

namespace holdfast::persistence {
namespace {

using Kind = CopyError::Kind;

// Each try copies more than the one before, or finds newer snapshots.
constexpr std::uint64_t kTriesMax = 20;

class BackupRun {
 public:
  BackupRun(FileIo& io, const BackupOptions& options) : io_(io), options_(options) {}
  ~BackupRun() {
    if (lock_.is_open()) io_.close(lock_);
  }
  BackupRun(const BackupRun&) = delete;
  BackupRun& operator=(const BackupRun&) = delete;

  Copied<BackupReport> run() {
    if (const auto opened = open_source(); !opened) return std::unexpected(opened.error());
    if (const auto opened = open_target(); !opened) return std::unexpected(opened.error());
    while (report_.tries < kTriesMax) {
      ++report_.tries;
      if (const auto tried = try_once(); !tried) return std::unexpected(tried.error());
      if (is_usable()) return finish();
    }
    return std::unexpected(CopyError{
        .kind = Kind::moving,
        .reason = fmt::format("{}: {} times the server let go of log before it was copied",
                              options_.dir, report_.tries),
        .what_to_do = "give its --archive-dir, so that what it lets go is found there; or a larger "
                      "--snapshot-log-bytes to the server; or a faster volume for the backup"});
  }

 private:
  Copied<void> open_source();
  Copied<void> open_target();
  Copied<void> begin_target();
  Copied<void> check_same_log();
  Copied<void> write_own_identity();
  Copied<void> try_once();
  void open_snapshots();
  Copied<void> copy_snapshots();
  [[nodiscard]] bool is_usable() const;
  Copied<BackupReport> finish();

  FileIo& io_;
  const BackupOptions& options_;
  File lock_;
  Identity identity_;
  BackupManifest manifest_;
  BackupReport report_;
  bool is_at_end_ = false;  // the last try came to the end of the log
  struct Source {
    LogPosition position;
    std::unique_ptr<SnapshotFileReader> reader;
  };
  std::vector<Source> snapshots_;  // open, so that they stay readable when the server removes them
};

Copied<void> BackupRun::open_source() {
  const auto identity = read_identity(io_, options_.dir);
  if (!identity) return unreadable_source(identity.error(), options_.dir);
  identity_ = *identity;
  if (const auto manifest = read_manifest(io_, options_.dir); manifest) {
    return std::unexpected(
        CopyError{.kind = Kind::usage,
                  .reason = fmt::format("{} is itself a backup", options_.dir),
                  .what_to_do = "copy its files, or name the server's data directory"});
  }
  if (options_.archive_dir.empty()) return {};
  const auto archive = read_identity(io_, options_.archive_dir);
  if (!archive) return unreadable_source(archive.error(), options_.archive_dir);
  if (archive->log_id == identity_.log_id) return {};
  return std::unexpected(CopyError{
      .kind = Kind::usage,
      .reason = fmt::format("{} holds another log than {}", options_.archive_dir, options_.dir),
      .what_to_do = "name the archive that the server was given"});
}

Copied<void> BackupRun::open_target() {
  if (const auto made = io_.make_directories(options_.to); !made) {
    return target_failed(made.error());
  }
  const auto names = io_.list(options_.to);
  if (!names) return target_failed(names.error());
  const auto manifest = read_manifest(io_, options_.to);
  const bool is_new = !manifest && manifest.error().error_number == ENOENT;
  if (is_new && has_content(*names)) {
    return std::unexpected(CopyError{
        .kind = Kind::usage,
        .reason =
            fmt::format("{} is not empty and not a backup: nothing is written there", options_.to),
        .what_to_do = "name a new directory, or one that a backup of this log is in"});
  }
  if (!manifest && !is_new) {
    return std::unexpected(CopyError{
        .kind = Kind::damaged,
        .reason = manifest.error().text(),
        .what_to_do = "leave this backup as it is, and make one in a new directory"});
  }
  const auto lock = io_.lock(join_path(options_.to, kLockName));
  if (!lock && lock.error().error_number == EWOULDBLOCK) {
    return std::unexpected(
        CopyError{.kind = Kind::locked,
                  .reason = fmt::format("another backup into {} is under way", options_.to),
                  .what_to_do = "wait for it"});
  }
  if (!lock) return target_failed(lock.error());
  lock_ = *lock;
  if (is_new) return begin_target();
  manifest_ = *manifest;
  if (const auto removed = remove_temporary_files(io_, options_.to, *names); !removed) {
    return target_failed(removed.error());
  }
  return check_same_log();
}

// The manifest comes first, empty: from here on the directory is a backup that
// has not come to its end.
Copied<void> BackupRun::begin_target() {
  manifest_.log_id = identity_.log_id;
  manifest_.log_created_at = identity_.created_at;
  manifest_.source = options_.dir;
  if (const auto written = write_manifest(io_, options_.to, manifest_); !written) {
    return target_failed(written.error());
  }
  return write_own_identity();
}

// Also of a run that was broken off before it was there.
Copied<void> BackupRun::write_own_identity() {
  const auto there = read_identity(io_, options_.to);
  if (there && there->log_id == identity_.log_id) return {};
  if (const auto written = write_identity(io_, options_.to, identity_); !written) {
    return target_failed(written.error());
  }
  return {};
}

Copied<void> BackupRun::check_same_log() {
  if (manifest_.log_id != identity_.log_id) {
    return std::unexpected(CopyError{
        .kind = Kind::usage,
        .reason = fmt::format("{} holds a backup of another log than that of {}", options_.to,
                              options_.dir),
        .what_to_do =
            "name a new directory: a log that was cut by a restore is another one from there on"});
  }
  return write_own_identity();
}

Copied<void> BackupRun::try_once() {
  snapshots_.clear();
  open_snapshots();
  const auto at_end = LogBackup(io_, options_, identity_, manifest_, report_).copy();
  if (!at_end) return std::unexpected(at_end.error());
  is_at_end_ = *at_end;
  return copy_snapshots();
}

// Those that the backup does not have. What cannot be opened or has no good header is not taken.
void BackupRun::open_snapshots() {
  const auto listed = list_snapshots(io_, options_.dir);
  if (!listed) return;  // the log says more of what is wrong
  for (const SnapshotFile& file : *listed) {
    const bool is_there = std::ranges::any_of(
        manifest_.snapshots,
        [&](const BackedSnapshot& snapshot) { return snapshot.position == file.position; });
    if (is_there) continue;
    auto reader = std::make_unique<SnapshotFileReader>(io_, join_path(options_.dir, file.name),
                                                       identity_.log_id);
    if (reader->begin(file.position)) {
      snapshots_.push_back({file.position, std::move(reader)});
    } else if (reader->fault() != SnapshotFault::io) {
      report_.notes.push_back(
          fmt::format("a snapshot was passed over: {}", reader->finding().text()));
    }
  }
}

Copied<void> BackupRun::copy_snapshots() {
  for (Source& source : snapshots_) {
    std::uint64_t bytes = 0;
    const std::uint64_t total = source.reader->file_bytes();
    const auto copied = copy_snapshot(io_, *source.reader, options_.to, identity_.log_id,
                                      [&](std::uint64_t piece) {
                                        bytes += piece;
                                        if (!options_.on_progress) return;
                                        options_.on_progress(
                                            {.phase = BackupProgress::Phase::snapshot,
                                             .bytes = bytes,
                                             .bytes_total = total});
                                      });
    if (!copied) return copy_failed(copied.error(), options_.to);
    if (copied->bad) {
      report_.notes.push_back(fmt::format("a snapshot was passed over: {}", copied->bad->text()));
      continue;
    }
    manifest_.snapshots.push_back({.position = source.position,
                                   .time = source.reader->header().time,
                                   .bytes = copied->bytes,
                                   .checksum = copied->last});
    ++report_.snapshots_copied;
    report_.bytes_copied += copied->bytes;
  }
  std::ranges::sort(manifest_.snapshots, {}, &BackedSnapshot::position);
  return {};
}

// The end of the log can be restored. What lies before a gap may be lost to the backup.
bool BackupRun::is_usable() const {
  const auto ranges = restorable_ranges(manifest_);
  return is_at_end_ && !ranges.empty() &&
         ranges.back().segment_last + 1 == manifest_.segments.size();
}

Copied<BackupReport> BackupRun::finish() {
  const auto ranges = restorable_ranges(manifest_);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    report_.notes.push_back(
        fmt::format("positions {} to {} cannot be restored: the server had let that log go",
                    ranges[i - 1].last.value + 1, ranges[i].first.value - 1));
  }
  manifest_.made_at = options_.now;
  manifest_.source = options_.dir;
  if (const auto written = write_manifest(io_, options_.to, manifest_); !written) {
    return target_failed(written.error());
  }
  report_.manifest = manifest_;
  return report_;
}

}  // namespace

Copied<BackupReport> back_up(FileIo& io, const BackupOptions& options) {
  return BackupRun(io, options).run();
}

}  // namespace holdfast::persistence
