#include "tools/cli/replay.h"

#include <fmt/core.h>

#include <cstring>
#include <vector>

#include "engine/prefetch.h"
#include "tools/cli/wal_mismatch.h"

namespace holdfast::tools {

Replayed replay(ReplayStart& start, StateMachine& engine, const std::optional<LogPoint>& until) {
  WalLog& log = start.log();
  Replayed replayed{.last_time = start.time()};
  // A snapshot of just that position.
  if (until && until->position == engine.position()) replayed.to_the_end = false;
  std::vector<persistence::Record> records;
  while (replayed.to_the_end && log.next_block()) {
    records.clear();
    log.for_each_record([&records](const persistence::Record& record) {
      records.push_back(record);
      return true;
    });
    PrefetchAhead ahead(engine);
    for (std::size_t at = 0; at < records.size() && replayed.to_the_end; ++at) {
      const auto& [command, logged] = records[at];
      if (until && until->passed_by(logged)) {
        replayed.to_the_end = false;
        break;
      }
      ahead.before(at, records.size(),
                   [&records](std::size_t i) -> const Command& { return records[i].command; });
      const Outcome outcome = engine.apply(command, logged.time);
      // Plain bytes without padding: equal bytes are equal outcomes.
      if (std::memcmp(&outcome, &logged, sizeof outcome) != 0) {
        throw replay_mismatch(log.dir(), records[at], outcome, engine);
      }
      ++replayed.records;
      if (replayed.first_time.ns == 0 && !command.request_id.is_zero()) {
        replayed.first_time = outcome.time;
      }
      replayed.last_time = outcome.time;
      // Not a block further: what is behind may be damaged.
      if (until && until->position == outcome.position) replayed.to_the_end = false;
    }
    replayed.bytes += log.reader().header().block_bytes;
    start.progress().add(records.size(), log.reader().header().block_bytes);
  }
  if (until && until->position && engine.position() < *until->position) {
    throw not_found(fmt::format("the log of {} ends at position {}, before {}", log.dir(),
                                engine.position().value, until->position->value),
                    "Name a position that holdfast wal ls tells.");
  }
  return replayed;
}

StateDigest digest_of(const StateMachine& engine, Progress& progress) {
  progress.say("computing the digest of all state");
  return engine.digest();
}

}  // namespace holdfast::tools
