// Prefetching for who knows a row of commands before it applies them: a batch, or a replayed log.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/state_machine.h"

namespace holdfast {

/// Commands that are prefetched together. Enough that memory answers for one while the others are
/// asked for, and few enough that the first is still in the nearest cache when the last has come: an
/// authorization touches some twenty cache lines.
inline constexpr std::size_t kPrefetchRow = 16;

/// Does commands [begin, end) one after the other, in rows: each row is prefetched as a whole, pass by
/// pass, so that memory answers for all of it at once. `command_at(i)`: null for what is no command.
/// `do_one(i)`: false ends it, before this one was done.
template <class CommandAt, class DoOne>
void do_in_rows(const StateMachine& engine, std::size_t begin, std::size_t end,
                const CommandAt& command_at, const DoOne& do_one) {
  std::array<Prefetch, kPrefetchRow> under_way;
  while (begin < end) {
    const std::size_t row_end = std::min(end, begin + kPrefetchRow);
    std::size_t left = 0;
    for (std::size_t i = begin; i < row_end; ++i) {
      if (const Command* command = command_at(i)) {
        under_way[left++] = engine.begin_prefetch(*command);
      }
    }
    while (left > 0) left = engine.go_on({under_way.data(), left});
    for (; begin < row_end; ++begin) {
      if (!do_one(begin)) return;
    }
  }
}

/// For a row that is too long to be prefetched at once, or not to be looked at as a whole: each
/// later command gets its passes one after the other while those before it are applied.
class PrefetchAhead {
 public:
  explicit PrefetchAhead(const StateMachine& engine) : engine_(engine) {}

  /// To be called before command `at` of `count` is applied, for each one from 0 on.
  /// `command_at(i)` is command i.
  template <class CommandAt>
  void before(std::size_t at, std::size_t count, const CommandAt& command_at) {
    if (const std::size_t i = at + kStep * StateMachine::kPrefetchPasses; i < count) {
      under_way_[i % kUnderWay] = engine_.begin_prefetch(command_at(i));
    }
    for (unsigned passes_left = StateMachine::kPrefetchPasses - 1; passes_left > 0; --passes_left) {
      engine_.go_on({&under_way_[(at + kStep * passes_left) % kUnderWay], 1});
    }
  }

 private:
  // Commands between two passes: long enough for memory to answer, short enough for the cache.
  static constexpr std::size_t kStep = 6;
  static constexpr std::size_t kUnderWay = 32;  // a power of two above the farthest
  static_assert(kUnderWay > kStep * StateMachine::kPrefetchPasses);

  const StateMachine& engine_;
  std::array<Prefetch, kUnderWay> under_way_{};
};

}  // namespace holdfast
