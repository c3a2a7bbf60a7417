#include "persistence/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "persistence/backup_manifest.h"
#include "persistence/copy_parts.h"
#include "persistence/log_pieces.h"
#include "persistence/segments.h"
#include "persistence/snapshot_format.h"
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
  return std::unexpected(RecoveryError{.kind = Kind::io,
                                       .path = error.path,
                                       .reason = error.text(),
                                       .what_to_do = std::string(what_to_do_about(error))});
}

std::unexpected<RecoveryError> damaged(std::string path, std::uint64_t offset, std::string reason) {
  return std::unexpected(RecoveryError{.kind = Kind::damaged,
                                       .path = std::move(path),
                                       .offset = offset,
                                       .reason = std::move(reason),
                                       .what_to_do = std::string(kRestore)});
}

/// Some 4 MB of decoded records, which stay in the cache that both cores share.
constexpr std::size_t kBlocksAhead = 16;

// A segment that is full, and its last position.
struct Retired {
  std::uint64_t number = 0;
  LogPosition last;
};

std::uint64_t ns_since(std::chrono::steady_clock::time_point started) {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - started).count());
}

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
  Recovered<void> take_directory();
  Recovered<void> check_is_data_directory();
  Recovered<void> remove_temporary_files();
  Recovered<void> find_or_make_log();
  Recovered<void> check_archive_identity();
  Recovered<void> make_log();
  Recovered<bool> any_block_in_segments();
  Recovered<void> check_identity();
  Recovered<void> check_segment_numbers() const;
  Recovered<void> sync_all();
  Recovered<void> load_snapshot();
  Recovered<void> find_reach();
  Recovered<void> replay();
  Recovered<void> check_archive();
  std::unexpected<RecoveryError> refused(const std::string& path, const std::string& detail) const;
  void tell_progress() const;
  std::vector<Retired> unread_segments() const;
  Recovered<void> replay_piece(const LogPiece& piece);
  void note_piece(const LogPiece& piece);
  void note_end(const EndOfLog& end);
  Recovered<PreparedSegment> open_segment(const SegmentFile& segment);
  Recovered<void> check_spares();
  Recovered<void> estimate_log_bytes(std::uint64_t first_segment);
  Recovered<std::vector<PreparedSegment>> open_spares();
  Recovered<std::unique_ptr<WalWriter>> make_writer();

  FileIo& io_;
  const OpenLogOptions& options_;
  const RecordsCallback& on_records_;
  File lock_;
  bool done_ = false;
  Identity identity_;
  std::vector<SegmentFile> segments_;
  std::vector<std::optional<BlockHeader>> fronts_;  // of segments_, as far as the first read one
  StartFacts start_;
  EndOfLog end_;
  RecoveryReport report_;
  std::vector<Retired> read_segments_;  // that hold blocks, with their last position
  std::uint64_t log_bytes_max_ = 0;
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

// A backup is restored before it is used, and a restore is used when it is whole.
Recovered<void> Opening::check_is_data_directory() {
  const auto names = io_.list(options_.dir);
  if (!names) return io_failed(names.error());
  const auto has = [&](std::string_view name) { return std::ranges::find(*names, name) != names->end(); };
  const bool is_unfinished = has(kUnfinishedRestoreName);
  if (!is_unfinished && !has(kManifestName)) return {};
  return std::unexpected(RecoveryError{
      .kind = Kind::damaged,
      .path = options_.dir,
      .reason = is_unfinished ? "a restore into this directory did not come to its end"
                              : "this directory is a backup, not a data directory",
      .what_to_do = is_unfinished ? "remove all that is in it, then run `holdfast restore` again"
                                  : "run `holdfast restore` into an empty directory, and start on that"});
}

Recovered<void> Opening::remove_temporary_files() {
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
    if (!segments_.empty()) return check_identity();
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

Recovered<void> Opening::make_log() {
  for (const SegmentFile& segment : segments_) {
    if (const auto gone = io_.unlink(segment.path); !gone) {
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
  segments_ = {segment_in(options_.dir, 1)};
  return {};
}

// Segments that are all of another log have the wrong identity beside them, not the wrong content.
Recovered<void> Opening::check_identity() {
  bool any_foreign = false;
  for (const SegmentFile& segment : segments_) {
    const auto front = check_segment_front(io_, segment);
    if (!front) return io_failed(front.error());
    if (!front->version_ok) continue;
    if (front->header.log_id == identity_.log_id) return check_segment_numbers();
    any_foreign = true;
  }
  if (!any_foreign) return check_segment_numbers();
  return std::unexpected(RecoveryError{
      .kind = Kind::damaged,
      .path = join_path(options_.dir, kIdentityName),
      .reason = "the identity belongs to another log than the segments beside it",
      .what_to_do = "put back the identity file of this log (its archive has a copy), or move these files to the "
                    "directory where they belong"});
}

Recovered<void> Opening::check_segment_numbers() const {
  for (std::size_t i = 1; i < segments_.size(); ++i) {
    if (segments_[i].number == segments_[i - 1].number + 1) continue;
    return damaged(segments_[i - 1].path, 0,
                   fmt::format("the next segment, {}, is missing, and later ones are there",
                               segment_name(segments_[i - 1].number + 1)));
  }
  return {};
}

// What another log's archive holds says nothing of this one.
Recovered<void> Opening::check_archive_identity() {
  if (options_.archive_dir.empty()) return {};
  const auto archive = read_identity(io_, options_.archive_dir);
  if (!archive || archive->log_id == identity_.log_id) return {};
  return std::unexpected(RecoveryError{
      .kind = Kind::damaged,
      .path = options_.archive_dir,
      .reason = "the archive holds the log of another data directory, or of this one from before a restore cut it",
      .what_to_do = "give this log an archive of its own: a new, empty --archive-dir"});
}

// What the last server wrote but did not see complete may be in a volatile cache still: it would be
// shown now, and be gone after the next power cut.
Recovered<void> Opening::sync_all() {
  for (const SegmentFile& segment : segments_) {
    const auto file = io_.open(segment.path, OpenMode::read);
    if (!file) return io_failed(file.error());
    const auto synced = io_.sync(*file);
    io_.close(*file);
    if (!synced) return io_failed(synced.error());
  }
  if (const auto synced = io_.sync_directory(options_.dir); !synced) return io_failed(synced.error());
  return {};
}

void Opening::note_piece(const LogPiece& piece) {
  ++report_.blocks;
  report_.bytes += piece.header.block_bytes;
  if (read_segments_.empty() || read_segments_.back().number != piece.segment_number) {
    read_segments_.push_back({.number = piece.segment_number, .last = {}});
  }
  read_segments_.back().last = piece.header.position_last;
}

Recovered<void> Opening::replay_piece(const LogPiece& piece) {
  std::span<const Record> records = piece.records;
  if (!records.empty()) report_.last_time = records.back().outcome.time;
  while (!records.empty() && records.front().outcome.position <= report_.snapshot_position) {
    records = records.subspan(1);
  }
  if (const auto objection = records.empty() ? std::nullopt : on_records_(records)) {
    const Record& record = records[objection->record];
    return std::unexpected(RecoveryError{
        .kind = Kind::mismatch,
        .path = piece.path,
        .offset = piece.header.offset,
        .position = record.outcome.position,
        .reason = fmt::format("replay of position {} ({}) did not come to the logged result: {}",
                              record.outcome.position.value, command_name(record.command.kind),
                              objection->text),
        .what_to_do = "start the Holdfast that wrote this log, and report this: the same log must "
                      "give the same state"});
  }
  report_.records += records.size();
  if (!piece.unreadable.empty()) return damaged(piece.path, piece.header.offset, piece.unreadable);
  return {};
}

std::unexpected<RecoveryError> Opening::refused(const std::string& path,
                                                const std::string& detail) const {
  const StartRow& row = judge(start_);
  return std::unexpected(RecoveryError{.kind = Kind::damaged,
                                       .path = path,
                                       .reason = fmt::format("{} ({})", row.told, detail),
                                       .what_to_do = std::string(row.what_to_do)});
}

Recovered<void> Opening::load_snapshot() {
  start_.covered = true;
  if (options_.snapshots == nullptr) return {};
  const auto started = std::chrono::steady_clock::now();
  auto loaded = load_newest_snapshot(io_, options_.dir, identity_.log_id, *options_.snapshots,
                                     options_.on_progress, options_.read_ahead);
  report_.snapshot_ns = ns_since(started);
  if (!loaded) {
    const SnapshotRefusal& refusal = loaded.error();
    if (refusal.io) return io_failed(*refusal.io);
    return std::unexpected(RecoveryError{
        .kind = Kind::damaged,
        .path = refusal.snapshot.path,
        .reason = fmt::format("the snapshot {}", refusal.snapshot.row->told),
        .what_to_do = "move that file away if it does not belong here; Holdfast then starts from an "
                      "older snapshot or from the log"});
  }
  report_.skipped = std::move(loaded->skipped);
  start_.skipped = !report_.skipped.empty();
  if (!loaded->header) return {};
  start_.snapshot = true;
  report_.snapshot_position = loaded->header->head.position;
  report_.snapshot_time = loaded->header->time;
  report_.snapshot_taken_at = loaded->header->taken_at;
  report_.snapshot_bytes = loaded->bytes;
  report_.last_time = loaded->header->time;
  const std::size_t spare = loaded->kept.size() - std::min<std::size_t>(loaded->kept.size(), 2);
  report_.kept_snapshots.assign(loaded->kept.begin() + static_cast<std::ptrdiff_t>(spare),
                                loaded->kept.end());
  return {};
}

// Whether the log holds the next position after the start, and if that takes the archive.
Recovered<void> Opening::find_reach() {
  const LogPosition next = report_.snapshot_position.next();
  const auto front_of = [&](const SegmentFile& segment) -> Recovered<std::optional<BlockHeader>> {
    auto front = read_segment_front(io_, identity_.log_id, segment);
    if (!front) return io_failed(front.error());
    return *front;
  };
  for (const SegmentFile& segment : segments_) {
    const auto front = front_of(segment);
    if (!front) return std::unexpected(front.error());
    fronts_.push_back(*front);
    if (*front && (*front)->position_first > next) break;
  }
  // A first block that is bad is judged when it is read. Segment 1 needs none yet.
  start_.reaches = segments_.front().number == 1 || !fronts_.front() ||
                   fronts_.front()->position_first <= next;
  if (start_.reaches) return {};
  const std::uint64_t first = fronts_.front()->position_first.value;
  const std::string missing = fmt::format("positions {} to {} are missing", next.value, first - 1);
  if (options_.archive_dir.empty()) return refused(options_.dir, missing);
  const auto joined = list_segments(io_, options_.dir, options_.archive_dir);
  if (!joined) return io_failed(joined.error());
  start_.archive = joined->front().number < segments_.front().number;
  if (start_.archive) {
    const auto front = front_of(joined->front());
    if (!front) return std::unexpected(front.error());
    start_.reaches = !*front || (*front)->position_first <= next;
  }
  if (start_.reaches) return {};
  return refused(options_.dir,
                 fmt::format("{}, and the archive {} does not have them", missing, options_.archive_dir));
}

// Of the segments from the first that is read to the last that holds a block: spares do not count.
Recovered<void> Opening::estimate_log_bytes(std::uint64_t first_segment) {
  if (!options_.on_progress) return {};
  const auto segments =
      list_segments(io_, options_.dir, start_.archive ? options_.archive_dir : std::string());
  if (!segments) return io_failed(segments.error());
  std::size_t end = segments->size();
  for (; end > 1; --end) {
    const auto front = read_segment_front(io_, identity_.log_id, (*segments)[end - 1]);
    if (!front) return io_failed(front.error());
    if (*front) break;
  }
  for (std::size_t i = 0; i < end; ++i) {
    if ((*segments)[i].number < first_segment) continue;
    const auto file = io_.open((*segments)[i].path, OpenMode::read);
    if (!file) return io_failed(file.error());
    const auto bytes = io_.size(*file);
    io_.close(*file);
    if (!bytes) return io_failed(bytes.error());
    log_bytes_max_ += *bytes;
  }
  return {};
}

void Opening::tell_progress() const {
  if (!options_.on_progress) return;
  options_.on_progress({.phase = RecoveryProgress::Phase::log,
                        .bytes = report_.bytes,
                        .bytes_total = log_bytes_max_,
                        .records = report_.records});
}

Recovered<void> Opening::replay() {
  const auto started = std::chrono::steady_clock::now();
  WalReader reader(io_, options_.dir, identity_.log_id,
                   {.start_after = report_.snapshot_position,
                    .archive_dir = start_.archive ? options_.archive_dir : std::string()});
  ReadAhead<LogPiece> pieces(options_.read_ahead, kBlocksAhead,
                             [&reader](LogPiece& piece) { return read_log_piece(reader, piece); });
  auto step = WalReader::Step::block;
  while (step == WalReader::Step::block) {
    const LogPiece* piece = pieces.next();
    step = piece->step;
    if (step != WalReader::Step::block) break;
    if (report_.blocks == 0) {
      const auto estimated = estimate_log_bytes(piece->segment_number);
      if (!estimated) return estimated;
    }
    note_piece(*piece);
    if (const auto replayed = replay_piece(*piece); !replayed) return replayed;
    tell_progress();
  }
  report_.waited_ns = pieces.waited_ns();
  // The last piece is here, so the reader is this thread's again.
  if (step == WalReader::Step::damage) {
    return damaged(reader.damage().path, reader.damage().offset, reader.damage().reason);
  }
  if (step == WalReader::Step::error) return io_failed(reader.io_error());
  note_end(reader.end());
  start_.covered = end_.position >= report_.snapshot_position;
  if (!start_.covered) {
    return refused(options_.dir,
                   fmt::format("the log ends with position {}, and the snapshot is of position {}",
                               end_.position.value, report_.snapshot_position.value));
  }
  report_.duration_ns = ns_since(started);
  return check_archive();
}

// A segment is archived when the log has durably gone on behind it: what is there, the directory has had.
Recovered<void> Opening::check_archive() {
  if (!options_.archive_dir.empty()) {
    const auto archived = list_segments(io_, options_.archive_dir);
    if (!archived && archived.error().error_number != ENOENT) return io_failed(archived.error());
    const std::uint64_t last = archived && !archived->empty() ? archived->back().number : 0;
    if (last >= end_.segment_number) {
      start_.archive_ahead = true;
      return refused(archived->back().path,
                     fmt::format("the directory's log ends in segment {}",
                                 segment_name(end_.segment_number)));
    }
  }
  report_.start = &judge(start_);
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
  for (const SegmentFile& segment : segments_) {
    if (segment.number <= end_.segment_number) continue;
    const auto objection = objection_to_reuse(io_, identity_.log_id, segment);
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
    if (const auto gone = io_.unlink(segments_.back().path); !gone) {
      return io_failed(gone.error());
    }
    segments_.pop_back();
  }
  if (total != kept) {
    if (const auto synced = io_.sync_directory(options_.dir); !synced) return io_failed(synced.error());
  }
  return spares;
}

// Of the directory, before the first that was replayed. A front that cannot be read puts the last
// position of the segment before it as late as is known.
std::vector<Retired> Opening::unread_segments() const {
  const std::uint64_t first_read =
      read_segments_.empty() ? end_.segment_number : read_segments_.front().number;
  std::vector<Retired> unread;
  for (std::size_t i = 0; i < segments_.size() && segments_[i].number < first_read; ++i) {
    LogPosition last = report_.snapshot_position;
    for (std::size_t behind = i + 1; behind < fronts_.size(); ++behind) {
      if (!fronts_[behind]) continue;
      last = {std::min(last.value, fronts_[behind]->position_first.value - 1)};
      break;
    }
    unread.push_back({.number = segments_[i].number, .last = last});
  }
  return unread;
}

Recovered<std::unique_ptr<WalWriter>> Opening::make_writer() {
  if (const auto checked = check_spares(); !checked) return std::unexpected(checked.error());
  auto spares = open_spares();
  if (!spares) return std::unexpected(spares.error());
  const auto segment = open_segment(segment_in(options_.dir, end_.segment_number));
  if (!segment) return std::unexpected(segment.error());
  report_.direct = io_.is_direct(segment->file);
  report_.incarnation = end_.incarnation_max + 1;
  auto preparer = std::make_unique<SegmentPreparer>(
      io_,
      PreparerOptions{.dir = options_.dir,
                      .segment_bytes = options_.segment_bytes,
                      .spares = options_.segments_spare,
                      .spares_max = options_.segments_spare_max,
                      .mode = options_.layout,
                      .tell = options_.tell_segments},
      segments_.back().number + 1, std::move(*spares));
  const bool tail_is_full = end_.offset == segment->bytes;
  for (const Retired& unread : unread_segments()) preparer->retire(unread.number, unread.last);
  for (const Retired& full : read_segments_) {
    if (full.number < segments_.front().number) continue;  // the archive's
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
      io_, WriterOptions{.dir = options_.dir,
                         .writes_in_flight = options_.writes_in_flight,
                         .write_beside_bytes = options_.write_beside_bytes},
      std::move(preparer), tail);
}

Recovered<OpenedLog> Opening::run() {
  using StepFunction = Recovered<void> (Opening::*)();
  if (const auto checked = check_options(); !checked) return std::unexpected(checked.error());
  for (const StepFunction step : {&Opening::take_directory, &Opening::check_is_data_directory,
                                  &Opening::remove_temporary_files, &Opening::find_or_make_log,
                                  &Opening::check_archive_identity, &Opening::sync_all,
                                  &Opening::load_snapshot, &Opening::find_reach,
                                  &Opening::replay}) {
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
      kind != Kind::damaged && kind != Kind::mismatch ? std::string()
      : offset == 0                                    ? fmt::format("{}: ", path)
                                                       : fmt::format("{} at offset {}: ", path, offset);
  return fmt::format("{}{}. What to do: {}.", where, reason, what_to_do);
}

std::string_view what_to_do_about(const IoError& error) {
  switch (error.error_number) {
    case ENOSPC:
    case EDQUOT: return "free some space on the volume, then start again";
    case EACCES:
    case EPERM:
      return "start it as the user who owns the directory and all files in it, or give them to this one";
    case EROFS: return "mount the volume writable, then start again";
    case EIO: return "look at the disk and at the kernel's log (dmesg), then start again";
    default: return "see to what the system says, then start again";
  }
}

std::expected<OpenedLog, RecoveryError> open_log(FileIo& io, const OpenLogOptions& options,
                                                 const RecordsCallback& on_records) {
  return Opening(io, options, on_records).run();
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
