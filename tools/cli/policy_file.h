// A policy's document from a file, and on its way to the server. Thread: the only one.
#pragma once

#include <cstdint>
#include <string>

#include "tools/cli/gateway.h"
#include "tools/cli/rule_set.h"

namespace holdfast::tools {

/// Reads and checks all of it; fails when the file cannot be read or is no good document.
[[nodiscard]] RuleSet read_policy(const std::string& path);

/// What a document holds, for both forms.
void add_counts(Report& report, const RuleSet& rules);

/// Sends it whole, and then makes it the active one or, with `as_shadow`, starts it beside that.
/// Fails at the first part that is declined. The outcome is that of the last step.
[[nodiscard]] Outcome send_policy(Gateway& gateway, const RuleSet& rules, ProgramId program,
                                  bool as_shadow);

/// What to do about a version that was not activated, started or stopped.
[[nodiscard]] std::string version_advice(Gateway& gateway, const Command& command,
                                         const Outcome& outcome);

}  // namespace holdfast::tools
