#include "persistence/engine_replay.h"

#include <fmt/format.h>

#include <cstring>

#include "engine/decision.h"
#include "engine/prefetch.h"

namespace holdfast::persistence {
namespace {

std::string difference_of(const Record& record, const Outcome& again) {
  return fmt::format("the log says {} and replay says {} for a {}",
                     decision_name(record.outcome.decision), decision_name(again.decision),
                     command_name(record.command.kind));
}

}  // namespace

std::optional<ReplayObjection> EngineReplay::operator()(std::span<const Record> records) {
  PrefetchAhead ahead(engine_);
  for (std::size_t i = 0; i < records.size(); ++i) {
    ahead.before(i, records.size(),
                 [&records](std::size_t at) -> const Command& { return records[at].command; });
    const Record& record = records[i];
    const Outcome again = engine_.apply(record.command, record.outcome.time);
    // Plain bytes without padding: equal bytes are equal outcomes.
    if (std::memcmp(&again, &record.outcome, sizeof again) == 0) continue;
    return ReplayObjection{.record = i, .text = difference_of(record, again)};
  }
  return std::nullopt;
}

}  // namespace holdfast::persistence
