// Prefetching for who knows a row of commands before it applies them: a batch, or a replayed log.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/limits.h"
#include "engine/state_machine.h"

namespace holdfast {

/// For a whole batch, before its first command is applied: pass by pass, so that memory answers for
/// all of it at once and not for one command after the other. `command_at(i)`:
/// null for what is no command.
template <class CommandAt>
void prefetch_batch(const StateMachine& engine, std::size_t count, const CommandAt& command_at) {
  std::array<Prefetch, limits::core_batch_commands_max> under_way;
  for (std::size_t first = 0; first < count; first += under_way.size()) {
    const std::size_t end = std::min(count, first + under_way.size());
    std::size_t left = 0;
    for (std::size_t i = first; i < end; ++i) {
      if (const Command* command = command_at(i)) {
        under_way[left++] = engine.begin_prefetch(*command);
      }
    }
    while (left > 0) left = engine.go_on({under_way.data(), left});
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
