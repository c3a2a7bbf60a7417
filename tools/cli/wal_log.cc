#include "tools/cli/wal_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "tools/cli/progress.h"
#include "tools/text/ids_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {

using persistence::OpenMode;
using persistence::WalReader;

Failure unreadable(const persistence::IoError& error) {
  return {.code = ExitCode::no_input,
          .kind = "unreadable",
          .message = error.text(),
          .advice = "Check that the files are there and that you may read them.",
          .request_id = {}};
}

Failure damaged(const persistence::Finding& finding) {
  return {.code = ExitCode::not_so,
          .kind = "damaged",
          .message = finding.text(),
          .advice = std::string(kDamageAdvice),
          .request_id = {}};
}

namespace {

Failure no_log(const std::string& dir, std::string_view why) {
  return {.code = ExitCode::no_input,
          .kind = "no_log",
          .message = fmt::format("{} holds no Holdfast log: {}", dir, why),
          .advice = "Name the directory that holdfastd was given with --data-dir.",
          .request_id = {}};
}

std::unique_ptr<persistence::PosixFileIo> make_io() {
  auto io = persistence::PosixFileIo::make();
  if (!io) throw unreadable(io.error());
  return std::move(*io);
}

persistence::Identity identity_of(persistence::FileIo& io, const std::string& dir) {
  const auto names = io.list(dir);
  if (!names && names.error().error_number == ENOENT) {
    throw no_log(dir, "there is no such directory");
  }
  if (!names) throw unreadable(names.error());
  const auto identity = persistence::read_identity(io, dir);
  if (identity) return *identity;
  const persistence::IoError& error = identity.error();
  if (error.error_number == ENOENT) throw no_log(dir, "it has no identity file");
  if (error.error_number != 0) throw unreadable(error);
  throw damaged({.path = error.path, .offset = 0, .reason = error.reason});
}

LogExtent extent_in(persistence::FileIo& io, const std::string& dir, LogId log_id) {
  const auto segments = persistence::list_segments(io, dir);
  if (!segments) throw unreadable(segments.error());
  if (segments->empty()) {
    throw damaged({.path = dir, .offset = 0, .reason = "there is no log segment"});
  }
  auto extent = extent_of(io, dir, log_id);
  if (!extent) throw unreadable(extent.error());
  return std::move(*extent);
}

/// The log was there behind a snapshot when reading was planned, and before its first block was taken a
/// running server let go of it.
bool was_let_go_before(const WalReader& reader, persistence::FileIo& io, const std::string& dir,
                       LogId log_id, LogPosition after) {
  if (after.is_zero() || reader.header().block_number != 0) return false;
  const auto extent = extent_of(io, dir, log_id);
  return extent && extent->first && *extent->first > after.next();
}

}  // namespace

persistence::LogSurvey survey(const std::string& dir) {
  const auto io = make_io();
  // Without a readable identity there is no telling how much there is.
  const auto id = persistence::read_identity(*io, dir);
  const auto extent = id ? extent_of(*io, dir, id->log_id) : LogExtent{};
  Progress progress("checked", extent ? extent->bytes_between({}, {}) : 0);
  auto surveyed = persistence::survey_log(
      *io, dir, {}, [&](std::uint64_t records, std::uint64_t bytes) { progress.add(records, bytes); });
  progress.done();
  if (!surveyed && surveyed.error().error_number == ENOENT) {
    throw no_log(dir, "there is no such directory");
  }
  if (!surveyed) throw unreadable(surveyed.error());
  const auto identity = persistence::read_identity(*io, dir);
  const bool no_identity = !identity && identity.error().error_number == ENOENT;
  if (surveyed->segments.empty() && no_identity) throw no_log(dir, "it has no identity file");
  return std::move(*surveyed);
}

WalLog::WalLog(LogPlace place, LogBeginning beginning)
    : place_(std::move(place)), dirs_(place_.archives), io_(make_io()) {
  dirs_.push_back(place_.dir);
  identity_ = identity_of(*io_, place_.dir);
  for (const std::string& dir : dirs_) {
    // An archive may hold segments only: their blocks say of which log they are.
    const auto own = persistence::read_identity(*io_, dir);
    const bool none = !own && own.error().error_number == ENOENT && io_->list(dir).has_value();
    const persistence::Identity identity = none ? identity_ : identity_of(*io_, dir);
    if (identity.log_id != identity_.log_id) {
      throw Failure{
          .code = ExitCode::not_so,
          .kind = "other_log",
          .message = fmt::format("{} is of log {}, and {} is of log {}", dir, id_text(identity.log_id),
                                 place_.dir, id_text(identity_.log_id)),
          .advice = "Name the archive that the server of this directory was given. A log that a restore "
                    "cut has an archive of its own.",
          .request_id = {}};
    }
    extents_.push_back(extent_in(*io_, dir, identity_.log_id));
  }
  begin(beginning);
}

std::optional<LogPosition> WalLog::first() const {
  std::optional<LogPosition> first;
  for (const LogExtent& extent : extents_) {
    if (extent.first && (!first || *extent.first < *first)) first = extent.first;
  }
  return first;
}

void WalLog::begin(LogBeginning beginning) {
  beginning_ = beginning;
  told_through_ = beginning.after;
  before_.reset();
  // The last directory that reaches back so far: nothing needs to be read in those before it.
  dir_first_ = 0;
  for (std::size_t at = 1; at < dirs_.size() && !beginning.anywhere; ++at) {
    if (extents_[at].first && *extents_[at].first <= beginning.after.next()) dir_first_ = at;
  }
  open_directory(dir_first_);
}

std::uint64_t WalLog::bytes_ahead(std::optional<LogPosition> until) const {
  std::uint64_t total = 0;
  std::uint64_t segment_min = 0;
  for (std::size_t at = dir_first_; at < dirs_.size(); ++at) {
    total += extents_[at].bytes_between(beginning_.after, until, segment_min);
    if (!extents_[at].parts.empty()) segment_min = extents_[at].parts.back().segment + 1;
  }
  return total;
}

void WalLog::open_directory(std::size_t at) {
  dir_at_ = at;
  persistence::ReaderOptions options{.start_after = told_through_};
  if (beginning_.anywhere && at == dir_first_) {
    constexpr std::uint64_t kAnywhere = std::numeric_limits<std::uint64_t>::max() - 1;
    options.start_after = LogPosition{kAnywhere};
    options.read_covered = true;
  }
  // A server may move segments there while the archive was being read: then they are looked up.
  const bool is_data_dir = at + 1 == dirs_.size();
  if (is_data_dir && !place_.archives.empty()) options.archive_dir = place_.archives.back();
  reader_ = std::make_unique<WalReader>(*io_, dirs_[at], identity_.log_id, std::move(options));
}

// Two directories may hold different copies of one log, of which one was cut and went on otherwise.
void WalLog::check_continues() const {
  const persistence::BlockHeader& header = reader_->header();
  const bool is_same = header.block_number + 1 != before_->next_block ||
                       header.checksum == before_->previous_checksum;
  const bool continues = header.block_number != before_->next_block ||
                         header.previous_checksum == before_->previous_checksum;
  if (is_same && continues) return;
  throw damaged({.path = reader_->path(),
                 .offset = reader_->offset(),
                 .reason = fmt::format("the block does not continue what {} holds: one of them is a copy "
                                       "of this log that went on in another way",
                                       dirs_[dir_at_ - 1])});
}

bool WalLog::next_block() {
  for (;;) {
    switch (reader_->next_block()) {
      case WalReader::Step::block:
        if (before_) check_continues();
        if (dir_at_ == dir_first_ || reader_->header().position_last > told_through_) return true;
        continue;  // an earlier directory has told all of it
      case WalReader::Step::end:
        if (dir_at_ + 1 == dirs_.size()) return false;
        before_ = reader_->end();
        told_through_ = std::max(told_through_, before_->position);
        open_directory(dir_at_ + 1);
        continue;
      case WalReader::Step::damage:
        if (was_let_go_before(*reader_, *io_, dirs_[dir_at_], identity_.log_id, beginning_.after)) {
          Failure failure = damaged(reader_->damage());
          failure.kind = std::string(kLetGo);
          throw failure;
        }
        if (!skips_damage_) throw damaged(reader_->damage());
        skipped_.push_back(reader_->damage());
        if (!reader_->skip_damage()) return false;
        continue;
      case WalReader::Step::error: {
        Failure failure = unreadable(reader_->io_error());
        if (reader_->was_let_go()) failure.kind = std::string(kLetGo);
        throw failure;
      }
    }
  }
}

void WalLog::for_each_record(const EachRecord& each) {
  const auto each_new = [&](const persistence::Record& record) {
    return record.outcome.position <= told_through_ || each(record);
  };
  const auto walked = persistence::for_each_record(reader_->header(), reader_->payload(), each_new);
  if (!walked) {
    throw damaged(
        {.path = reader_->path(), .offset = reader_->offset(), .reason = walked.error()});
  }
}

std::string end_text(const persistence::EndOfLog& end) {
  std::string text = fmt::format(
      "{} at offset {}: {}", persistence::segment_name(end.segment_number), end.offset,
      end.row == nullptr ? std::string_view("the segments are full to the last byte") : end.row->told);
  if (end.behind.blocks > 0) {
    text += fmt::format("; behind it {} blocks with {} records that were never acknowledged",
                        count_text(end.behind.blocks), count_text(end.behind.records));
  }
  return text;
}

bool has_torn_tail(const persistence::EndOfLog& end) {
  if (end.behind.blocks > 0) return true;
  return end.row != nullptr && end.row->verdict == persistence::Verdict::cut;
}

}  // namespace holdfast::tools
