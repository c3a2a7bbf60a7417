#include "tools/cli/wal_log.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

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

/// Of all segments of a directory that has some.
std::uint64_t segment_bytes_of(persistence::FileIo& io, const std::string& dir) {
  const auto listed = persistence::list_segments(io, dir);
  if (!listed) throw unreadable(listed.error());
  if (listed->empty()) {
    throw damaged({.path = dir, .offset = 0, .reason = "there is no log segment"});
  }
  std::uint64_t total = 0;
  for (const persistence::SegmentFile& segment : *listed) {
    const auto file = io.open(segment.path, OpenMode::read);
    if (!file) throw unreadable(file.error());
    const auto bytes = io.size(*file);
    io.close(*file);
    if (!bytes) throw unreadable(bytes.error());
    total += *bytes;
  }
  return total;
}

}  // namespace

persistence::LogSurvey survey(const std::string& dir) {
  const auto io = make_io();
  auto surveyed = persistence::survey_log(*io, dir);
  if (!surveyed && surveyed.error().error_number == ENOENT) {
    throw no_log(dir, "there is no such directory");
  }
  if (!surveyed) throw unreadable(surveyed.error());
  const auto identity = persistence::read_identity(*io, dir);
  const bool no_identity = !identity && identity.error().error_number == ENOENT;
  if (surveyed->segments.empty() && no_identity) throw no_log(dir, "it has no identity file");
  return std::move(*surveyed);
}

WalLog::WalLog(LogPlace place)
    : place_(std::move(place)), dirs_(place_.archives), io_(make_io()) {
  dirs_.push_back(place_.dir);
  identity_ = identity_of(*io_, place_.dir);
  for (const std::string& dir : dirs_) {
    // An archive may hold segments only: their blocks say of which log they are.
    const auto own = persistence::read_identity(*io_, dir);
    const bool none = !own && own.error().error_number == ENOENT && io_->list(dir).has_value();
    const persistence::Identity identity = none ? identity_ : identity_of(*io_, dir);
    if (identity.log_id != identity_.log_id) {
      throw damaged({.path = persistence::join_path(dir, persistence::kIdentityName),
                     .offset = 0,
                     .reason = fmt::format("it is of log {}, and {} is of log {}",
                                           id_text(identity.log_id), place_.dir,
                                           id_text(identity_.log_id))});
    }
    segments_bytes_ += segment_bytes_of(*io_, dir);
  }
  open_directory(0);
}

void WalLog::open_directory(std::size_t at) {
  dir_at_ = at;
  persistence::ReaderOptions options{.start_after = told_through_};
  // A server may move segments there while the archive was being read: then they are looked up.
  const bool is_data_dir = at + 1 == dirs_.size();
  if (is_data_dir && !place_.archives.empty()) options.archive_dir = place_.archives.back();
  reader_ = std::make_unique<WalReader>(*io_, dirs_[at], identity_.log_id, std::move(options));
}

bool WalLog::next_block() {
  for (;;) {
    switch (reader_->next_block()) {
      case WalReader::Step::block:
        if (dir_at_ == 0 || reader_->header().position_last > told_through_) return true;
        continue;  // an earlier directory has told all of it
      case WalReader::Step::end:
        if (dir_at_ + 1 == dirs_.size()) return false;
        told_through_ = reader_->end().position;
        open_directory(dir_at_ + 1);
        continue;
      case WalReader::Step::damage:
        if (!skips_damage_) throw damaged(reader_->damage());
        skipped_.push_back(reader_->damage());
        if (!reader_->skip_damage()) return false;
        continue;
      case WalReader::Step::error:
        throw unreadable(reader_->io_error());
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

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

Progress::Progress(std::string_view verb, std::uint64_t bytes_total)
    : verb_(verb),
      bytes_total_(bytes_total),
      terminal_(::isatty(STDERR_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1),
      shown_at_ns_(monotonic_ns()) {}

Progress::~Progress() { clear(); }

void Progress::block(std::uint64_t records, std::uint64_t bytes) {
  constexpr std::uint64_t kIntervalNs = 200'000'000;
  records_ += records;
  bytes_ += bytes;
  if (!terminal_) return;
  const std::uint64_t now_ns = monotonic_ns();
  if (now_ns - shown_at_ns_ < kIntervalNs) return;
  shown_at_ns_ = now_ns;
  shown_ = true;
  fmt::print(stderr, "\r\x1b[K{} {} records, {} of at most {}", verb_, count_text(records_),
             bytes_text(bytes_), bytes_text(bytes_total_));
  std::fflush(stderr);
}

void Progress::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

}  // namespace holdfast::tools
