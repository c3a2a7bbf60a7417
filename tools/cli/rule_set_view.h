// A version of a rule set as the server tells it, for people and for `program put`.
//
// A rule set knows neither the names of controls, lists and zones nor the currency of its amounts:
// lists are called list-1, list-2, …; a zone gets the name that its number stands for on this
// machine (see zone_offsets.h); the currency is the caller's to give. Thread: no state; any.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/request.h"
#include "tools/cli/report.h"
#include "tools/cli/rule_set.h"
#include "tools/cli/zone_offsets.h"

namespace holdfast::tools {

/// The rows of all pages by their kind. `currency`: of its amounts, code 0 if not known.
[[nodiscard]] RuleSet rule_set_of(const RuleSetView& view, CurrencyCode currency);

/// Amounts stand in it: without its currency they are told in minor units,
/// and there is no document.
[[nodiscard]] bool has_amounts(const RuleSet& rules);

struct PolicyDocument {
  std::string json;                // one line, without its end
  std::vector<std::string> notes;  // what the document cannot say as the rule set has it
};
/// The document that `program put` takes, members and rows in a fixed order. `rules.currency` is
/// known when there are amounts.
[[nodiscard]] PolicyDocument policy_document(const RuleSet& rules);

/// The categories and the controls as tables; ends with a newline, empty when there are none.
[[nodiscard]] std::string rule_set_tables(const RuleSet& rules);

// How the parts of a rule set read, here and in what differs between two (rule_set_diff.h).

/// "300.00", or "30000" in minor units when the currency is not known.
[[nodiscard]] std::string rule_amount_text(Money amount, CurrencyCode currency);
/// "3d", "90min", "45s": exact, and what a document takes.
[[nodiscard]] std::string period_text(std::uint32_t seconds);
/// "20%", "20% + 1.50", "-": how far captures may exceed a hold.
[[nodiscard]] std::string tolerance_text(const AddCategory& row, CurrencyCode currency);
/// "at most 300.00", "at most 300.00 and 40 payments", "at most 5 payments", "" for other effects.
[[nodiscard]] std::string cap_text(const AddControl& row, CurrencyCode currency);
/// The zones of a rule set by number, looked up once: that reads the zone files of this machine.
using ZoneNames = std::map<std::uint16_t, KnownZone>;
[[nodiscard]] ZoneNames zone_names(const RuleSet& rules);
/// "day, Europe/London", "week from monday, UTC", "rolling 24h by 1h", "" without a window.
[[nodiscard]] std::string window_text(const AddControl& row, const ZoneNames& zones);
/// The entries of a list in their order, as a document has them.
[[nodiscard]] std::vector<std::string> list_entries(const RuleSet& rules, std::uint16_t list);
/// "mcc 7800-7802, 7995; country GB, IE and 3 more; by ecommerce", "" when all payments match.
[[nodiscard]] std::string filter_text(const AddControl& row, const RuleSet& rules);
/// The words of the bits that are set.
[[nodiscard]] std::vector<std::string> channel_words(std::uint16_t mask);
[[nodiscard]] std::vector<std::string> type_words(std::uint16_t mask);
/// The rows of one zone.
[[nodiscard]] std::vector<AddZoneOffset> zone_rows(const RuleSet& rules, std::uint16_t zone);

}  // namespace holdfast::tools
