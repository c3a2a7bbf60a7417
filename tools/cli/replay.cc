#include "tools/cli/replay.h"

#include <cstring>

#include "tools/cli/wal_mismatch.h"

namespace holdfast::tools {

void replay(WalLog& log, StateMachine& engine) {
  Progress progress("replayed", log.segments_bytes());
  while (log.next_block()) {
    log.for_each_record([&](const persistence::Record& record) {
      const Outcome outcome = engine.apply(record.command, record.outcome.time);
      // Plain bytes without padding: equal bytes are equal outcomes.
      if (std::memcmp(&outcome, &record.outcome, sizeof outcome) != 0) {
        throw replay_mismatch(log.place(), record, outcome);
      }
      return true;
    });
    const persistence::BlockHeader& header = log.reader().header();
    progress.block(header.record_count(), header.block_bytes);
  }
}

}  // namespace holdfast::tools
