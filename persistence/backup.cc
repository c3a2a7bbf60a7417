#include "persistence/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <optional>

#include "persistence/copy_parts.h"
#include "persistence/log_copy.h"
#include "persistence/snapshot_file.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {
namespace {

using Kind = CopyError::Kind;
template <class T>
using Copied = std::expected<T, CopyError>;

// Each try copies more than the one before, or finds newer snapshots.
constexpr std::uint64_t kTriesMax = 20;

class BackupRun {
 public:
  BackupRun(FileIo& io, const BackupOptions& options)
      : io_(io), options_(options), copy_(io, options.to) {}
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
        .reason = fmt::format("{}: {} times the server let go of log before it was copied", options_.dir,
                              report_.tries),
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
  struct Plan {
    bool is_any = false;             // there is something that may be new
    LogPosition start_after;
    bool from_the_first = false;
    std::uint64_t segment_last = 0;  // nothing behind it is copied
    std::uint64_t bytes = 0;         // at most
  };
  Copied<Plan> plan_log();
  Copied<std::optional<Plan>> look_at_log(bool is_last_look);
  Copied<void> copy_log(const Plan& plan);
  Copied<void> take_block(const WalReader& reader);
  Copied<void> begin_segment(const WalReader& reader);
  Copied<void> note_block(const WalReader& reader);
  Copied<void> end_segment();
  [[nodiscard]] std::unexpected<CopyError> diverged(const std::string& where) const;
  [[nodiscard]] bool is_usable() const;
  Copied<BackupReport> finish();
  BackedSegment* find(std::uint64_t number);
  void put(const BackedSegment& segment);

  FileIo& io_;
  const BackupOptions& options_;
  File lock_;
  Identity identity_;
  BackupManifest manifest_;
  BackupReport report_;
  SegmentCopy copy_;
  BackedSegment current_;          // that `copy_` writes
  bool is_at_end_ = false;         // the last try came to the end of the log
  std::uint64_t log_bytes_ = 0;
  std::uint64_t passed_segment_ = 0;  // that the last block stood in
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
    return std::unexpected(CopyError{.kind = Kind::usage,
                                     .reason = fmt::format("{} is itself a backup", options_.dir),
                                     .what_to_do = "copy its files, or name the server's data directory"});
  }
  if (options_.archive_dir.empty()) return {};
  const auto archive = read_identity(io_, options_.archive_dir);
  if (!archive) return unreadable_source(archive.error(), options_.archive_dir);
  if (archive->log_id == identity_.log_id) return {};
  return std::unexpected(
      CopyError{.kind = Kind::usage,
                .reason = fmt::format("{} holds another log than {}", options_.archive_dir, options_.dir),
                .what_to_do = "name the archive that the server was given"});
}

Copied<void> BackupRun::open_target() {
  if (const auto made = io_.make_directories(options_.to); !made) return target_failed(made.error());
  const auto names = io_.list(options_.to);
  if (!names) return target_failed(names.error());
  const auto manifest = read_manifest(io_, options_.to);
  const bool is_new = !manifest && manifest.error().error_number == ENOENT;
  if (is_new && has_content(*names)) {
    return std::unexpected(
        CopyError{.kind = Kind::usage,
                  .reason = fmt::format("{} is not empty and not a backup: nothing is written there",
                                        options_.to),
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
    return std::unexpected(CopyError{.kind = Kind::locked,
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

// The manifest comes first, empty: from here on the directory is a backup that has not come to its end.
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
        .what_to_do = "name a new directory: a log that was cut by a restore is another one from there "
                      "on"});
  }
  return write_own_identity();
}

Copied<void> BackupRun::try_once() {
  snapshots_.clear();
  open_snapshots();
  const auto plan = plan_log();
  if (!plan) return std::unexpected(plan.error());
  is_at_end_ = !plan->is_any;
  copy_.abandon();
  if (plan->is_any) {
    if (const auto copied = copy_log(*plan); !copied) return copied;
  }
  return copy_snapshots();
}

// Those that the backup does not have. What cannot be opened or has no good header is not taken.
void BackupRun::open_snapshots() {
  const auto listed = list_snapshots(io_, options_.dir);
  if (!listed) return;  // the log says more of what is wrong
  for (const SnapshotFile& file : *listed) {
    const bool is_there = std::ranges::any_of(manifest_.snapshots, [&](const BackedSnapshot& snapshot) {
      return snapshot.position == file.position;
    });
    if (is_there) continue;
    auto reader = std::make_unique<SnapshotFileReader>(io_, join_path(options_.dir, file.name),
                                                       identity_.log_id);
    if (reader->begin(file.position)) {
      snapshots_.push_back({file.position, std::move(reader)});
    } else if (reader->fault() != SnapshotFault::io) {
      report_.notes.push_back(fmt::format("a snapshot was passed over: {}", reader->finding().text()));
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
                                        options_.on_progress({.phase = BackupProgress::Phase::snapshot,
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

BackedSegment* BackupRun::find(std::uint64_t number) {
  for (BackedSegment& segment : manifest_.segments) {
    if (segment.number == number) return &segment;
  }
  return nullptr;
}

void BackupRun::put(const BackedSegment& segment) {
  if (BackedSegment* there = find(segment.number)) {
    *there = segment;
    return;
  }
  manifest_.segments.push_back(segment);
  std::ranges::sort(manifest_.segments, {}, &BackedSegment::number);
}

// From the first segment that the backup does not have whole, to the last that anything stands in now.
Copied<BackupRun::Plan> BackupRun::plan_log() {
  constexpr int kLooksMax = 20;
  for (int looks = 1;; ++looks) {
    const auto plan = look_at_log(looks == kLooksMax);
    if (!plan) return std::unexpected(plan.error());
    if (*plan) return **plan;
  }
}

// Nothing: a segment moved away meanwhile, so that where it is now must be looked up.
Copied<std::optional<BackupRun::Plan>> BackupRun::look_at_log(bool is_last_look) {
  const auto segments = list_segments(io_, options_.dir, options_.archive_dir);
  if (!segments) return unreadable_source(segments.error(), options_.dir);
  Plan plan;
  for (const SegmentFile& segment : *segments) {
    const auto front = read_segment_front(io_, identity_.log_id, segment);
    if (!front && front.error().error_number == ENOENT) {
      if (is_last_look) continue;
      return std::nullopt;
    }
    if (!front) return unreadable_source(front.error(), options_.dir);
    if (!front->has_value()) continue;
    plan.segment_last = segment.number;
    const BackedSegment* there = find(segment.number);
    if (!plan.is_any && there != nullptr && there->is_full()) continue;
    if (!plan.is_any) {
      plan.is_any = true;
      plan.from_the_first = segment.number == segments->front().number;
      const std::uint64_t first = (*front)->position_first.value;
      plan.start_after = {first == 0 ? 0 : first - 1};
    }
    plan.bytes += identity_.segment_bytes;
  }
  const BackedSegment* tail = manifest_.segments.empty() ? nullptr : &manifest_.segments.back();
  if (tail != nullptr && plan.segment_last < tail->number) {
    return std::unexpected(CopyError{
        .kind = Kind::usage,
        .reason = fmt::format("{} holds log up to position {}, and that of {} ends before", options_.to,
                              tail->last.value, options_.dir),
        .what_to_do = "the directory is an older copy, or lost its end. Keep this backup; back this "
                      "directory up into a new one"});
  }
  return plan;
}

Copied<void> BackupRun::copy_log(const Plan& plan) {
  // From the first segment there is on, positions from before it need not be anywhere.
  ReaderOptions reading{.start_after = plan.start_after,
                        .read_covered = plan.from_the_first,
                        .archive_dir = options_.archive_dir};
  WalReader reader(io_, options_.dir, identity_.log_id, std::move(reading));
  log_bytes_ = passed_segment_ = 0;
  while (true) {
    switch (reader.next_block()) {
      case WalReader::Step::block:
        if (reader.segment_number() > plan.segment_last) {
          is_at_end_ = true;
          return end_segment();
        }
        if (const auto taken = take_block(reader); !taken) return taken;
        passed_segment_ = reader.segment_number();
        log_bytes_ += reader.header().block_bytes;
        if (options_.on_progress) {
          options_.on_progress({.bytes = log_bytes_, .bytes_total = std::max(plan.bytes, log_bytes_)});
        }
        continue;
      case WalReader::Step::end: {
        const BackedSegment* tail = manifest_.segments.empty() ? nullptr : &manifest_.segments.back();
        if (tail != nullptr && reader.end().segment_number <= tail->number &&
            reader.end().next_block <= tail->block_last) {
          return diverged(segment_name(tail->number));
        }
        is_at_end_ = true;
        return end_segment();
      }
      case WalReader::Step::damage:
        return std::unexpected(CopyError{.kind = Kind::damaged,
                                         .reason = reader.damage().text(),
                                         .what_to_do = std::string(kDamagedSource)});
      case WalReader::Step::error:
        if (!reader.was_let_go()) return unreadable_source(reader.io_error(), options_.dir);
        // What stands there whole is kept; the rest is looked for anew.
        return {};
    }
  }
}

std::unexpected<CopyError> BackupRun::diverged(const std::string& where) const {
  return std::unexpected(CopyError{
      .kind = Kind::usage,
      .reason = fmt::format("{} holds other log than {} ({}): they are two copies of one log that went "
                            "on in different ways, or the directory lost its end",
                            options_.to, options_.dir, where),
      .what_to_do = "keep this backup, it holds what the directory does not; back the directory up into "
                    "a new one"});
}

Copied<void> BackupRun::take_block(const WalReader& reader) {
  const std::uint64_t number = reader.segment_number();
  const BlockHeader& header = reader.header();
  if (copy_.is_under_way() && copy_.number() != number) {
    if (const auto ended = end_segment(); !ended) return ended;
  }
  if (const BackedSegment* there = find(number); there != nullptr && !copy_.is_under_way()) {
    const bool begins_so =
        header.block_number != there->block_first || header.previous_checksum == there->before;
    const bool ends_so =
        header.block_number != there->block_last || header.checksum == there->checksum;
    if (!begins_so || !ends_so) return diverged(segment_name(number));
    if (header.block_number <= there->block_last) return {};
    const bool goes_on = !there->is_full() && header.block_number == there->block_last + 1;
    if (!goes_on) return diverged(segment_name(number));
  }
  if (!copy_.is_under_way()) {
    if (const auto begun = begin_segment(reader); !begun) return begun;
  }
  if (const auto added = copy_.add(reader.block()); !added) return target_failed(added.error());
  return note_block(reader);
}

Copied<void> BackupRun::begin_segment(const WalReader& reader) {
  const BlockHeader& header = reader.header();
  const std::uint64_t number = reader.segment_number();
  if (const BackedSegment* there = find(number)) {
    current_ = *there;  // it goes on behind what the backup has of it
  } else {
    // What the backup has of the segment before may end in its middle, if the rest was let go unseen.
    const BackedSegment* before = find(number - 1);
    const bool must_continue =
        before != nullptr && (before->is_full() || passed_segment_ + 1 == number);
    if (must_continue && (header.previous_checksum != before->checksum ||
                          header.block_number != before->block_last + 1)) {
      return diverged(segment_name(number));
    }
    current_ = {.number = number,
                .first = header.position_first,
                .last = {header.position_first.value - 1},
                .block_first = header.block_number,
                .before = header.previous_checksum};
  }
  current_.file_bytes = reader.segment_bytes();
  if (const auto begun = copy_.begin(number, current_.bytes); !begun) return target_failed(begun.error());
  return {};
}

Copied<void> BackupRun::note_block(const WalReader& reader) {
  const BlockHeader& header = reader.header();
  const auto walked = for_each_record(header, reader.payload(), [&](const Record& record) {
    if (current_.first_time.ns == 0) current_.first_time = record.outcome.time;
    current_.last_time = record.outcome.time;
    return true;
  });
  if (!walked) {
    return std::unexpected(
        CopyError{.kind = Kind::damaged,
                  .reason = Finding{reader.path(), reader.offset(), walked.error()}.text(),
                  .what_to_do = std::string(kDamagedSource)});
  }
  current_.last = header.position_last;
  current_.block_last = header.block_number;
  current_.checksum = header.checksum;
  return {};
}

Copied<void> BackupRun::end_segment() {
  if (!copy_.is_under_way()) return {};
  const BackedSegment* there = find(current_.number);
  report_.bytes_copied += copy_.bytes() - (there == nullptr ? 0 : there->bytes);
  report_.records_new += current_.records() - (there == nullptr ? 0 : there->records());
  ++report_.segments_copied;
  current_.bytes = copy_.bytes();
  if (const auto finished = copy_.finish(); !finished) return target_failed(finished.error());
  put(current_);
  return {};
}

// The end of the log can be restored. What lies before a gap may be lost to the backup.
bool BackupRun::is_usable() const {
  const auto ranges = restorable_ranges(manifest_);
  return is_at_end_ && !ranges.empty() && ranges.back().segment_last + 1 == manifest_.segments.size();
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
