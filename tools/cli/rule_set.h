// A program's policy as a JSON document (docs/controls.md), and as the commands that put it in
// place.
//
// The whole document is checked before anything is sent; a fault is named by its JSON path. The
// request ids follow from program, version and row, so that sending all of it again after a lost
// connection completes it and does nothing twice. Thread: no state; any.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command.h"
#include "engine/types.h"
#include "tools/text/merchant_categories.h"

namespace holdfast::tools {

/// The rows; `program` is not filled in.
struct RuleSet {
  std::uint32_t version = 0;
  CurrencyCode currency;  // of all amounts; code 0 when there are none
  std::vector<AddCategory> categories;
  std::vector<AddControl> controls;
  std::vector<AddListItem> list_items;      // those of one list stand together
  std::vector<AddZoneOffset> zone_offsets;  // those of one zone stand together, rising
};

/// The document, or what is wrong with it and where ("controls[3].window.zone: …").
[[nodiscard]] std::expected<RuleSet, std::string> parse_rule_set(std::string_view json);

/// What is done with a rule set once all of it is there.
enum class RuleSetUse : std::uint8_t { activate, run_as_shadow };

/// BeginRuleSet, then all rows, then ActivateRuleSet or ShadowRuleSet, in the order to be sent.
[[nodiscard]] std::vector<Command> rule_set_commands(const RuleSet& rules, ProgramId program,
                                                     RuleSetUse use = RuleSetUse::activate);

}  // namespace holdfast::tools
