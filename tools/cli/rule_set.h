// A program's rule set as a JSON document, and as the commands that put it in place.
//
// The whole document is checked before anything is sent; a fault is named by its JSON path. The
// request ids follow from program, version and row, so that sending all of it again after a lost
// connection completes it and does nothing twice. Thread: no state; any.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command.h"
#include "engine/types.h"

namespace holdfast::tools {

struct RuleSet {
  std::uint32_t version = 0;
  CurrencyCode currency;  // of all amounts; code 0 when there are none
  std::vector<AddCategory> categories;  // `program` is not filled in
};

/// The document, or what is wrong with it and where ("categories[3].mcc: …").
[[nodiscard]] std::expected<RuleSet, std::string> parse_rule_set(std::string_view json);

/// BeginRuleSet, an AddCategory for each row, ActivateRuleSet, in the order to be sent.
[[nodiscard]] std::vector<Command> rule_set_commands(const RuleSet& rules, ProgramId program);

/// "5812-5814", "5411".
[[nodiscard]] std::string mcc_range_text(Mcc first, Mcc last);

}  // namespace holdfast::tools
