#include "persistence/engine_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/decision.h"
#include "engine/limits.h"

namespace holdfast::persistence {
namespace {

std::string difference_of(const Record& record, const Outcome& again) {
  return fmt::format("the log says {} and replay says {} for a {}",
                     decision_name(record.outcome.decision), decision_name(again.decision),
                     command_name(record.command.kind));
}

}  // namespace

std::optional<ReplayObjection> EngineReplay::operator()(std::span<const Record> records) {
  constexpr std::size_t kBatch = limits::core_batch_commands_max;
  for (std::size_t first = 0; first < records.size(); first += kBatch) {
    const std::size_t end = std::min(records.size(), first + kBatch);
    for (std::size_t i = first; i < end; ++i) engine_.prefetch(records[i].command);
    for (std::size_t i = first; i < end; ++i) {
      const Record& record = records[i];
      const Outcome again = engine_.apply(record.command, record.outcome.time);
      // Plain bytes without padding: equal bytes are equal outcomes.
      if (std::memcmp(&again, &record.outcome, sizeof again) == 0) continue;
      return ReplayObjection{.record = i, .text = difference_of(record, again)};
    }
  }
  return std::nullopt;
}

}  // namespace holdfast::persistence
