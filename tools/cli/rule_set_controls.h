// The parts of a rule set's document that controls are made of: "lists" and "controls".
// Thread: no state; any.
#pragma once

#include "tools/cli/rule_set.h"
#include "tools/cli/rule_set_json.h"

namespace holdfast::tools {

/// Adds controls, list items and zone offsets to `rules`, whose version and currency are read.
/// Throws RuleFault.
void read_controls(const RuleJson& document, RuleSet& rules);

}  // namespace holdfast::tools
