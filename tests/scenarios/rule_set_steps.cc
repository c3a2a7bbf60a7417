#include "tests/scenarios/rule_set_steps.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

namespace holdfast::scenarios::rule_set_steps {
namespace {

/// A program and a version, with which each of these steps begins; `what` names all that it takes.
template <class Row>
void take_version(Arguments& arguments, Names& names, std::string_view what, Row& row) {
  row.program = names.program(arguments.word(what));
  row.version = static_cast<std::uint32_t>(number_of(arguments.word("a version")));
}

}  // namespace

Told rules(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::begin_rule_set);
  BeginRuleSet& c = told.command.begin_rule_set;
  take_version(arguments, names, "a program and a version", c);
  take_number(arguments, "categories", c.categories);
  take_number(arguments, "controls", c.controls);
  take_number(arguments, "items", c.list_items);
  take_number(arguments, "offsets", c.zone_offsets);
  return told;
}

/// "category default 3 5812-5814 tolerance_bp=2000 tolerance=1.00"; amounts are in `in=`, or GBP.
Told category(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::add_category);
  AddCategory& c = told.command.add_category;
  take_version(arguments, names, "a program, a version and a range of MCCs", c);
  const std::string range = arguments.word("an MCC, or a range as in 5812-5814");
  take_range(range, c.mcc_first, c.mcc_last);
  take_seconds(arguments, "hold", c.hold_period_s);
  take_seconds(arguments, "hold_merchant", c.hold_period_merchant_s);
  take_number(arguments, "tolerance_bp", c.tolerance_bp);
  const Currency currency = currency_named(arguments.option("in").value_or("GBP"));
  if (const auto amount = arguments.option("tolerance")) c.tolerance = amount_of(*amount, currency);
  if (const auto amount = arguments.option("estimate")) c.estimate = amount_of(*amount, currency);
  return told;
}

/// "control default 3 7 cap_window scope=card window=day zone=1 max=100.00 count=3 mcc_list=1".
Told control(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::add_control);
  AddControl& c = told.command.add_control;
  take_version(arguments, names, "a program, a version, a number and an effect", c);
  c.control = static_cast<std::uint16_t>(number_of(arguments.word("a number")));
  c.effect = effect_of(arguments.word("an effect: deny, allow_only, cap_transaction, cap_window"));
  c.scope = scope_of(arguments.option("scope").value_or("card"));
  c.window = window_of(arguments.option("window").value_or("none"));
  c.week_start = weekday_of(arguments.option("week_start").value_or("none"));
  take_number(arguments, "zone", c.zone);
  take_number(arguments, "mcc_list", c.mcc_list);
  take_number(arguments, "country_list", c.country_list);
  take_number(arguments, "merchant_list", c.merchant_list);
  c.channels = channels_of(arguments.option("channels").value_or(""));
  c.types = types_of(arguments.option("types").value_or(""));
  if (c.effect == ControlEffect::cap_window) {
    c.amount_max = Money{std::numeric_limits<std::int64_t>::max()};
    c.count_max = std::numeric_limits<std::uint32_t>::max();
  }
  const Currency currency = currency_named(arguments.option("in").value_or("GBP"));
  if (const auto max = arguments.option("max")) c.amount_max = amount_of(*max, currency);
  take_number(arguments, "count", c.count_max);
  take_seconds(arguments, "length", c.window_s);
  take_seconds(arguments, "step", c.granularity_s);
  return told;
}

/// "list default 3 1 mcc 5812-5814", "list default 3 2 country 826",
/// "list default 3 4 merchant SHOP".
Told list(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::add_list_item);
  AddListItem& c = told.command.add_list_item;
  take_version(arguments, names, "a program, a version, a number, a kind and an item", c);
  c.list = static_cast<std::uint16_t>(number_of(arguments.word("a number")));
  c.kind = list_kind_of(arguments.word("a kind: mcc, country or merchant"));
  const std::string item = arguments.word("an item");
  if (c.kind == ListKind::country) {
    c.country = CountryCode{static_cast<std::uint16_t>(number_of(item))};
  } else if (c.kind == ListKind::merchant) {
    if (item.size() > sizeof c.merchant.text) throw BadWord("a merchant has 16 characters at most");
    std::memcpy(c.merchant.text, item.data(), item.size());
  } else {
    take_range(item, c.mcc_first, c.mcc_last);
  }
  return told;
}

/// "zone default 3 1 +01:00 from=2026-03-29T01:00:00"; without from=: always.
Told zone(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::add_zone_offset);
  AddZoneOffset& c = told.command.add_zone_offset;
  take_version(arguments, names, "a program, a version, a number and an offset", c);
  c.zone = static_cast<std::uint16_t>(number_of(arguments.word("a number")));
  c.offset_s = offset_of(arguments.word("an offset, as in +01:00"));
  c.from_s = std::numeric_limits<std::int64_t>::min();
  if (const auto from = arguments.option("from")) {
    c.from_s = static_cast<std::int64_t>(time_of(*from).ns / kNsPerSecond);
  }
  return told;
}

Told activate(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::activate_rule_set);
  ActivateRuleSet& c = told.command.activate_rule_set;
  take_version(arguments, names, "a program and a version", c);
  return told;
}

/// "shadow default 3 start", "shadow default 3 stop".
Told shadow(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::shadow_rule_set);
  ShadowRuleSet& c = told.command.shadow_rule_set;
  take_version(arguments, names, "a program, a version, and start or stop", c);
  const std::string what = arguments.word("start or stop");
  if (what != "start" && what != "stop") {
    throw BadWord(fmt::format("'shadow' takes start or stop, not '{}'", what));
  }
  c.run = what == "start" ? 1 : 0;
  take_number(arguments, "run", c.run);
  take_number(arguments, "reserved", c.reserved[6]);
  return told;
}

}  // namespace holdfast::scenarios::rule_set_steps
