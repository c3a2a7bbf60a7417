#include "bench/report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace holdfast::bench {

ProgressLine::ProgressLine() : shown_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (dirty_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::show(std::string_view text) {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K{}", text);
  std::fflush(stderr);
  dirty_ = true;
}

std::string with_thousands(std::uint64_t number) {
  const std::string digits = fmt::format("{}", number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string with_thousands(std::int64_t number) {
  if (number >= 0) return with_thousands(static_cast<std::uint64_t>(number));
  return fmt::format("-{}", with_thousands(0 - static_cast<std::uint64_t>(number)));
}

}  // namespace holdfast::bench
