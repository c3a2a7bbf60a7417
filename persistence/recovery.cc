#include "persistence/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "persistence/segments.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {
namespace {

using Kind = RecoveryError::Kind;
template <class T>
using Recovered = std::expected<T, RecoveryError>;

constexpr std::string_view kRestore =
    "run `holdfast wal verify` on the directory for all that is wrong with it, keep a copy of the "
    "files as they are, and restore the directory from a copy or a standby";

std::unexpected<RecoveryError> io_failed(const IoError& error) {
  return std::unexpected(RecoveryError{
      .kind = Kind::io,
      .path = error.path,
      .reason = error.text(),
      .what_to_do = error.is_no_space() ? "free some space on the volume, then start again"
                                        : "see to what the system says, then start again"});
}

std::unexpected<RecoveryError> damaged(std::string path, std::uint64_t offset, std::string reason) {
  return std::unexpected(RecoveryError{.kind = Kind::damaged,
                                       .path = std::move(path),
                                       .offset = offset,
                                       .reason = std::move(reason),
                                       .what_to_do = std::string(kRestore)});
}

// One opening of one directory, step by step.
class Opening {
 public:
  Opening(FileIo& io, const OpenLogOptions& options, const RecordCallback& on_record)
      : io_(io), options_(options), on_record_(on_record) {}
  ~Opening() {
    if (!done_) io_.close(lock_);
  }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  Recovered<OpenedLog> run();

 private:
  Recovered<void> check_options() const;
  Recovered<void> take_directory();
  Recovered<void> remove_temporary_files();
  Recovered<void> find_or_make_log();
  Recovered<void> make_log();
  Recovered<bool> any_block_in_segments();
  Recovered<void> check_segment_numbers() const;
  Recovered<void> sync_all();
  Recovered<void> replay();
  Recovered<void> replay_block(const WalReader& reader);
  void note_block(const WalReader& reader);
  void note_end(const EndOfLog& end);
  Recovered<PreparedSegment> open_segment(const SegmentFile& segment);
  Recovered<std::vector<PreparedSegment>> open_spares();
  Recovered<std::unique_ptr<WalWriter>> make_writer();

  FileIo& io_;
  const OpenLogOptions& options_;
  const RecordCallback& on_record_;
  File lock_;
  bool done_ = false;
  Identity identity_;
  std::vector<SegmentFile> segments_;
  EndOfLog end_;
  RecoveryReport report_;
  struct Full {
    std::uint64_t number = 0;
    LogPosition last;
  };
  std::vector<Full> read_segments_;  // that hold blocks, with their last position
};

Recovered<void> Opening::check_options() const {
  const auto bad = [](std::string reason) {
    return std::unexpected(RecoveryError{
        .kind = Kind::options, .path = {}, .reason = std::move(reason), .what_to_do = "change it"});
  };
  if (options_.dir.empty()) return bad("no data directory is given");
  if (!is_segment_length(options_.segment_bytes)) {
    return bad(fmt::format("a log segment of {} bytes is not allowed: it must be a multiple of {} and "
                           "at least {}",
                           options_.segment_bytes, limits::wal_sector_bytes,
                           limits::wal_segment_bytes_min));
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

Recovered<void> Opening::take_directory() {
  if (const auto made = io_.make_directories(options_.dir); !made) return io_failed(made.error());
  const auto lock = io_.lock(join_path(options_.dir, kLockName));
  if (!lock && lock.error().error_number == EWOULDBLOCK) {
    return std::unexpected(
        RecoveryError{.kind = Kind::locked,
                      .path = options_.dir,
                      .reason = fmt::format("another holdfastd uses the data directory {}", options_.dir),
                      .what_to_do = "stop it first, or start this one with another --data-dir"});
  }
  if (!lock) return io_failed(lock.error());
  lock_ = *lock;
  return {};
}

Recovered<void> Opening::remove_temporary_files() {
  const auto names = io_.list(options_.dir);
  if (!names) return io_failed(names.error());
  bool removed = false;
  for (const std::string& name : *names) {
    if (!name.ends_with(kTemporarySuffix)) continue;
    const std::string whole = name.substr(0, name.size() - kTemporarySuffix.size());
    if (whole != kIdentityName && !parse_segment_name(whole)) continue;  // not ours
    if (const auto gone = io_.unlink(join_path(options_.dir, name)); !gone) {
      return io_failed(gone.error());
    }
    removed = true;
  }
  if (!removed) return {};
  if (const auto synced = io_.sync_directory(options_.dir); !synced) return io_failed(synced.error());
  return {};
}

Recovered<void> Opening::find_or_make_log() {
  auto listed = list_segments(io_, options_.dir);
  if (!listed) return io_failed(listed.error());
  segments_ = std::move(*listed);
  const auto identity = read_identity(io_, options_.dir);
  if (identity) {
    identity_ = *identity;
    if (!segments_.empty()) return check_segment_numbers();
    return damaged(options_.dir, 0, "the directory has an identity file but no log segments");
  }
  if (identity.error().error_number == 0) {
    return damaged(identity.error().path, 0, identity.error().reason);
  }
  if (identity.error().error_number != ENOENT) return io_failed(identity.error());
  // The identity is written last when a log is made, so without one there may be an empty segment.
  const auto any = any_block_in_segments();
  if (!any) return std::unexpected(any.error());
  if (*any) {
    return damaged(join_path(options_.dir, kIdentityName), 0,
                   "the directory has a log, but its identity file is missing");
  }
  return make_log();
}

Recovered<bool> Opening::any_block_in_segments() {
  const AlignedBytes piece = allocate_aligned(limits::wal_block_bytes_max);
  for (const SegmentFile& segment : segments_) {
    const auto file = io_.open(join_path(options_.dir, segment.name), OpenMode::read);
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

Recovered<void> Opening::make_log() {
  for (const SegmentFile& segment : segments_) {
    if (const auto gone = io_.unlink(join_path(options_.dir, segment.name)); !gone) {
      return io_failed(gone.error());
    }
  }
  const auto file = lay_out_segment(io_, options_.dir, 1, options_.segment_bytes,
                                    [](const void*) { return true; }, nullptr);
  if (!file) return io_failed(file.error());
  io_.close(*file);
  if (const auto named = name_segment(io_, options_.dir, 1); !named) return io_failed(named.error());
  identity_ = {};
  identity_.log_id = options_.new_log_id ? *options_.new_log_id : random_log_id();
  identity_.created_at = options_.now;
  identity_.segment_bytes = options_.segment_bytes;
  if (const auto written = write_identity(io_, options_.dir, identity_); !written) {
    return io_failed(written.error());
  }
  report_.created = true;
  segments_ = {{.number = 1, .name = segment_name(1)}};
  return {};
}

Recovered<void> Opening::check_segment_numbers() const {
  for (std::size_t i = 1; i < segments_.size(); ++i) {
    if (segments_[i].number == segments_[i - 1].number + 1) continue;
    return damaged(join_path(options_.dir, segments_[i - 1].name), 0,
                   fmt::format("the next segment, {}, is missing, and later ones are there",
                               segment_name(segments_[i - 1].number + 1)));
  }
  return {};
}

// What the last server wrote but did not see complete may be in a volatile cache still: it would be
// shown now, and be gone after the next power cut.
Recovered<void> Opening::sync_all() {
  for (const SegmentFile& segment : segments_) {
    const auto file = io_.open(join_path(options_.dir, segment.name), OpenMode::read);
    if (!file) return io_failed(file.error());
    const auto synced = io_.sync(*file);
    io_.close(*file);
    if (!synced) return io_failed(synced.error());
  }
  if (const auto synced = io_.sync_directory(options_.dir); !synced) return io_failed(synced.error());
  return {};
}

void Opening::note_block(const WalReader& reader) {
  ++report_.blocks;
  report_.bytes += reader.header().block_bytes;
  if (read_segments_.empty() || read_segments_.back().number != reader.segment_number()) {
    read_segments_.push_back({.number = reader.segment_number(), .last = {}});
  }
  read_segments_.back().last = reader.header().position_last;
}

Recovered<void> Opening::replay_block(const WalReader& reader) {
  std::optional<RecoveryError> mismatch;
  const auto walked = for_each_record(reader.header(), reader.payload(), [&](const Record& record) {
    report_.last_time = record.outcome.time;
    if (record.outcome.position <= options_.start_after) return true;
    ++report_.records;
    auto objection = on_record_(record.command, record.outcome);
    if (!objection) return true;
    mismatch = RecoveryError{
        .kind = Kind::mismatch,
        .path = reader.path(),
        .offset = reader.offset(),
        .position = record.outcome.position,
        .reason = fmt::format("replay of position {} ({}) did not come to the logged result: {}",
                              record.outcome.position.value, command_name(record.command.kind),
                              *objection),
        .what_to_do = "start the Holdfast that wrote this log, and report this: the same log must "
                      "give the same state"};
    return false;
  });
  if (mismatch) return std::unexpected(*mismatch);
  if (!walked) return damaged(reader.path(), reader.offset(), walked.error());
  return {};
}

Recovered<void> Opening::replay() {
  const auto started = std::chrono::steady_clock::now();
  WalReader reader(io_, options_.dir, identity_.log_id, {.start_after = options_.start_after});
  while (true) {
    switch (reader.next_block()) {
      case WalReader::Step::block: {
        note_block(reader);
        if (const auto replayed = replay_block(reader); !replayed) return replayed;
        continue;
      }
      case WalReader::Step::damage:
        return damaged(reader.damage().path, reader.damage().offset, reader.damage().reason);
      case WalReader::Step::error:
        return io_failed(reader.io_error());
      case WalReader::Step::end:
        break;
    }
    break;
  }
  note_end(reader.end());
  if (end_.position < options_.start_after) {
    return damaged(options_.dir, 0,
                   fmt::format("the log ends with position {}, but the snapshot holds all up to {}: "
                               "newer segments are missing",
                               end_.position.value, options_.start_after.value));
  }
  report_.duration_ns = static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - started).count());
  return {};
}

void Opening::note_end(const EndOfLog& end) {
  end_ = end;
  report_.last_position = end.position;
  report_.segments = segments_.size();
  if (end.row == nullptr || (end.row->verdict == Verdict::end && end.behind.blocks == 0)) return;
  report_.cut_blocks = end.behind.blocks;
  report_.cut_records = end.behind.records;
  report_.cut = fmt::format("{} at offset {}: {}",
                            join_path(options_.dir, segment_name(end.segment_number)), end.offset,
                            end.row->told);
  if (end.behind.blocks > 0) {
    report_.cut += fmt::format("; {} whole blocks behind it with {} records that were never "
                               "acknowledged are cut as well",
                               end.behind.blocks, end.behind.records);
  }
}

Recovered<PreparedSegment> Opening::open_segment(const SegmentFile& segment) {
  const std::string path = join_path(options_.dir, segment.name);
  const auto file = io_.open(path, OpenMode::log_write);
  if (!file) return io_failed(file.error());
  const auto bytes = io_.size(*file);
  if (!bytes) {
    io_.close(*file);
    return io_failed(bytes.error());
  }
  const std::uint64_t whole = *bytes / limits::wal_sector_bytes * limits::wal_sector_bytes;
  return PreparedSegment{.number = segment.number, .bytes = whole, .file = *file};
}

// Segments behind the end. One of a strange length (a copy that was broken off) is removed with all
// behind it: nothing durable is in them, or reading would have refused.
Recovered<std::vector<PreparedSegment>> Opening::open_spares() {
  std::vector<PreparedSegment> spares;
  std::size_t kept = 0;
  while (kept < segments_.size() && segments_[kept].number <= end_.segment_number) ++kept;
  for (; kept < segments_.size(); ++kept) {
    auto spare = open_segment(segments_[kept]);
    if (!spare) return std::unexpected(spare.error());
    if (!is_segment_length(spare->bytes)) {
      io_.close(spare->file);
      break;
    }
    spares.push_back(*spare);
  }
  const std::size_t total = segments_.size();
  while (segments_.size() > kept) {
    if (const auto gone = io_.unlink(join_path(options_.dir, segments_.back().name)); !gone) {
      return io_failed(gone.error());
    }
    segments_.pop_back();
  }
  if (total != kept) {
    if (const auto synced = io_.sync_directory(options_.dir); !synced) return io_failed(synced.error());
  }
  return spares;
}

Recovered<std::unique_ptr<WalWriter>> Opening::make_writer() {
  auto spares = open_spares();
  if (!spares) return std::unexpected(spares.error());
  const auto segment =
      open_segment({.number = end_.segment_number, .name = segment_name(end_.segment_number)});
  if (!segment) return std::unexpected(segment.error());
  report_.direct = io_.is_direct(segment->file);
  report_.incarnation = end_.incarnation_max + 1;
  auto preparer = std::make_unique<SegmentPreparer>(
      io_,
      PreparerOptions{.dir = options_.dir,
                      .segment_bytes = options_.segment_bytes,
                      .spares = options_.segments_spare,
                      .spares_max = options_.segments_spare_max,
                      .mode = options_.layout},
      segments_.back().number + 1, std::move(*spares));
  const bool tail_is_full = end_.offset == segment->bytes;
  for (const Full& full : read_segments_) {
    if (full.number != end_.segment_number || tail_is_full) preparer->retire(full.number, full.last);
  }
  const LogTail tail{.log_id = identity_.log_id,
                     .incarnation = report_.incarnation,
                     .segment = *segment,
                     .offset = end_.offset,
                     .next_block = end_.next_block,
                     .previous_checksum = end_.previous_checksum,
                     .position = end_.position};
  return std::make_unique<WalWriter>(
      io_, WriterOptions{.dir = options_.dir, .writes_in_flight = options_.writes_in_flight},
      std::move(preparer), tail);
}

Recovered<OpenedLog> Opening::run() {
  using StepFunction = Recovered<void> (Opening::*)();
  if (const auto checked = check_options(); !checked) return std::unexpected(checked.error());
  for (const StepFunction step : {&Opening::take_directory, &Opening::remove_temporary_files,
                                  &Opening::find_or_make_log, &Opening::sync_all, &Opening::replay}) {
    if (const auto taken = (this->*step)(); !taken) return std::unexpected(taken.error());
  }
  report_.log_id = identity_.log_id;
  report_.created_at = identity_.created_at;
  auto writer = make_writer();
  if (!writer) return std::unexpected(writer.error());
  done_ = true;
  return OpenedLog{.report = report_, .writer = std::move(*writer), .lock = lock_};
}

}  // namespace

std::string RecoveryError::text() const {
  const std::string where =
      kind == Kind::damaged || kind == Kind::mismatch ? fmt::format("{} at offset {}: ", path, offset)
                                                      : std::string();
  return fmt::format("{}{}. What to do: {}.", where, reason, what_to_do);
}

std::expected<OpenedLog, RecoveryError> open_log(FileIo& io, const OpenLogOptions& options,
                                                 const RecordCallback& on_record) {
  return Opening(io, options, on_record).run();
}

}  // namespace holdfast::persistence
