// What is said when a record does not come out as logged. Thread: no state; any.
#pragma once

#include "engine/outcome.h"
#include "persistence/wal_format.h"
#include "tools/cli/failure.h"
#include "tools/cli/wal_options.h"

namespace holdfast::tools {

/// `replayed`: what the engine of this program makes of the record's command. Reads the log again up
/// to it, for the currencies of what it shows.
[[nodiscard]] Failure replay_mismatch(const LogPlace& place, const persistence::Record& record,
                                      const Outcome& replayed);

}  // namespace holdfast::tools
