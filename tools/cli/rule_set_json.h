// Reading a rule set's JSON: values with the place that they stand at, and what is wrong there.
//
// The first fault ends the reading: it is thrown with its JSON path, and `parse_rule_set` catches
// it. Also the names of all members that a document may have, which a test holds against
// docs/controls.schema.json. Thread: no state; any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "engine/types.h"

namespace holdfast::tools {

using RuleJson = nlohmann::json;

/// What is wrong, with its path; thrown by all that follows, never leaves `parse_rule_set`.
struct RuleFault {
  std::string text;
};

inline constexpr std::string_view kDocumentMembers[] = {"version", "currency", "categories",
                                                        "lists", "controls"};
inline constexpr std::string_view kCategoryMembers[] = {
    "mcc", "hold_period", "hold_period_merchant", "tolerance_percent", "tolerance", "estimate"};
inline constexpr std::string_view kListMembers[] = {"mcc", "country", "merchant"};
inline constexpr std::string_view kControlMembers[] = {
    "id", "name", "scope", "effect", "filter", "amount_max", "count_max", "window"};
inline constexpr std::string_view kFilterMembers[] = {
    "mcc", "mcc_list", "country", "country_list", "merchant", "merchant_list", "channel", "type"};
inline constexpr std::string_view kWindowMembers[] = {"kind", "zone", "week_start", "length",
                                                      "granularity"};

[[noreturn]] void rule_fault(const std::string& path, const std::string& what);

/// Refuses a member that stands twice in one object, of which a parser would keep only the last.
[[nodiscard]] RuleJson parse_rule_json(std::string_view text);

/// An object with no other members than these: a misspelt name would otherwise be a rule that
/// silently does not hold.
void check_members(const RuleJson& object, const std::string& path,
                   std::span<const std::string_view> known);
/// Null when it is not given.
[[nodiscard]] const RuleJson* member(const RuleJson& object, const char* name);
/// "controls[2].window" and "zone".
[[nodiscard]] std::string path_to(const std::string& path, std::string_view name);

[[nodiscard]] const std::string& text_at(const RuleJson& value, const std::string& path);
/// An array of at least one value.
[[nodiscard]] const RuleJson& filled_array_at(const RuleJson& value, const std::string& path);
[[nodiscard]] std::uint64_t whole_number_at(const RuleJson& value, const std::string& path,
                                            std::uint64_t least, std::uint64_t most);
/// "3d", "12h", "45s": seconds, not 0.
[[nodiscard]] std::uint32_t period_at(const RuleJson& value, const std::string& path);
/// Major units in quotes ("12.50"), 0 or more.
[[nodiscard]] Money amount_at(const RuleJson& value, const std::string& path, CurrencyCode code);

}  // namespace holdfast::tools
