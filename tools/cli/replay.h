// Rebuilding the state from a log, for subcommands that look at what a server holds in memory.
//
// Every decision is recomputed and compared with the logged one: what is shown is what the server
// has, or nothing is shown. About a second for each million commands. Thread: the only one.
#pragma once

#include "engine/state_machine.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {

/// Replays all that is there, with a progress line on a terminal.
void replay(WalLog& log, StateMachine& engine);

}  // namespace holdfast::tools
