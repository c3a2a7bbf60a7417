#include "persistence/wal_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "persistence/backup_manifest.h"
#include "persistence/log_end.h"
#include "persistence/snapshot_file.h"

namespace holdfast::persistence {
namespace {

Finding as_finding(const IoError& error) {
  return {.path = error.path, .offset = 0, .reason = error.text()};
}

// The log id of the first good block, for a log whose identity file is gone.
std::optional<LogId> log_id_from_blocks(FileIo& io, const std::string& dir,
                                        const std::vector<SegmentFile>& segments) {
  std::vector<std::byte> bytes(limits::wal_block_bytes_max);
  for (const SegmentFile& segment : segments) {
    const auto file = io.open(join_path(dir, segment.name), OpenMode::read);
    if (!file) continue;
    const auto count = io.read_at(*file, 0, bytes);
    io.close(*file);
    if (!count) continue;
    const BlockCheck check = check_block(std::span(bytes).first(*count));
    if (check.version_ok) return check.header.log_id;
  }
  return std::nullopt;
}

class Surveyor {
 public:
  Surveyor(FileIo& io, const std::string& dir, LogPosition start_after,
           const SurveyProgress& on_block)
      : io_(io), dir_(dir), start_after_(start_after), on_block_(on_block) {}

  IoResult<LogSurvey> run() {
    const auto names = io_.list(dir_);
    if (!names) return std::unexpected(names.error());
    const auto segments = list_segments(io_, dir_);
    if (!segments) return std::unexpected(segments.error());
    // The last segment of a backup or an archive is not what a server leaves.
    const auto has = [&](std::string_view name) {
      return std::ranges::find(*names, name) != names->end();
    };
    is_data_directory_ = has(kLockName) && !has(kManifestName);
    for (const std::string& name : *names) {
      if (name.ends_with(kTemporarySuffix)) {
        survey_.notes.push_back(fmt::format(
            "{} was left half made; the next start removes it if it is Holdfast's", name));
      }
    }
    if (segments->empty()) {
      survey_.problems.push_back(
          {.path = dir_, .offset = 0, .reason = "there are no log segments here"});
      return survey_;
    }
    if (start_after_.is_zero() && segments->front().number > 1) {
      const auto snapshots = list_snapshots(io_, dir_);
      if (!snapshots) return std::unexpected(snapshots.error());
      if (!snapshots->empty()) {
        start_after_ = snapshots->back().position;
        survey_.notes.push_back(
            fmt::format("log from before {} was let go: snapshots hold it (newest: position {}; "
                        "`holdfast snapshot "
                        "verify` checks them)",
                        segments->front().name, start_after_.value));
      }
    }
    note_files(*segments);
    if (note_identity(*segments)) walk();
    note_states();
    return survey_;
  }

 private:
  void note_files(const std::vector<SegmentFile>& segments) {
    for (const SegmentFile& segment : segments) {
      SegmentSummary summary;
      summary.number = segment.number;
      summary.name = segment.name;
      const std::string path = join_path(dir_, segment.name);
      if (const auto file = io_.open(path, OpenMode::read)) {
        if (const auto bytes = io_.size(*file)) summary.file_bytes = *bytes;
        io_.close(*file);
      } else {
        survey_.problems.push_back(as_finding(file.error()));
      }
      if (summary.file_bytes % limits::wal_sector_bytes != 0) {
        survey_.notes.push_back(
            fmt::format("{} is {} bytes long, not a whole number of {}-byte sectors", path,
                        summary.file_bytes, limits::wal_sector_bytes));
      }
      survey_.segments.push_back(summary);
    }
  }

  // False: there is nothing to read the log by.
  bool note_identity(const std::vector<SegmentFile>& segments) {
    const auto identity = read_identity(io_, dir_);
    if (identity) {
      survey_.identity = *identity;
      return true;
    }
    survey_.problems.push_back(as_finding(identity.error()));
    const auto log_id = log_id_from_blocks(io_, dir_, segments);
    if (log_id) survey_.identity.log_id = *log_id;
    return log_id.has_value();
  }

  SegmentSummary* summary_of(std::uint64_t number) {
    for (SegmentSummary& summary : survey_.segments) {
      if (summary.number == number) return &summary;
    }
    return nullptr;  // made since the directory was listed
  }

  void note_block(const WalReader& reader) {
    SegmentSummary* summary = summary_of(reader.segment_number());
    if (summary == nullptr) return;
    const BlockHeader& header = reader.header();
    ++summary->blocks;
    summary->used_bytes += header.block_bytes;
    if (summary->incarnation_first == 0) summary->incarnation_first = header.incarnation;
    summary->incarnation_last = header.incarnation;
    if (header.record_count() == 0) ++summary->empty_blocks;
    const auto walked =
        for_each_record(header, reader.payload(), [&](const Record& record) {
          if (summary->records++ == 0) {
            summary->position_first = record.outcome.position;
            summary->time_first = record.outcome.time;
          }
          summary->position_last = record.outcome.position;
          summary->time_last = record.outcome.time;
          return true;
        });
    if (!walked) {
      survey_.problems.push_back(
          {.path = reader.path(), .offset = reader.offset(), .reason = walked.error()});
    }
  }

  void walk() {
    WalReader reader(io_, dir_, survey_.identity.log_id,
                     {.start_after = start_after_, .read_covered = true});
    std::optional<BlockHeader> before_gap;
    std::optional<BlockHeader> last;
    while (true) {
      switch (reader.next_block()) {
        case WalReader::Step::block:
          if (before_gap) note_gap(*before_gap, reader);
          before_gap.reset();
          last = reader.header();
          note_block(reader);
          if (on_block_) on_block_(reader.header().record_count(), reader.header().block_bytes);
          continue;
        case WalReader::Step::damage:
          survey_.problems.push_back(reader.damage());
          if (last) before_gap = last;
          if (reader.skip_damage()) continue;
          survey_.notes.push_back("no good block stands behind the last problem");
          return;
        case WalReader::Step::error:
          survey_.problems.push_back(as_finding(reader.io_error()));
          return;
        case WalReader::Step::end:
          survey_.end = reader.end();
          note_end();
          judge_end();
          return;
      }
    }
  }

  void note_gap(const BlockHeader& before, const WalReader& reader) {
    const BlockHeader& header = reader.header();
    if (header.position_first == before.position_last.next()) return;
    survey_.problems.push_back(
        {.path = reader.path(),
         .offset = reader.offset(),
         .reason = fmt::format("reading goes on here: positions {} to {} are lost",
                               before.position_last.value + 1, header.position_first.value - 1)});
  }

  void note_end() {
    const EndOfLog& end = survey_.end;
    if (end.row == nullptr || (end.row->verdict == Verdict::end && end.behind.blocks == 0)) return;
    survey_.notes.push_back(fmt::format(
        "{} at offset {}: {} ({} whole blocks behind it, {} records, none acknowledged); the next "
        "start cuts it",
        join_path(dir_, segment_name(end.segment_number)), end.offset, end.row->told,
        end.behind.blocks, end.behind.records));
  }

  void judge_end() {
    if (!is_data_directory_) return;
    const auto objection =
        objection_to_end(io_, dir_, survey_.identity.segment_bytes, survey_.end);
    if (!objection) {
      survey_.problems.push_back(as_finding(objection.error()));
    } else if (*objection) {
      survey_.problems.push_back(**objection);
    }
  }

  void note_states() {
    std::uint64_t last_used = 0;
    for (const SegmentSummary& summary : survey_.segments) {
      if (summary.blocks > 0) last_used = summary.number;
    }
    if (last_used == 0) last_used = survey_.segments.front().number;
    for (SegmentSummary& summary : survey_.segments) {
      summary.state = summary.number < last_used    ? SegmentState::full
                      : summary.number == last_used ? SegmentState::current
                                                    : SegmentState::spare;
      // Before the end, and where none was found, the reader has judged.
      const std::uint64_t end = survey_.end.segment_number;
      if (end == 0 || summary.number <= end) continue;
      const SegmentFile segment = segment_in(dir_, summary.number);
      const auto objection = objection_to_reuse(io_, survey_.identity.log_id, segment);
      if (objection && *objection) {
        survey_.problems.push_back({.path = segment.path, .offset = 0, .reason = **objection});
      }
    }
  }

  FileIo& io_;
  const std::string& dir_;
  LogPosition start_after_;
  bool is_data_directory_ = false;
  const SurveyProgress& on_block_;
  LogSurvey survey_;
};

}  // namespace

std::string_view segment_state_name(SegmentState state) {
  switch (state) {
    case SegmentState::full: return "full";
    case SegmentState::current: return "current";
    case SegmentState::spare: return "spare";
  }
  return "unknown";
}

IoResult<LogSurvey> survey_log(FileIo& io, const std::string& dir, LogPosition start_after,
                               const SurveyProgress& on_block) {
  return Surveyor(io, dir, start_after, on_block).run();
}

std::expected<EndOfLog, Finding> read_log(
    FileIo& io, const std::string& dir, LogPosition start_after,
    const std::function<bool(const Record&, const RecordPlace&)>& each) {
  const auto identity = read_identity(io, dir);
  if (!identity) return std::unexpected(as_finding(identity.error()));
  WalReader reader(io, dir, identity->log_id, {.start_after = start_after});
  while (true) {
    switch (reader.next_block()) {
      case WalReader::Step::block: {
        const RecordPlace place{.segment_number = reader.segment_number(),
                                .block_offset = reader.offset(),
                                .block_number = reader.header().block_number,
                                .incarnation = reader.header().incarnation};
        bool go_on = true;
        const auto walked =
            for_each_record(reader.header(), reader.payload(), [&](const Record& record) {
              if (record.outcome.position > start_after) go_on = each(record, place);
              return go_on;
            });
        if (!walked) {
          return std::unexpected(
              Finding{.path = reader.path(), .offset = reader.offset(), .reason = walked.error()});
        }
        if (!go_on) return EndOfLog{};
        continue;
      }
      case WalReader::Step::damage:
        return std::unexpected(reader.damage());
      case WalReader::Step::error:
        return std::unexpected(as_finding(reader.io_error()));
      case WalReader::Step::end:
        return reader.end();
    }
  }
}

}  // namespace holdfast::persistence
