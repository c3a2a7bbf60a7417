// Recomputes the decisions of a log and compares each with the logged one.
//
// What later records of a batch will touch is brought into the cache while earlier ones are
// applied. Thread: the engine's owner.
#pragma once

#include <optional>
#include <span>

#include "engine/state_machine.h"
#include "persistence/recovery.h"

namespace holdfast::persistence {

class EngineReplay {
 public:
  /// `engine` outlives it, and is at the position before the first record.
  explicit EngineReplay(StateMachine& engine) : engine_(engine) {}

  /// Stops behind the first record that comes out otherwise than logged, and tells of it.
  [[nodiscard]] std::optional<ReplayObjection> operator()(std::span<const Record> records);

 private:
  StateMachine& engine_;
};

}  // namespace holdfast::persistence
