#include "tools/cli/progress.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "tools/cli/describe_fields.h"

namespace holdfast::tools {
namespace {

constexpr std::uint64_t kIntervalNs = 200'000'000;
// Before that a rate is a guess.
constexpr std::uint64_t kLeftAfterNs = 1'000'000'000;

// Standard error is a terminal, and standard output does not go into a program that may draw there
// too (a pager).
bool shows(Beside beside) {
  if (::isatty(STDERR_FILENO) != 1) return false;
  if (::isatty(STDOUT_FILENO) == 1) return beside == Beside::report;
  struct stat out {};
  return ::fstat(STDOUT_FILENO, &out) == 0 && !S_ISFIFO(out.st_mode) && !S_ISSOCK(out.st_mode);
}

}  // namespace

std::string progress_line(std::string_view verb, std::uint64_t records, std::uint64_t bytes,
                          std::uint64_t bytes_total, std::uint64_t elapsed_ns) {
  std::string line(verb);
  if (records > 0) line += fmt::format(" {} records,", count_text(records));
  line += ' ' + bytes_text(bytes);
  if (bytes_total == 0) return line;
  const std::uint64_t total = std::max(bytes_total, bytes);
  const double part = static_cast<double>(bytes) / static_cast<double>(total);
  line += fmt::format(" of {} ({:.0f} %)", bytes_text(total), 100 * part);
  if (bytes > 0 && elapsed_ns >= kLeftAfterNs) {
    const double left = static_cast<double>(elapsed_ns) * (1 - part) / part / 1e9;
    line += fmt::format(", {} left", seconds_text(static_cast<std::uint64_t>(left + 0.5)));
  }
  return line;
}

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

Progress::Progress(std::string_view verb, std::uint64_t bytes_total, Beside beside)
    : is_shown_(shows(beside)),
      verb_(verb),
      bytes_total_(bytes_total),
      began_at_ns_(monotonic_ns()),
      shown_at_ns_(began_at_ns_) {}

Progress::~Progress() { done(); }

void Progress::add(std::uint64_t records, std::uint64_t bytes) {
  records_ += records;
  bytes_ += bytes;
  show_if_due();
}

void Progress::set(std::uint64_t records, std::uint64_t bytes, std::uint64_t bytes_total) {
  records_ = records;
  bytes_ = bytes;
  bytes_total_ = bytes_total;
  show_if_due();
}

void Progress::next(std::string_view verb, std::uint64_t bytes_total) {
  verb_ = verb;
  bytes_total_ = bytes_total;
  records_ = bytes_ = 0;
  began_at_ns_ = monotonic_ns();
}

void Progress::say(std::string_view text) {
  if (!is_shown_) return;
  fmt::print(stderr, "\r\x1b[K{}", text);
  std::fflush(stderr);
  is_on_screen_ = true;
}

void Progress::show_if_due() {
  if (!is_shown_) return;
  const std::uint64_t now_ns = monotonic_ns();
  if (now_ns - shown_at_ns_ < kIntervalNs) return;
  shown_at_ns_ = now_ns;
  say(progress_line(verb_, records_, bytes_, bytes_total_, now_ns - began_at_ns_));
}

void Progress::done() {
  if (!is_on_screen_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  is_on_screen_ = false;
}

}  // namespace holdfast::tools
