// How the kernel shares processors between this thread and others.
//
// Where there are fewer processors than busy threads, a thread that hands work on waits for as long as
// another may run at a stretch: three milliseconds by default, many times the cost of a durable write.
// Linux 6.12 and later let a thread ask for shorter turns. Any thread, for itself.
#pragma once

#include <cstdint>
#include <thread>

namespace holdfast {

/// Asks for turns of `slice_ns` (100 us .. 100 ms; the kernel keeps to that) and to be let in early by
/// those with longer ones. No privilege is needed. False: the kernel is older; nothing has changed.
bool ask_for_short_turns(std::uint64_t slice_ns = 100'000);

/// Ends a busy thread's turn: the kernel does so only at its timer's ticks (four milliseconds on many
/// systems), and until then whoever was woken waits, the disk's own kernel threads too. One for each
/// such thread; times in nanoseconds of one clock that does not go back.
class SharedTurns {
 public:
  static constexpr std::uint64_t kTurn_ns = 50'000;

  /// After a piece of work: yields when the last yield or rest was a turn ago.
  void after_work(std::uint64_t now_ns) {
    if (now_ns - began_ns_ < kTurn_ns) return;
    began_ns_ = now_ns;
    std::this_thread::yield();
  }
  /// The thread sleeps or yields from now on by itself.
  void rests(std::uint64_t now_ns) { began_ns_ = now_ns; }

 private:
  std::uint64_t began_ns_ = 0;
};

}  // namespace holdfast
