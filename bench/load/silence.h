// How long the server has been silent, by the time in which this thread was there to hear it.
//
// A machine that stands still (a suspended virtual machine, a debugger, a processor that others
// have) stops the generator with the server, and the clock goes on: that is nobody's silence. So no
// more is counted between two looks than the longest wait that the thread means to make. Thread:
// the owner's.
#pragma once

#include <algorithm>
#include <cstdint>

namespace holdfast::bench {

class Silence {
 public:
  /// The thread looks at least every `look_every_ns`; times in nanoseconds of one clock that does
  /// not go back.
  Silence(std::uint64_t now_ns, std::uint64_t look_every_ns)
      : looked_ns_(now_ns), look_every_ns_(look_every_ns) {}

  /// A look, with or without an answer since the last one.
  void look(std::uint64_t now_ns, bool has_answer) {
    silent_ns_ = has_answer ? 0 : silent_ns_ + std::min(now_ns - looked_ns_, look_every_ns_);
    looked_ns_ = now_ns;
  }
  /// Since the last answer.
  [[nodiscard]] std::uint64_t silent_ns() const { return silent_ns_; }

 private:
  std::uint64_t looked_ns_;
  std::uint64_t look_every_ns_;
  std::uint64_t silent_ns_ = 0;
};

}  // namespace holdfast::bench
