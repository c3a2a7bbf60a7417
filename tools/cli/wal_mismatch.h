// What is said when a record does not come out as logged. Thread: no state; any.
#pragma once

#include <string>

#include "engine/outcome.h"
#include "engine/state_machine.h"
#include "persistence/wal_format.h"
#include "tools/cli/failure.h"

namespace holdfast::tools {

/// `replayed`: what the engine of this program, `engine`, made of the record's command.
[[nodiscard]] Failure replay_mismatch(const std::string& dir, const persistence::Record& record,
                                      const Outcome& replayed, const StateMachine& engine);

}  // namespace holdfast::tools
