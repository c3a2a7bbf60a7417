// Loads a snapshot into a state machine.
//
// The engine is what it was until `finish` has succeeded. Thread: the loading one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/snapshot_loader.h"
#include "engine/state_machine.h"
#include "persistence/snapshot_load.h"

namespace holdfast::persistence {

class EngineTarget final : public SnapshotTarget {
 public:
  /// Makes the snapshot the state of `engine`, which outlives it.
  explicit EngineTarget(StateMachine& engine) : engine_(engine) {}
  [[nodiscard]] std::optional<std::string> begin(const SnapshotPlan& plan) override;
  [[nodiscard]] std::optional<std::string> add_page(SnapshotTable table, std::uint32_t page,
                                                    std::span<const std::byte> bytes) override;
  [[nodiscard]] std::optional<std::string> finish() override;
  void discard() override;

 private:
  StateMachine& engine_;
  std::optional<SnapshotLoader> loader_;
};

}  // namespace holdfast::persistence
