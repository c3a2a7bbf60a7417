// What is said when a record does not come out as logged. Thread: no state; any.
#pragma once

#include "engine/outcome.h"
#include "persistence/wal_format.h"
#include "tools/cli/failure.h"
#include "tools/cli/record_text.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {

/// `replayed`: what the engine of this program makes of the record's command. The record was observed.
[[nodiscard]] Failure replay_mismatch(const WalLog& log, const RecordLines& lines,
                                      const persistence::Record& record, const Outcome& replayed);

}  // namespace holdfast::tools
