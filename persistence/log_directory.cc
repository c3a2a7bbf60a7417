#include "persistence/log_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "persistence/backup_manifest.h"
#include "persistence/copy_parts.h"
#include "persistence/segment_preparer.h"
#include "persistence/snapshot_file.h"
#include "persistence/snapshot_format.h"

namespace holdfast::persistence {

namespace {

using Kind = RecoveryError::Kind;

class LogFinder {
 public:
  LogFinder(FileIo& io, const OpenLogOptions& options) : io_(io), options_(options) {}
  Recovered<LogDirectory> run();

 private:
  Recovered<void> check_is_data_directory();
  Recovered<void> remove_temporary_files();
  Recovered<void> find_or_make_log();
  Recovered<bool> any_block_in_segments();
  Recovered<void> check_nothing_was_here();
  Recovered<void> make_log();
  Recovered<void> check_identity();
  [[nodiscard]] std::unexpected<RecoveryError> identity_needed(std::string reason) const;
  Recovered<void> check_segment_numbers() const;
  Recovered<void> check_archive_identity();
  Recovered<void> sync_all();

  FileIo& io_;
  const OpenLogOptions& options_;
  LogDirectory log_;
};

// A backup is restored before it is used, and a restore is used when it is whole.
Recovered<void> LogFinder::check_is_data_directory() {
  const auto names = io_.list(options_.dir);
  if (!names) return io_failed(names.error());
  const auto has = [&](std::string_view name) {
    return std::ranges::find(*names, name) != names->end();
  };
  const bool is_unfinished = has(kUnfinishedRestoreName);
  if (!is_unfinished && !has(kManifestName)) return {};
  return std::unexpected(RecoveryError{
      .kind = Kind::damaged,
      .path = options_.dir,
      .reason = is_unfinished ? "a restore into this directory did not come to its end"
                              : "this directory is a backup, not a data directory",
      .what_to_do = is_unfinished
                        ? "remove all that is in it, then run `holdfast restore BACKUP DIR` again"
                        : "run `holdfast restore DIR NEW` and start with --data-dir NEW"});
}

Recovered<void> LogFinder::remove_temporary_files() {
  const auto names = io_.list(options_.dir);
  if (!names) return io_failed(names.error());
  bool removed = false;
  for (const std::string& name : *names) {
    if (!name.ends_with(kTemporarySuffix)) continue;
    const std::string whole = name.substr(0, name.size() - kTemporarySuffix.size());
    const bool ours =
        whole == kIdentityName || parse_segment_name(whole) || parse_snapshot_name(whole);
    if (!ours) continue;
    if (const auto gone = io_.unlink(join_path(options_.dir, name)); !gone) {
      return io_failed(gone.error());
    }
    removed = true;
  }
  if (!removed) return {};
  if (const auto synced = io_.sync_directory(options_.dir); !synced) {
    return io_failed(synced.error());
  }
  return {};
}

Recovered<void> LogFinder::find_or_make_log() {
  auto listed = list_segments(io_, options_.dir);
  if (!listed) return io_failed(listed.error());
  log_.segments = std::move(*listed);
  const auto identity = read_identity(io_, options_.dir);
  if (identity) {
    log_.identity = *identity;
    if (!log_.segments.empty()) return check_identity();
    return damaged(options_.dir, 0, "the directory has an identity file but no log segments");
  }
  if (identity.error().error_number == 0) {
    return identity_needed(identity.error().reason);
  }
  if (identity.error().error_number != ENOENT) return io_failed(identity.error());
  // The identity is written last when a log is made, so without one there may be an empty segment.
  const auto any = any_block_in_segments();
  if (!any) return std::unexpected(any.error());
  if (*any) {
    return identity_needed("the directory has a log, but its identity file is missing");
  }
  if (const auto checked = check_nothing_was_here(); !checked) return checked;
  return make_log();
}

// A new log in the place of one that is gone, or not mounted, would begin to answer as if nothing
// had ever been.
Recovered<void> LogFinder::check_nothing_was_here() {
  const auto refused = [this](std::string reason, std::string what_to_do) {
    return std::unexpected(RecoveryError{.kind = Kind::damaged,
                                         .path = options_.dir,
                                         .reason = std::move(reason),
                                         .what_to_do = std::move(what_to_do)});
  };
  const auto snapshots = list_snapshots(io_, options_.dir);
  if (!snapshots) return io_failed(snapshots.error());
  if (!snapshots->empty()) {
    return refused("the directory has snapshots, but no log segments and no identity file",
                   "put back what was moved or removed (from a copy, or the archive), or restore "
                   "the directory from a backup; a new log needs an empty directory");
  }
  if (options_.archive_dir.empty()) return {};
  const auto archive = read_identity(io_, options_.archive_dir);
  if (!archive) return {};  // what is wrong with it is told when it is opened
  return refused(
      fmt::format("the directory holds no log, and its archive {} does", options_.archive_dir),
      "see whether the volume is mounted and --data-dir is right; if the log is lost, restore it "
      "from a backup; a new log needs a new, empty --archive-dir");
}

Recovered<bool> LogFinder::any_block_in_segments() {
  const AlignedBytes piece = allocate_aligned(limits::wal_block_bytes_max);
  for (const SegmentFile& segment : log_.segments) {
    const auto file = io_.open(segment.path, OpenMode::read);
    if (!file) return io_failed(file.error());
    for (std::uint64_t offset = 0;; offset += limits::wal_block_bytes_max) {
      const auto count = io_.read_at(*file, offset, {piece.get(), limits::wal_block_bytes_max});
      if (!count) {
        io_.close(*file);
        return io_failed(count.error());
      }
      const std::span<const std::byte> bytes(piece.get(), *count);
      if (std::any_of(bytes.begin(), bytes.end(), [](std::byte b) { return b != std::byte{0}; })) {
        io_.close(*file);
        return true;
      }
      if (*count < limits::wal_block_bytes_max) break;
    }
    io_.close(*file);
  }
  return false;
}

Recovered<void> LogFinder::make_log() {
  for (const SegmentFile& segment : log_.segments) {
    if (const auto gone = io_.unlink(segment.path); !gone) {
      return io_failed(gone.error());
    }
  }
  const auto file = lay_out_segment(io_, options_.dir, 1, options_.segment_bytes);
  if (!file) return io_failed(file.error());
  io_.close(*file);
  if (const auto named = name_segment(io_, options_.dir, 1); !named) {
    return io_failed(named.error());
  }
  log_.identity = {};
  log_.identity.log_id = options_.new_log_id ? *options_.new_log_id : random_log_id();
  log_.identity.created_at = options_.now;
  log_.identity.segment_bytes = options_.segment_bytes;
  if (const auto written = write_identity(io_, options_.dir, log_.identity); !written) {
    return io_failed(written.error());
  }
  log_.created = true;
  log_.segments = {segment_in(options_.dir, 1)};
  return {};
}

// Segments that are all of another log have the wrong identity beside them, not the wrong content.
Recovered<void> LogFinder::check_identity() {
  bool any_foreign = false;
  for (const SegmentFile& segment : log_.segments) {
    const auto front = check_segment_front(io_, segment);
    if (!front) return io_failed(front.error());
    if (!front->version_ok) continue;
    if (front->header.log_id == log_.identity.log_id) return check_segment_numbers();
    any_foreign = true;
  }
  if (!any_foreign) return check_segment_numbers();
  return identity_needed("the identity belongs to another log than the segments beside it");
}

std::unexpected<RecoveryError> LogFinder::identity_needed(std::string reason) const {
  return std::unexpected(RecoveryError{
      .kind = Kind::damaged,
      .path = join_path(options_.dir, kIdentityName),
      .reason = std::move(reason),
      .what_to_do = "put back the identity file of this log: its archive and each backup have a "
                    "copy (`cp ARCHIVE/identity DIR/`); or, if other files stand here than "
                    "should, move them to the directory where they belong"});
}

Recovered<void> LogFinder::check_segment_numbers() const {
  for (std::size_t i = 1; i < log_.segments.size(); ++i) {
    if (log_.segments[i].number == log_.segments[i - 1].number + 1) continue;
    return damaged(log_.segments[i - 1].path, 0,
                   fmt::format("the next segment, {}, is missing, and later ones are there",
                               segment_name(log_.segments[i - 1].number + 1)));
  }
  return {};
}

// What another log's archive holds says nothing of this one.
Recovered<void> LogFinder::check_archive_identity() {
  if (options_.archive_dir.empty()) return {};
  const auto archive = read_identity(io_, options_.archive_dir);
  if (!archive || archive->log_id == log_.identity.log_id) return {};
  return std::unexpected(RecoveryError{
      .kind = Kind::damaged,
      .path = options_.archive_dir,
      .reason = "the archive holds the log of another data directory, or of this one from "
                "before a restore cut it",
      .what_to_do = "give this log an archive of its own: a new, empty --archive-dir"});
}

// What the last server wrote but did not see complete may be in a volatile cache still: it would be
// shown now, and be gone after the next power cut.
Recovered<void> LogFinder::sync_all() {
  for (const SegmentFile& segment : log_.segments) {
    const auto file = io_.open(segment.path, OpenMode::read);
    if (!file) return io_failed(file.error());
    const auto synced = io_.sync(*file);
    io_.close(*file);
    if (!synced) return io_failed(synced.error());
  }
  if (const auto synced = io_.sync_directory(options_.dir); !synced) {
    return io_failed(synced.error());
  }
  return {};
}

Recovered<LogDirectory> LogFinder::run() {
  using StepFunction = Recovered<void> (LogFinder::*)();
  for (const StepFunction step :
       {&LogFinder::check_is_data_directory, &LogFinder::remove_temporary_files,
        &LogFinder::find_or_make_log, &LogFinder::check_archive_identity, &LogFinder::sync_all}) {
    if (const auto taken = (this->*step)(); !taken) return std::unexpected(taken.error());
  }
  return std::move(log_);
}

}  // namespace

Recovered<File> lock_directory(FileIo& io, const std::string& dir) {
  if (const auto made = io.make_directories(dir); !made) return io_failed(made.error());
  const auto lock = io.lock(join_path(dir, kLockName));
  if (!lock && lock.error().error_number == EWOULDBLOCK) {
    return std::unexpected(
        RecoveryError{.kind = Kind::locked,
                      .path = dir,
                      .reason = fmt::format("another holdfastd uses the data directory {}", dir),
                      .what_to_do = "stop it first (`fuser DIR/LOCK` tells its process id), or "
                                    "start this one with another --data-dir"});
  }
  if (!lock) return io_failed(lock.error());
  return *lock;
}

Recovered<LogDirectory> find_or_make_log(FileIo& io, const OpenLogOptions& options) {
  return LogFinder(io, options).run();
}

}  // namespace holdfast::persistence
