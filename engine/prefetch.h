// Prefetching for who knows a row of commands before it applies them: a batch, or a replayed log.
#pragma once

#include <cstddef>

#include "engine/state_machine.h"

namespace holdfast {

/// For a whole batch, before its first command is applied: pass by pass, so that memory answers for all
/// of it at once and not for one command after the other. `command_at(i)`: null for what is no command.
template <class CommandAt>
void prefetch_batch(const StateMachine& engine, std::size_t count, const CommandAt& command_at) {
  for (unsigned pass = 0; pass < StateMachine::kPrefetchPasses; ++pass) {
    for (std::size_t i = 0; i < count; ++i) {
      if (const Command* command = command_at(i)) engine.prefetch(*command, pass);
    }
  }
}

/// To be called before command `at` of `count` is applied: each later command gets its passes one
/// after the other while those before it are applied. `command_at(i)` is command i.
template <class CommandAt>
void prefetch_ahead(const StateMachine& engine, std::size_t at, std::size_t count,
                    const CommandAt& command_at) {
  // Commands between two passes: long enough for memory to answer, short enough for the cache.
  constexpr std::size_t kStep = 6;
  for (unsigned pass = 0; pass < StateMachine::kPrefetchPasses; ++pass) {
    const std::size_t ahead = at + kStep * (StateMachine::kPrefetchPasses - pass);
    if (ahead < count) engine.prefetch(command_at(ahead), pass);
  }
}

}  // namespace holdfast
