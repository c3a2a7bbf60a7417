#include "persistence/recovery.h"

#include <fmt/format.h>

#include <utility>

#include "persistence/log_directory.h"
#include "persistence/log_replay.h"
#include "persistence/segments.h"

namespace holdfast::persistence {
namespace {

// One opening of one directory, step by step.
class Opening {
 public:
  Opening(FileIo& io, const OpenLogOptions& options, const RecordsCallback& on_records)
      : io_(io), options_(options), on_records_(on_records) {}
  ~Opening() {
    if (!done_) io_.close(lock_);
  }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  Recovered<OpenedLog> run();

 private:
  Recovered<void> check_options() const;
  Recovered<PreparedSegment> open_segment(const SegmentFile& segment);
  Recovered<void> check_spares();
  Recovered<std::vector<PreparedSegment>> open_spares();
  Recovered<std::unique_ptr<WalWriter>> make_writer();

  FileIo& io_;
  const OpenLogOptions& options_;
  const RecordsCallback& on_records_;
  File lock_;
  bool done_ = false;
  LogDirectory log_;
  ReplayedLog replayed_;
  RecoveryReport report_;
};

Recovered<void> Opening::check_options() const {
  const auto bad = [](std::string reason) {
    return std::unexpected(RecoveryError{.kind = RecoveryError::Kind::options,
                                         .path = {},
                                         .reason = std::move(reason),
                                         .what_to_do = "change it"});
  };
  if (options_.dir.empty()) return bad("no data directory is given");
  if (!is_segment_length(options_.segment_bytes)) {
    return bad(fmt::format(
        "a log segment of {} bytes is not allowed: it must be a multiple of {} and at least {}",
        options_.segment_bytes, limits::wal_sector_bytes, limits::wal_segment_bytes_min));
  }
  if (options_.writes_in_flight < 1 ||
      options_.writes_in_flight > limits::wal_writes_in_flight_max) {
    return bad(fmt::format("{} log writes in flight are not allowed: 1 to {}",
                           options_.writes_in_flight, limits::wal_writes_in_flight_max));
  }
  if (options_.segments_spare < 1 || options_.segments_spare_max < options_.segments_spare) {
    return bad("the log needs at least one spare segment, and not more than may be kept");
  }
  return {};
}

Recovered<PreparedSegment> Opening::open_segment(const SegmentFile& segment) {
  const auto file = io_.open(segment.path, OpenMode::log_write);
  if (!file) return io_failed(file.error());
  const auto bytes = io_.size(*file);
  if (!bytes) {
    io_.close(*file);
    return io_failed(bytes.error());
  }
  const std::uint64_t whole = *bytes / limits::wal_sector_bytes * limits::wal_sector_bytes;
  return PreparedSegment{.number = segment.number, .bytes = whole, .file = *file};
}

// What stands in a segment behind the end will be overwritten, so it must be ours.
Recovered<void> Opening::check_spares() {
  for (const SegmentFile& segment : log_.segments) {
    if (segment.number <= replayed_.end.segment_number) continue;
    const auto objection = objection_to_reuse(io_, log_.identity.log_id, segment);
    if (!objection) return io_failed(objection.error());
    if (*objection) return damaged(segment.path, 0, **objection);
  }
  return {};
}

// Segments behind the end. One of a strange length (a copy that was broken off) is removed with all
// behind it: nothing durable is in them, or reading would have refused.
Recovered<std::vector<PreparedSegment>> Opening::open_spares() {
  std::vector<PreparedSegment> spares;
  std::size_t kept = 0;
  while (kept < log_.segments.size() &&
         log_.segments[kept].number <= replayed_.end.segment_number) {
    ++kept;
  }
  for (; kept < log_.segments.size(); ++kept) {
    auto spare = open_segment(log_.segments[kept]);
    if (!spare) return std::unexpected(spare.error());
    if (!is_segment_length(spare->bytes)) {
      io_.close(spare->file);
      break;
    }
    spares.push_back(*spare);
  }
  const std::size_t total = log_.segments.size();
  while (log_.segments.size() > kept) {
    if (const auto gone = io_.unlink(log_.segments.back().path); !gone) {
      return io_failed(gone.error());
    }
    log_.segments.pop_back();
  }
  if (total != kept) {
    if (const auto synced = io_.sync_directory(options_.dir); !synced) {
      return io_failed(synced.error());
    }
  }
  return spares;
}

Recovered<std::unique_ptr<WalWriter>> Opening::make_writer() {
  const EndOfLog& end = replayed_.end;
  if (const auto checked = check_spares(); !checked) return std::unexpected(checked.error());
  auto spares = open_spares();
  if (!spares) return std::unexpected(spares.error());
  const auto segment = open_segment(segment_in(options_.dir, end.segment_number));
  if (!segment) return std::unexpected(segment.error());
  report_.direct = io_.is_direct(segment->file);
  report_.incarnation = end.incarnation_max + 1;
  auto preparer = std::make_unique<SegmentPreparer>(
      io_,
      PreparerOptions{.dir = options_.dir,
                      .segment_bytes = options_.segment_bytes,
                      .spares = options_.segments_spare,
                      .spares_max = options_.segments_spare_max,
                      .mode = options_.layout,
                      .tell = options_.tell_segments},
      log_.segments.back().number + 1, std::move(*spares));
  const bool tail_is_full = end.offset == segment->bytes;
  for (const UsedSegment& full : replayed_.used) {
    if (full.number != end.segment_number || tail_is_full) preparer->retire(full.number, full.last);
  }
  const LogTail tail{.log_id = log_.identity.log_id,
                     .incarnation = report_.incarnation,
                     .segment = *segment,
                     .offset = end.offset,
                     .next_block = end.next_block,
                     .previous_checksum = end.previous_checksum,
                     .position = end.position};
  return std::make_unique<WalWriter>(
      io_, WriterOptions{.dir = options_.dir,
                         .writes_in_flight = options_.writes_in_flight,
                         .write_beside_bytes = options_.write_beside_bytes},
      std::move(preparer), tail);
}

Recovered<OpenedLog> Opening::run() {
  if (const auto checked = check_options(); !checked) return std::unexpected(checked.error());
  const auto lock = lock_directory(io_, options_.dir);
  if (!lock) return std::unexpected(lock.error());
  lock_ = *lock;
  auto found = find_or_make_log(io_, options_);
  if (!found) return std::unexpected(found.error());
  log_ = std::move(*found);
  report_.created = log_.created;
  report_.log_id = log_.identity.log_id;
  report_.created_at = log_.identity.created_at;
  auto replayed = replay_log(io_, options_, log_, on_records_, report_);
  if (!replayed) return std::unexpected(replayed.error());
  replayed_ = std::move(*replayed);
  auto writer = make_writer();
  if (!writer) return std::unexpected(writer.error());
  done_ = true;
  return OpenedLog{.report = report_, .writer = std::move(*writer), .lock = lock_};
}

}  // namespace

std::expected<OpenedLog, RecoveryError> open_log(FileIo& io, const OpenLogOptions& options,
                                                 const RecordsCallback& on_records) {
  auto opened = Opening(io, options, on_records).run();
  if (!opened) opened.error().name_directories(options.dir, options.archive_dir);
  return opened;
}

std::expected<OpenedLog, RecoveryError> open_log(FileIo& io, const OpenLogOptions& options,
                                                 const RecordCallback& on_record) {
  const RecordsCallback one_by_one =
      [&on_record](std::span<const Record> records) -> std::optional<ReplayObjection> {
    for (std::size_t i = 0; i < records.size(); ++i) {
      auto objection = on_record(records[i].command, records[i].outcome);
      if (objection) return ReplayObjection{.record = i, .text = std::move(*objection)};
    }
    return std::nullopt;
  };
  return open_log(io, options, one_by_one);
}

}  // namespace holdfast::persistence
