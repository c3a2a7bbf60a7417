#include "tools/cli/rule_set_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tools/cli/names.h"
#include "tools/text/amounts_text.h"
#include "tools/text/countries.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kEntriesShown = 5;
constexpr Money kNoAmountCap{std::numeric_limits<std::int64_t>::max()};
constexpr std::uint32_t kNoCountCap = std::numeric_limits<std::uint32_t>::max();

std::string joined(const std::vector<std::string>& words, std::size_t most) {
  std::string text;
  for (std::size_t at = 0; at < words.size() && at < most; ++at) {
    if (at > 0) text += ", ";
    text += words[at];
  }
  if (words.size() > most) text += fmt::format(" and {} more", count_text(words.size() - most));
  return text;
}

template <class E, std::size_t N>
std::vector<std::string> words_of(const Name<E> (&names)[N], std::uint16_t mask) {
  std::vector<std::string> words;
  for (const auto& entry : names) {
    if ((mask >> static_cast<unsigned>(entry.value) & 1U) != 0) words.emplace_back(entry.name);
  }
  return words;
}

bool caps_amount(const AddControl& row) {
  return row.effect == ControlEffect::cap_transaction ||
         (row.effect == ControlEffect::cap_window && row.amount_max != kNoAmountCap);
}
bool caps_count(const AddControl& row) {
  return row.effect == ControlEffect::cap_window && row.count_max != kNoCountCap;
}
bool is_calendar(WindowKind kind) {
  return kind == WindowKind::day || kind == WindowKind::week || kind == WindowKind::month ||
         kind == WindowKind::year;
}

/// A document's lists are numbered in the order of their names: as wide as the widest, so that put
/// again they have the numbers that they had.
std::string list_name(const RuleSet& rules, std::uint16_t list) {
  std::uint16_t most = 0;
  for (const AddListItem& item : rules.list_items) most = std::max(most, item.list);
  return fmt::format("list-{:0{}}", list, std::to_string(most).size());
}

/// "Europe/London"; "zone-7" when no zone of this machine has the number.
std::string zone_text(std::uint16_t zone, const ZoneNames& zones) {
  if (zone == 0) return "UTC";
  const auto known = zones.find(zone);
  if (known == zones.end() || known->second.name.empty()) return fmt::format("zone-{}", zone);
  return known->second.name;
}

/// What a document says otherwise than the rule set: of zones only.
std::vector<std::string> notes_on(const ZoneNames& zones) {
  std::vector<std::string> notes;
  for (const auto& [zone, known] : zones) {
    if (known.name.empty()) {
      notes.push_back(fmt::format("{}: no zone of this machine has this number; write its name "
                                  "there before you put the document",
                                  zone_text(zone, zones)));
    } else if (!known.same_offsets) {
      notes.push_back(fmt::format("{}: the rule set has other offsets than the zone files of this "
                                  "machine; put again, the document has those of this machine",
                                  known.name));
    }
  }
  return notes;
}

Json category_json(const AddCategory& row, CurrencyCode currency) {
  Json json;
  json["mcc"] = mcc_range_text(row.mcc_first, row.mcc_last);
  if (row.hold_period_s != 0) json["hold_period"] = period_text(row.hold_period_s);
  if (row.hold_period_merchant_s != 0) {
    json["hold_period_merchant"] = period_text(row.hold_period_merchant_s);
  }
  if (row.tolerance_bp != 0) {
    if (row.tolerance_bp % 100 == 0) json["tolerance_percent"] = row.tolerance_bp / 100;
    else json["tolerance_percent"] = row.tolerance_bp / 100.0;
  }
  if (row.tolerance.minor != 0) json["tolerance"] = rule_amount_text(row.tolerance, currency);
  if (row.estimate.minor != 0) json["estimate"] = rule_amount_text(row.estimate, currency);
  return json;
}

Json window_json(const AddControl& row, const ZoneNames& zones) {
  Json json;
  json["kind"] = name_text(kWindowKindNames, row.window);
  if (is_calendar(row.window)) {
    json["zone"] = zone_text(row.zone, zones);
  }
  if (row.window == WindowKind::week) json["week_start"] = name_text(kWeekdayNames, row.week_start);
  if (row.window == WindowKind::rolling) {
    json["length"] = period_text(row.window_s);
    json["granularity"] = period_text(row.granularity_s);
  }
  return json;
}

Json control_json(const AddControl& row, const RuleSet& rules, const ZoneNames& zones) {
  Json json;
  json["id"] = row.control;
  const bool windowed = row.effect == ControlEffect::cap_window;
  if (windowed || row.scope != ControlScope::card) {
    json["scope"] = name_text(kControlScopeNames, row.scope);
  }
  json["effect"] = name_text(kControlEffectNames, row.effect);
  Json filter = Json::object();
  if (row.mcc_list != 0) filter["mcc_list"] = list_name(rules, row.mcc_list);
  if (row.country_list != 0) filter["country_list"] = list_name(rules, row.country_list);
  if (row.merchant_list != 0) filter["merchant_list"] = list_name(rules, row.merchant_list);
  if (row.channels != 0) filter["channel"] = channel_words(row.channels);
  if (row.types != 0) filter["type"] = type_words(row.types);
  if (!filter.empty()) json["filter"] = std::move(filter);
  if (caps_amount(row)) json["amount_max"] = rule_amount_text(row.amount_max, rules.currency);
  if (caps_count(row)) json["count_max"] = row.count_max;
  if (windowed) json["window"] = window_json(row, zones);
  return json;
}

Json lists_json(const RuleSet& rules) {
  std::map<std::uint16_t, ListKind> lists;
  for (const AddListItem& item : rules.list_items) lists.emplace(item.list, item.kind);
  Json json = Json::object();
  for (const auto& [list, kind] : lists) {
    json[list_name(rules, list)] =
        Json{{name_text(kListKindNames, kind), list_entries(rules, list)}};
  }
  return json;
}

}  // namespace

RuleSet rule_set_of(const RuleSetView& view, CurrencyCode currency) {
  RuleSet rules;
  rules.version = view.version;
  rules.currency = currency;
  for (const Command& row : view.rows) {
    if (row.kind == CommandKind::add_category) rules.categories.push_back(row.add_category);
    if (row.kind == CommandKind::add_control) rules.controls.push_back(row.add_control);
    if (row.kind == CommandKind::add_list_item) rules.list_items.push_back(row.add_list_item);
    if (row.kind == CommandKind::add_zone_offset) rules.zone_offsets.push_back(row.add_zone_offset);
  }
  return rules;
}

bool has_amounts(const RuleSet& rules) {
  return std::ranges::any_of(rules.controls, caps_amount) ||
         std::ranges::any_of(rules.categories, [](const AddCategory& row) {
           return row.tolerance.minor != 0 || row.estimate.minor != 0;
         });
}

PolicyDocument policy_document(const RuleSet& rules) {
  const ZoneNames zones = zone_names(rules);
  Json json;
  json["version"] = rules.version;
  if (rules.currency.numeric != 0) json["currency"] = currency_text(rules.currency);
  json["categories"] = Json::array();
  for (const AddCategory& row : rules.categories) {
    json["categories"].push_back(category_json(row, rules.currency));
  }
  if (!rules.list_items.empty()) json["lists"] = lists_json(rules);
  if (!rules.controls.empty()) json["controls"] = Json::array();
  for (const AddControl& row : rules.controls) {
    json["controls"].push_back(control_json(row, rules, zones));
  }
  return {.json = json.dump(-1, ' ', false, Json::error_handler_t::replace),
          .notes = notes_on(zones)};
}

std::string rule_set_tables(const RuleSet& rules) {
  const auto or_dash = [](std::string text) { return text.empty() ? "-" : text; };
  std::string text;
  if (!rules.categories.empty()) {
    Table table({{"mcc"}, {"hold"}, {"by merchant"}, {"tolerance"}, {"estimate", true}});
    for (const AddCategory& row : rules.categories) {
      table.row({mcc_range_text(row.mcc_first, row.mcc_last),
                 row.hold_period_s == 0 ? "program's" : period_text(row.hold_period_s),
                 row.hold_period_merchant_s == 0 ? "same"
                                                 : period_text(row.hold_period_merchant_s),
                 tolerance_text(row, rules.currency),
                 row.estimate.minor == 0 ? "-" : rule_amount_text(row.estimate, rules.currency)});
    }
    text += table.text();
  }
  if (!rules.controls.empty()) {
    if (!text.empty()) text += '\n';
    const ZoneNames zones = zone_names(rules);
    Table table({{"control", true}, {"effect"}, {"per"}, {"at most"}, {"in each"}, {"payments"}});
    for (const AddControl& row : rules.controls) {
      const bool windowed = row.effect == ControlEffect::cap_window;
      table.row({std::to_string(row.control), name_text(kControlEffectNames, row.effect),
                 windowed ? name_text(kControlScopeNames, row.scope) : "-",
                 or_dash(cap_text(row, rules.currency)), or_dash(window_text(row, zones)),
                 filter_text(row, rules).empty() ? "all" : filter_text(row, rules)});
    }
    text += table.text();
  }
  return text;
}

std::string rule_amount_text(Money amount, CurrencyCode code) {
  const auto currency = find_currency(code);
  return currency ? major_units_text(amount, currency->exponent) : std::to_string(amount.minor);
}

std::string period_text(std::uint32_t seconds) {
  constexpr std::uint32_t kDay = 86'400;
  constexpr std::uint32_t kHour = 3'600;
  if (seconds % kDay == 0) return fmt::format("{}d", seconds / kDay);
  if (seconds % kHour == 0) return fmt::format("{}h", seconds / kHour);
  if (seconds % 60 == 0) return fmt::format("{}min", seconds / 60);
  return fmt::format("{}s", seconds);
}

std::string tolerance_text(const AddCategory& row, CurrencyCode currency) {
  std::string text;
  if (row.tolerance_bp != 0) text = fmt::format("{}%", row.tolerance_bp / 100.0);
  if (row.tolerance.minor != 0) {
    text += (text.empty() ? "" : " + ") + rule_amount_text(row.tolerance, currency);
  }
  return text.empty() ? "-" : text;
}

std::string cap_text(const AddControl& row, CurrencyCode currency) {
  std::string text;
  if (caps_amount(row)) text = rule_amount_text(row.amount_max, currency);
  if (caps_count(row)) {
    text += fmt::format("{}{} payment{}", text.empty() ? "" : " and ", count_text(row.count_max),
                        row.count_max == 1 ? "" : "s");
  }
  return text;
}

std::string window_text(const AddControl& row, const ZoneNames& zones) {
  if (row.window == WindowKind::none) return "";
  std::string text = name_text(kWindowKindNames, row.window);
  if (row.window == WindowKind::rolling) {
    return fmt::format("{} {} by {}", text, period_text(row.window_s),
                       period_text(row.granularity_s));
  }
  if (row.window == WindowKind::week) text += " from " + name_text(kWeekdayNames, row.week_start);
  if (!is_calendar(row.window)) return text;
  return text + ", " + zone_text(row.zone, zones);
}

std::vector<std::string> list_entries(const RuleSet& rules, std::uint16_t list) {
  std::vector<std::string> entries;
  for (const AddListItem& item : rules.list_items) {
    if (item.list != list) continue;
    switch (item.kind) {
      case ListKind::mcc:
        entries.push_back(mcc_range_text(item.mcc_first, item.mcc_last));
        break;
      case ListKind::country:
        entries.push_back(country_text(item.country));
        break;
      case ListKind::merchant:
        entries.emplace_back(item.merchant.view());
        break;
    }
  }
  return entries;
}

std::string filter_text(const AddControl& row, const RuleSet& rules) {
  std::string text;
  const auto add = [&](std::string_view what, const std::vector<std::string>& words) {
    if (words.empty()) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", what, joined(words, kEntriesShown));
  };
  if (row.mcc_list != 0) add("mcc", list_entries(rules, row.mcc_list));
  if (row.country_list != 0) add("country", list_entries(rules, row.country_list));
  if (row.merchant_list != 0) add("merchant", list_entries(rules, row.merchant_list));
  add("by", channel_words(row.channels));
  add("for", type_words(row.types));
  return text;
}

std::vector<std::string> channel_words(std::uint16_t mask) { return words_of(kChannelNames, mask); }
std::vector<std::string> type_words(std::uint16_t mask) {
  return words_of(kTransactionTypeNames, mask);
}

ZoneNames zone_names(const RuleSet& rules) {
  ZoneNames zones;
  for (const AddZoneOffset& row : rules.zone_offsets) {
    if (!zones.contains(row.zone)) {
      zones[row.zone] = known_zone(row.zone, zone_rows(rules, row.zone));
    }
  }
  return zones;
}

std::vector<AddZoneOffset> zone_rows(const RuleSet& rules, std::uint16_t zone) {
  std::vector<AddZoneOffset> rows;
  std::ranges::copy_if(rules.zone_offsets, std::back_inserter(rows),
                       [&](const AddZoneOffset& row) { return row.zone == zone; });
  return rows;
}

}  // namespace holdfast::tools
