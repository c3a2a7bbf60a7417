#include "tools/cli/replay.h"

#include <fmt/core.h>

#include <cstring>

namespace holdfast::tools {

void replay(WalLog& log, StateMachine& engine) {
  Progress progress("replayed", log.segments_bytes());
  while (log.next_block()) {
    log.for_each_record([&](const persistence::Record& record) {
      const Outcome outcome = engine.apply(record.command, record.outcome.time);
      // Plain bytes without padding: equal bytes are equal outcomes.
      if (std::memcmp(&outcome, &record.outcome, sizeof outcome) != 0) {
        throw replay_differs(log, record.outcome.position);
      }
      return true;
    });
    const persistence::BlockHeader& header = log.reader().header();
    progress.block(header.record_count(), header.block_bytes);
  }
}

Failure replay_differs(const WalLog& log, LogPosition position) {
  return {.code = ExitCode::not_so,
          .kind = "replay_differs",
          .message = fmt::format("position {} does not come out as logged, so nothing is told of what "
                                 "comes after it",
                                 position.value),
          .advice = fmt::format("holdfast wal replay {} tells how it differs. Use the version of "
                                "holdfast that wrote the log.",
                                log.dir()),
          .request_id = {}};
}

}  // namespace holdfast::tools
