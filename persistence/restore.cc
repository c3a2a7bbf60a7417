#include "persistence/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "persistence/copy_parts.h"
#include "persistence/log_copy.h"
#include "persistence/snapshot_file.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {
namespace {

using Kind = CopyError::Kind;

std::string hex_of(LogId id) { return fmt::format("{:016x}{:016x}", id.high, id.low); }

std::unexpected<CopyError> not_as_told(const std::string& path, std::string_view what) {
  return std::unexpected(CopyError{
      .kind = Kind::damaged,
      .reason = fmt::format("{}: {}", path, what),
      .what_to_do =
          "the backup is damaged there: use another one, or ask for an earlier position"});
}

class RestoreRun {
 public:
  RestoreRun(FileIo& io, const RestoreOptions& options)
      : io_(io), options_(options), copy_(io, options.dir) {}
  ~RestoreRun() {
    if (lock_.is_open()) io_.close(lock_);
  }
  RestoreRun(const RestoreRun&) = delete;
  RestoreRun& operator=(const RestoreRun&) = delete;

  Copied<RestoreReport> run() {
    using Step = Copied<void> (RestoreRun::*)();
    for (const Step step :
         {&RestoreRun::read_backup, &RestoreRun::choose_range, &RestoreRun::take_directory,
          &RestoreRun::copy_snapshot_below, &RestoreRun::copy_log,
          &RestoreRun::make_next_segment, &RestoreRun::finish}) {
      if (const auto taken = (this->*step)(); !taken) return std::unexpected(taken.error());
    }
    return std::move(report_);
  }

 private:
  Copied<void> read_backup();
  Copied<void> choose_range();
  Copied<void> take_directory();
  Copied<void> copy_snapshot_below();
  Copied<bool> try_snapshot(const BackedSnapshot& snapshot);
  Copied<void> copy_log();
  Copied<bool> take_block(const WalReader& reader);
  Copied<void> write_block(const WalReader& reader, LogPosition last);
  Copied<void> end_segment();
  Copied<void> make_next_segment();
  Copied<void> finish();
  void note_cut();
  [[nodiscard]] bool is_wanted(LogPosition position, TimestampNs time) const {
    return options_.until_time ? time <= *options_.until_time : position <= until_;
  }
  [[nodiscard]] const BackedSegment* find(std::uint64_t number) const;
  [[nodiscard]] std::unexpected<CopyError> not_covered(std::string reason) const;

  FileIo& io_;
  const RestoreOptions& options_;
  File lock_;
  Identity identity_;
  RestoreReport report_;
  RestorableRange range_;
  LogPosition until_;       // unless a time is given
  bool is_cut_ = false;
  bool is_renamed_ = false;  // the log gets another id
  std::uint64_t segment_first_ = 0;
  std::uint64_t log_bytes_ = 0;  // read
  std::uint64_t next_segment_ = 0;  // behind the last one written
  std::uint64_t full_bytes_ = 0;    // of that one, if it is full
  SegmentCopy copy_;
  BlockMaker maker_;
  Checksum previous_;       // of the last block written
  bool any_block_ = false;
};

const BackedSegment* RestoreRun::find(std::uint64_t number) const {
  for (const BackedSegment& segment : report_.manifest.segments) {
    if (segment.number == number) return &segment;
  }
  return nullptr;
}

Copied<void> RestoreRun::read_backup() {
  auto manifest = finished_manifest(io_, options_.from);
  if (!manifest) return std::unexpected(manifest.error());
  report_.manifest = std::move(*manifest);
  const auto identity = read_identity(io_, options_.from);
  if (!identity) return unreadable_source(identity.error(), options_.from);
  identity_ = *identity;
  if (identity_.log_id == report_.manifest.log_id) return {};
  return not_as_told(join_path(options_.from, kIdentityName),
                     "it is of another log than the manifest tells");
}

std::unexpected<CopyError> RestoreRun::not_covered(std::string reason) const {
  std::string covered;
  for (const RestorableRange& range : restorable_ranges(report_.manifest)) {
    covered += fmt::format("{}{} to {}", covered.empty() ? "" : ", ",
                           std::max<std::uint64_t>(range.first.value, 1), range.last.value);
  }
  return std::unexpected(CopyError{
      .kind = Kind::not_covered,
      .reason = std::move(reason),
      .what_to_do = fmt::format("name a position or time within what it covers: positions {}",
                                covered.empty() ? "none" : covered)});
}

Copied<void> RestoreRun::choose_range() {
  const auto ranges = restorable_ranges(report_.manifest);
  if (ranges.empty()) {
    return not_covered(fmt::format("nothing in {} can be restored", options_.from));
  }
  const auto covers = [&](const RestorableRange& range) {
    if (options_.until) return *options_.until >= range.first && *options_.until <= range.last;
    if (!options_.until_time) return range.last == ranges.back().last;
    // After the last command of all nothing came until the backup was made.
    const bool is_last = range.last == report_.manifest.last();
    const TimestampNs end =
        is_last ? std::max(range.last_time, report_.manifest.made_at) : range.last_time;
    return *options_.until_time >= range.first_time && *options_.until_time <= end;
  };
  const auto range = std::ranges::find_if(ranges, covers);
  if (range == ranges.end() || (options_.until && options_.until->is_zero())) {
    return not_covered(
        fmt::format("{} cannot be restored from {}", options_.until_text, options_.from));
  }
  range_ = *range;
  until_ = options_.until.value_or(range_.last);
  const bool is_all = range_.last == report_.manifest.last();
  const bool is_before_end =
      options_.until_time ? *options_.until_time < range_.last_time : until_ < range_.last;
  is_cut_ = !is_all || is_before_end;
  is_renamed_ = is_cut_ || options_.new_log_id;
  if (is_renamed_) identity_.log_id = random_log_id();
  report_.log_id = identity_.log_id;
  return {};
}

Copied<void> RestoreRun::take_directory() {
  const auto listed = io_.list(options_.dir);
  if (!listed && listed.error().error_number != ENOENT) return target_failed(listed.error());
  const std::vector<std::string> names = listed.value_or(std::vector<std::string>());
  const std::string lock_path = join_path(options_.dir, kLockName);
  const auto has = [&names](std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (has(kLockName)) {
    const auto lock = io_.lock(lock_path);
    if (!lock && lock.error().error_number == EWOULDBLOCK) {
      return std::unexpected(
          CopyError{.kind = Kind::locked,
                    .reason = fmt::format("a running server uses {}", options_.dir),
                    .what_to_do = "restore into a new directory"});
    }
    if (lock) io_.close(*lock);
  }
  if (has(kUnfinishedRestoreName)) {
    return std::unexpected(CopyError{
        .kind = Kind::usage,
        .reason = fmt::format("a restore into {} did not come to its end", options_.dir),
        .what_to_do = "remove all that is in it, then run this again"});
  }
  if (has_content(names) || has(kLockName)) {
    return std::unexpected(CopyError{
        .kind = Kind::usage,
        .reason = fmt::format("{} is not empty: nothing is restored into it", options_.dir),
        .what_to_do = "name a new directory; what is there may still be needed"});
  }
  if (const auto made = io_.make_directories(options_.dir); !made) {
    return target_failed(made.error());
  }
  // The marker before the first file: no moment in which a server could take it
  // for a whole directory.
  const auto marked =
      write_text(io_, options_.dir, kUnfinishedRestoreName,
                 "holdfast restore has not come to its end here. No server starts on it: "
                 "remove all, restore again.\n");
  if (!marked) return target_failed(marked.error());
  const auto lock = io_.lock(lock_path);
  if (!lock) return target_failed(lock.error());
  lock_ = *lock;
  return {};
}

// The newest good one at or below what is asked for.
Copied<void> RestoreRun::copy_snapshot_below() {
  const auto& snapshots = report_.manifest.snapshots;
  for (auto at = snapshots.rbegin(); at != snapshots.rend(); ++at) {
    if (at->position.next() < range_.log_first || at->position > range_.last) continue;
    if (!is_wanted(at->position, at->time)) continue;
    const auto done = try_snapshot(*at);
    if (!done) return std::unexpected(done.error());
    if (*done) return {};
  }
  if (range_.log_first.value <= 1) return {};
  return not_covered(fmt::format("no snapshot at or below the point is good in {}", options_.from));
}

Copied<bool> RestoreRun::try_snapshot(const BackedSnapshot& snapshot) {
  const std::string path = join_path(options_.from, snapshot_name(snapshot.position));
  SnapshotFileReader reader(io_, path, report_.manifest.log_id);
  const auto pass_over = [&](const std::string& why) {
    report_.notes.push_back(fmt::format("a snapshot of the backup was passed over: {}", why));
    return false;
  };
  if (!reader.begin(snapshot.position)) return pass_over(reader.finding().text());
  std::uint64_t bytes = 0;
  const auto copied =
      copy_snapshot(io_, reader, options_.dir, identity_.log_id, [&](std::uint64_t piece) {
        bytes += piece;
        if (!options_.on_progress) return;
        options_.on_progress({.phase = BackupProgress::Phase::snapshot,
                              .bytes = bytes,
                              .bytes_total = snapshot.bytes});
      });
  if (!copied) return copy_failed(copied.error(), options_.dir);
  if (copied->bad) return pass_over(copied->bad->text());
  if (reader.last_checksum() != snapshot.checksum) {
    if (const auto gone = io_.unlink(join_path(options_.dir, snapshot_name(snapshot.position)));
        !gone) {
      return target_failed(gone.error());
    }
    return pass_over(fmt::format("{} is not the one that the manifest tells of", path));
  }
  report_.snapshot = report_.position = snapshot.position;
  report_.time = snapshot.time;
  report_.bytes += copied->bytes;
  return true;
}

Copied<void> RestoreRun::copy_log() {
  const auto& segments = report_.manifest.segments;
  std::size_t first = range_.segment_first;
  std::uint64_t total = 0;
  for (std::size_t i = range_.segment_first; i <= range_.segment_last; ++i) {
    // The one that holds the snapshot's position, so that the log is seen to reach it.
    const bool is_below = segments[i].first <= report_.snapshot && !options_.from_first;
    if (is_below) first = i;
    total = is_below ? segments[i].bytes : total + segments[i].bytes;
  }
  segment_first_ = segments[first].number;
  const std::uint64_t position = segments[first].first.value;
  WalReader reader(
      io_, options_.from, report_.manifest.log_id,
      {.start_after = LogPosition{position == 0 ? 0 : position - 1}, .read_covered = first == 0});
  while (true) {
    switch (reader.next_block()) {
      case WalReader::Step::block: {
        const auto more = take_block(reader);
        if (!more) return std::unexpected(more.error());
        if (!*more) return end_segment();
        log_bytes_ += reader.header().block_bytes;
        if (options_.on_progress) options_.on_progress({.bytes = log_bytes_, .bytes_total = total});
        continue;
      }
      case WalReader::Step::end:
        return not_as_told(options_.from,
                           fmt::format("its log ends with position {}, before the manifest's end",
                                       reader.end().position.value));
      case WalReader::Step::damage:
        return not_as_told(
            fmt::format("{} at offset {}", reader.damage().path, reader.damage().offset),
            reader.damage().reason);
      case WalReader::Step::error: return unreadable_source(reader.io_error(), options_.from);
    }
  }
}

// False: this was the last one.
Copied<bool> RestoreRun::take_block(const WalReader& reader) {
  const BlockHeader& header = reader.header();
  const std::uint64_t number = reader.segment_number();
  const BackedSegment* told = find(number);
  if (number < segment_first_) return true;
  if (told == nullptr || header.block_number > told->block_last) {
    // A later run may have been broken off that added to it.
    return not_as_told(reader.path(), "it holds a block that the manifest does not tell of");
  }
  if (header.block_number == told->block_last && header.checksum != told->checksum) {
    return not_as_told(reader.path(), "its last block is not the one that the manifest tells of");
  }
  LogPosition last{header.position_first.value - 1};
  const auto walked = for_each_record(header, reader.payload(), [&](const Record& record) {
    if (!is_wanted(record.outcome.position, record.outcome.time)) return false;
    last = record.outcome.position;
    if (last > report_.position) report_.time = record.outcome.time;
    return true;
  });
  if (!walked) return not_as_told(reader.path(), walked.error());
  const bool is_whole = last == header.position_last;
  // Without any record to keep it still tells where the log stands, if nothing else does.
  if (is_whole || last >= header.position_first || !any_block_) {
    if (const auto written = write_block(reader, last); !written) {
      return std::unexpected(written.error());
    }
    report_.position = std::max(report_.position, last);
  }
  const bool is_end = number == report_.manifest.segments[range_.segment_last].number &&
                      header.block_number == told->block_last;
  return is_whole && !is_end;
}

Copied<void> RestoreRun::write_block(const WalReader& reader, LogPosition last) {
  const std::uint64_t number = reader.segment_number();
  if (copy_.is_under_way() && copy_.number() != number) {
    if (const auto ended = end_segment(); !ended) return ended;
  }
  if (!copy_.is_under_way()) {
    if (const auto begun = copy_.begin(number); !begun) return target_failed(begun.error());
  }
  std::span<const std::byte> block = reader.block();
  BlockHeader header = reader.header();
  if (is_renamed_) {
    const auto kept = records_through(header, reader.payload(), last);
    if (!kept) return not_as_told(reader.path(), kept.error());
    header.log_id = identity_.log_id;
    header.position_last = last;
    if (any_block_) header.previous_checksum = previous_;
    block = maker_.make(header, *kept);
  }
  previous_ = header.checksum;
  any_block_ = true;
  report_.bytes += block.size();
  if (const auto added = copy_.add(block); !added) return target_failed(added.error());
  return {};
}

// Full length, as the server lays segments out.
Copied<void> RestoreRun::end_segment() {
  if (!copy_.is_under_way()) return {};
  const BackedSegment* told = find(copy_.number());
  const std::uint64_t file_bytes = std::max(told->file_bytes, told->bytes);
  full_bytes_ = copy_.bytes() == file_bytes ? file_bytes : 0;
  next_segment_ = copy_.number() + 1;
  if (const auto finished = copy_.finish(file_bytes); !finished) {
    return target_failed(finished.error());
  }
  ++report_.segments;
  return {};
}

// A server has the next segment before one is full, and starts on nothing else.
Copied<void> RestoreRun::make_next_segment() {
  if (full_bytes_ == 0) return {};
  const auto file = lay_out_segment(io_, options_.dir, next_segment_, full_bytes_);
  if (!file) return target_failed(file.error());
  io_.close(*file);
  if (const auto named = name_segment(io_, options_.dir, next_segment_); !named) {
    return target_failed(named.error());
  }
  return {};
}

void RestoreRun::note_cut() {
  if (!is_cut_) return;
  report_.cut_last = report_.manifest.last();
  for (const BackedSegment& segment : report_.manifest.segments) {
    if (segment.last_time.ns != 0) report_.cut_last_time = segment.last_time;
    if (segment.last <= report_.position) continue;
    report_.cut_records +=
        segment.last.value - std::max(segment.first.value - 1, report_.position.value);
  }
}

Copied<void> RestoreRun::finish() {
  note_cut();
  if (const auto written = write_identity(io_, options_.dir, identity_); !written) {
    return target_failed(written.error());
  }
  const auto noted = write_text(
      io_, options_.dir, "restored",
      fmt::format("holdfast restore\nfrom {}\nof log {}\nup to position {}, of {} in the backup\n"
                  "this log {}\n",
                  options_.from, hex_of(report_.manifest.log_id), report_.position.value,
                  report_.manifest.last().value, hex_of(identity_.log_id)));
  if (!noted) return target_failed(noted.error());
  auto done = io_.unlink(join_path(options_.dir, kUnfinishedRestoreName));
  if (done) done = io_.sync_directory(options_.dir);
  if (!done) return target_failed(done.error());
  return {};
}

}  // namespace

Copied<RestoreReport> restore(FileIo& io, const RestoreOptions& options) {
  return RestoreRun(io, options).run();
}

}  // namespace holdfast::persistence
