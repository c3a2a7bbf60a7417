// How the kernel shares processors between this thread and others.
//
// Where there are fewer processors than busy threads, a thread that hands work on waits for as long
// as another may run at a stretch: three milliseconds by default, many times the cost of a durable
// write. Linux 6.12 and later let a thread ask for shorter turns; and a thread that is busy for
// long ends its turns itself (SharedTurns). How the core and the network threads work, look for
// work and park is one loop (run_busy_thread). Any thread, for itself but where one is named.
#pragma once

#include <sys/types.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <thread>
#include <type_traits>
#include <vector>

namespace holdfast {

/// Asks for turns of `slice_ns` (100 us .. 100 ms; the kernel keeps to that) and to be let in early
/// by those with longer ones. No privilege is needed. False: the kernel is older;
/// nothing has changed.
bool ask_for_short_turns(std::uint64_t slice_ns = 100'000);

/// Processors that a thread may use, numbered as the kernel does, rising: also what a container or
/// `taskset` leaves. 0: the calling thread. Empty: not told, and `errno` says why.
[[nodiscard]] std::vector<unsigned> processors_of(pid_t thread = 0);
/// The thread runs only there from now on. 0, or the error number.
[[nodiscard]] int bind_thread(std::span<const unsigned> processors, pid_t thread = 0);

/// Ends a busy thread's turn: the kernel does so only at its timer's ticks (four milliseconds on
/// many systems), and until then whoever was woken waits, the disk's own kernel threads too. One
/// for each such thread; times in nanoseconds of one clock that does not go back.
class SharedTurns {
 public:
  static constexpr std::uint64_t kTurn_ns = 50'000;

  /// After a piece of work: yields when the last yield or rest was a turn ago.
  template <std::invocable Yield = void (*)()>
  void after_work(std::uint64_t now_ns, Yield yield = std::this_thread::yield) {
    if (now_ns - began_ns_ < kTurn_ns) return;
    began_ns_ = now_ns;
    yield();
  }
  /// The thread sleeps or yields from now on by itself.
  void rests(std::uint64_t now_ns) { began_ns_ = now_ns; }

 private:
  std::uint64_t began_ns_ = 0;
};

/// What a busy thread's piece of work came to.
enum class WorkResult : std::uint8_t {
  worked,
  nothing_to_do,
  over,  // and there will not be any more
};

/// The life of a busy thread: works while there is work, and shares the processor meanwhile
/// (SharedTurns); looks for more for `spin_ns`, yielding, since being woken costs more than a short
/// wait; then parks. Returns when `work` says that it is over. `now_ns` is asked once after each
/// piece of work and never goes back; `park` comes back when there may be work.
template <std::invocable Work, std::invocable Now, std::invocable Park,
          std::invocable Yield = void (*)()>
  requires std::same_as<std::invoke_result_t<Work>, WorkResult> &&
           std::same_as<std::invoke_result_t<Now>, std::uint64_t>
void run_busy_thread(std::uint64_t spin_ns, Work work, Now now_ns, Park park,
                     Yield yield = std::this_thread::yield) {
  std::uint64_t busy_at_ns = now_ns();
  SharedTurns turns;
  turns.rests(busy_at_ns);
  for (;;) {
    const WorkResult result = work();
    if (result == WorkResult::over) return;
    const std::uint64_t at_ns = now_ns();
    if (result == WorkResult::worked) {
      busy_at_ns = at_ns;
      turns.after_work(at_ns, yield);
      continue;
    }
    turns.rests(at_ns);
    if (at_ns - busy_at_ns < spin_ns) {
      yield();
    } else {
      park();
    }
  }
}

}  // namespace holdfast
