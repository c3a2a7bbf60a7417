// Rebuilding the state from a log, for subcommands that look at what a server holds in memory.
//
// Every decision is recomputed and compared with the logged one: what is shown is what the server
// has, or nothing is shown. About a second for each million commands. Thread: the only one.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/state_machine.h"
#include "tools/cli/replay_start.h"

namespace holdfast::tools {

/// What was replayed, besides the state itself.
struct Replayed {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  TimestampNs first_time;  // of the first command of a gateway: the server's own come at any time
  TimestampNs last_time;   // of the last command; that of the snapshot when none came behind it
  bool to_the_end = true;  // of the log
};

/// Replays up to and with `until` into `engine`, which is as the start left it. Fails when the log
/// ends before a position that is asked for.
Replayed replay(ReplayStart& start, StateMachine& engine,
                const std::optional<LogPoint>& until = {});

/// Computing it touches all state; a terminal is told so.
[[nodiscard]] StateDigest digest_of(const StateMachine& engine, Progress& progress);

}  // namespace holdfast::tools
