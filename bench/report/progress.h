// The line on a terminal that tells how a run gets on, and numbers as people read them.
//
// Nothing is shown when standard error is not a terminal (a pipe, a log, a test). The line is
// rewritten in place and wiped when the object goes. Thread: one owner.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::bench {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  [[nodiscard]] bool is_shown() const { return shown_; }
  void show(std::string_view text);

 private:
  bool shown_;
  bool dirty_ = false;
};

/// 1234567 → "1,234,567".
[[nodiscard]] std::string with_thousands(std::uint64_t number);
[[nodiscard]] std::string with_thousands(std::int64_t number);

}  // namespace holdfast::bench
