#include "tools/cli/wal_log.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

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

WalLog::WalLog(std::string dir, const std::string& archive_dir)
    : dir_(std::move(dir)), io_(make_io()), identity_(identity_of(*io_, dir_)) {
  if (!archive_dir.empty() && identity_of(*io_, archive_dir).log_id != identity_.log_id) {
    throw no_log(archive_dir, fmt::format("it is the archive of another log than {}", dir_));
  }
  const auto listed = persistence::list_segments(*io_, dir_, archive_dir);
  if (!listed) throw unreadable(listed.error());
  if (listed->empty()) {
    throw damaged({.path = dir_, .offset = 0, .reason = "there is an identity file but no log segment"});
  }
  for (const auto& [number, name, path] : *listed) {
    const auto file = io_->open(path, OpenMode::read);
    if (!file) throw unreadable(file.error());
    const auto bytes = io_->size(*file);
    io_->close(*file);
    if (!bytes) throw unreadable(bytes.error());
    segments_.push_back({.number = number, .name = name, .bytes = *bytes});
  }
  reader_ = std::make_unique<WalReader>(*io_, dir_, identity_.log_id, persistence::ReaderOptions{.archive_dir = archive_dir});
}

std::uint64_t WalLog::segments_bytes() const {
  std::uint64_t total = 0;
  for (const SegmentSize& segment : segments_) total += segment.bytes;
  return total;
}

bool WalLog::next_block() {
  switch (reader_->next_block()) {
    case WalReader::Step::block:
      return true;
    case WalReader::Step::end:
      return false;
    case WalReader::Step::damage:
      throw damaged(reader_->damage());
    case WalReader::Step::error:
      throw unreadable(reader_->io_error());
  }
  return false;
}

void WalLog::for_each_record(const EachRecord& each) {
  const auto walked = persistence::for_each_record(reader_->header(), reader_->payload(), each);
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
