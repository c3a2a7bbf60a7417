// What differs between two rule sets, as a person would say it: by the numbers of controls, the
// categories and what is in lists, never by the order or the numbers of rows.
// Thread: no state; any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/cli/rule_set.h"

namespace holdfast::tools {

struct RuleChange {
  enum class Kind : std::uint8_t { added, removed, changed };
  Kind kind{};
  std::string part;    // "control 4", "category 5812-5814"
  std::string field;   // of a changed one: "at most", "merchants"; else empty
  std::string before;  // as the tables have it; what left a list; empty for an added part
  std::string after;   // what came into a list; empty for a removed part
  bool counts_anew = false;  // its window is another: what was used counts no more
};

/// Categories first, then controls, each in the order of their numbers.
[[nodiscard]] std::vector<RuleChange> rule_set_changes(const RuleSet& before, const RuleSet& after);

}  // namespace holdfast::tools
