#include "persistence/log_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <span>
#include <utility>

#include "persistence/log_end.h"
#include "persistence/log_pieces.h"

namespace holdfast::persistence {

namespace {

using Kind = RecoveryError::Kind;

/// Some 4 MB of decoded records, which stay in the cache that both cores share.
constexpr std::size_t kBlocksAhead = 16;

std::uint64_t ns_since(std::chrono::steady_clock::time_point started) {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now() - started).count());
}

class Replay {
 public:
  Replay(FileIo& io, const OpenLogOptions& options, const LogDirectory& log,
         const RecordsCallback& on_records, RecoveryReport& report)
      : io_(io), options_(options), log_(log), on_records_(on_records), report_(report) {}
  Recovered<ReplayedLog> run();

 private:
  Recovered<void> load_snapshot();
  Recovered<void> find_reach();
  Recovered<void> replay();
  Recovered<void> estimate_log_bytes(std::uint64_t first_segment);
  void tell_progress() const;
  void note_piece(const LogPiece& piece);
  Recovered<void> replay_piece(const LogPiece& piece);
  void note_end(const EndOfLog& end);
  Recovered<void> check_end();
  Recovered<void> check_archive();
  [[nodiscard]] std::vector<UsedSegment> unread_segments() const;
  [[nodiscard]] std::unexpected<RecoveryError> refused(const std::string& path,
                                                       const std::string& detail) const;

  FileIo& io_;
  const OpenLogOptions& options_;
  const LogDirectory& log_;
  const RecordsCallback& on_records_;
  RecoveryReport& report_;
  std::vector<std::optional<BlockHeader>> fronts_;  // of the segments, as far as the first read one
  StartFacts start_;
  EndOfLog end_;
  std::vector<UsedSegment> read_segments_;
  std::uint64_t log_bytes_max_ = 0;
};

Recovered<void> Replay::load_snapshot() {
  start_.covered = true;
  if (options_.snapshots == nullptr) return {};
  const auto started = std::chrono::steady_clock::now();
  auto loaded = load_newest_snapshot(io_, options_.dir, log_.identity.log_id, *options_.snapshots,
                                     options_.on_progress, options_.read_ahead);
  report_.snapshot_ns = ns_since(started);
  if (!loaded) {
    const SnapshotRefusal& refusal = loaded.error();
    if (refusal.io) return io_failed(*refusal.io);
    return std::unexpected(RecoveryError{
        .kind = Kind::damaged,
        .path = refusal.snapshot.path,
        .reason = fmt::format("the snapshot {}", refusal.snapshot.row->told),
        .what_to_do = fmt::format(
            "move that file away if it does not belong here (`mv DIR/{} ELSEWHERE`); Holdfast then "
            "starts from an older snapshot or from the log",
            refusal.snapshot.path.substr(refusal.snapshot.path.rfind('/') + 1))});
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
Recovered<void> Replay::find_reach() {
  const LogPosition next = report_.snapshot_position.next();
  const auto front_of = [&](const SegmentFile& segment) -> Recovered<std::optional<BlockHeader>> {
    auto front = read_segment_front(io_, log_.identity.log_id, segment);
    if (!front) return io_failed(front.error());
    return *front;
  };
  for (const SegmentFile& segment : log_.segments) {
    const auto front = front_of(segment);
    if (!front) return std::unexpected(front.error());
    fronts_.push_back(*front);
    if (*front && (*front)->position_first > next) break;
  }
  // A first block that is bad is judged when it is read. Segment 1 needs none yet.
  start_.reaches = log_.segments.front().number == 1 || !fronts_.front() ||
                   fronts_.front()->position_first <= next;
  if (start_.reaches) return {};
  const std::uint64_t first = fronts_.front()->position_first.value;
  const std::string missing = fmt::format("positions {} to {} are missing", next.value, first - 1);
  if (options_.archive_dir.empty()) return refused(options_.dir, missing);
  const auto joined = list_segments(io_, options_.dir, options_.archive_dir);
  if (!joined) return io_failed(joined.error());
  start_.archive = joined->front().number < log_.segments.front().number;
  if (start_.archive) {
    const auto front = front_of(joined->front());
    if (!front) return std::unexpected(front.error());
    start_.reaches = !*front || (*front)->position_first <= next;
  }
  if (start_.reaches) return {};
  return refused(options_.dir,
                 fmt::format("{}, and the archive {} does not have them", missing,
                             options_.archive_dir));
}

Recovered<void> Replay::replay() {
  const auto started = std::chrono::steady_clock::now();
  WalReader reader(io_, options_.dir, log_.identity.log_id,
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
  return {};
}

// Of the segments from the first that is read to the last that holds a block: spares do not count.
Recovered<void> Replay::estimate_log_bytes(std::uint64_t first_segment) {
  if (!options_.on_progress) return {};
  const auto segments =
      list_segments(io_, options_.dir, start_.archive ? options_.archive_dir : std::string());
  if (!segments) return io_failed(segments.error());
  std::size_t end = segments->size();
  for (; end > 1; --end) {
    const auto front = read_segment_front(io_, log_.identity.log_id, (*segments)[end - 1]);
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

void Replay::tell_progress() const {
  if (!options_.on_progress) return;
  options_.on_progress({.phase = RecoveryProgress::Phase::log,
                        .bytes = report_.bytes,
                        .bytes_total = log_bytes_max_,
                        .records = report_.records});
}

void Replay::note_piece(const LogPiece& piece) {
  ++report_.blocks;
  report_.bytes += piece.header.block_bytes;
  if (read_segments_.empty() || read_segments_.back().number != piece.segment_number) {
    read_segments_.push_back({.number = piece.segment_number, .last = {}});
  }
  read_segments_.back().last = piece.header.position_last;
}

Recovered<void> Replay::replay_piece(const LogPiece& piece) {
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
        .what_to_do = "start the Holdfast that wrote this log, and report this with what `holdfast "
                      "wal replay DIR --verify` says: the same log must give the same state"});
  }
  report_.records += records.size();
  if (!piece.unreadable.empty()) return damaged(piece.path, piece.header.offset, piece.unreadable);
  return {};
}

void Replay::note_end(const EndOfLog& end) {
  end_ = end;
  report_.last_position = end.position;
  report_.segments = log_.segments.size();
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

Recovered<void> Replay::check_end() {
  auto objection = objection_to_end(io_, options_.dir, log_.identity.segment_bytes, end_);
  if (!objection) return io_failed(objection.error());
  if (!*objection) return {};
  std::string what_to_do =
      "keep a copy of the files as they are; put the whole file back (from a copy, a backup, a "
      "standby)";
  if (!end_.position.is_zero()) {
    what_to_do += fmt::format(
        ". If it is gone for good: `holdfast wal cut DIR --after {}` goes on from what is left",
        end_.position.value);
  }
  return std::unexpected(RecoveryError{.kind = Kind::damaged,
                                       .path = std::move((*objection)->path),
                                       .offset = (*objection)->offset,
                                       .reason = std::move((*objection)->reason),
                                       .what_to_do = std::move(what_to_do)});
}

// A segment is archived when the log has durably gone on behind it: what is there, the directory
// has had.
Recovered<void> Replay::check_archive() {
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
  return {};
}

// Of the directory, before the first that was replayed. A front that cannot be read puts the last
// position of the segment before it as late as is known.
std::vector<UsedSegment> Replay::unread_segments() const {
  const std::uint64_t first_read =
      read_segments_.empty() ? end_.segment_number : read_segments_.front().number;
  std::vector<UsedSegment> unread;
  for (std::size_t i = 0; i < log_.segments.size() && log_.segments[i].number < first_read; ++i) {
    LogPosition last = report_.snapshot_position;
    for (std::size_t behind = i + 1; behind < fronts_.size(); ++behind) {
      if (!fronts_[behind]) continue;
      last = {std::min(last.value, fronts_[behind]->position_first.value - 1)};
      break;
    }
    unread.push_back({.number = log_.segments[i].number, .last = last});
  }
  return unread;
}

std::unexpected<RecoveryError> Replay::refused(const std::string& path,
                                                const std::string& detail) const {
  const StartRow& row = judge(start_);
  return std::unexpected(RecoveryError{.kind = Kind::damaged,
                                       .path = path,
                                       .reason = fmt::format("{} ({})", row.told, detail),
                                       .what_to_do = std::string(row.what_to_do)});
}

Recovered<ReplayedLog> Replay::run() {
  using StepFunction = Recovered<void> (Replay::*)();
  for (const StepFunction step :
       {&Replay::load_snapshot, &Replay::find_reach, &Replay::replay,
        &Replay::check_end, &Replay::check_archive}) {
    if (const auto taken = (this->*step)(); !taken) return std::unexpected(taken.error());
  }
  report_.start = &judge(start_);
  ReplayedLog replayed{.end = end_, .used = unread_segments()};
  for (const UsedSegment& read : read_segments_) {
    if (read.number >= log_.segments.front().number) {
      replayed.used.push_back(read);  // else the archive's
    }
  }
  return replayed;
}

}  // namespace

Recovered<ReplayedLog> replay_log(FileIo& io, const OpenLogOptions& options,
                                  const LogDirectory& log, const RecordsCallback& on_records,
                                  RecoveryReport& report) {
  return Replay(io, options, log, on_records, report).run();
}

}  // namespace holdfast::persistence
