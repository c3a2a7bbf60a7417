// Rule sets for benchmarks: controls of every effect, that let every payment through.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/command.h"

namespace holdfast::bench {

/// The commands (without request ids) that give program 0 so many controls and activate them. By
/// turns a denied list, an allowed one, a cap a transaction, and windows of every kind that count
/// each payment. None for 0 controls.
[[nodiscard]] std::vector<Command> rule_set_of(std::uint32_t controls);

}  // namespace holdfast::bench
