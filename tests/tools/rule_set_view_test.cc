// A rule set on its way back: from rows to the document that makes the same rows, and what differs
// between two.
#include "tools/cli/rule_set_view.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tools/cli/rule_set_diff.h"
#include "tools/cli/zone_offsets.h"

namespace holdfast::tools {
namespace {

constexpr std::string_view kWhole = R"({"version": 3, "currency": "GBP",
  "categories": [
    {"mcc": "5541-5542", "hold_period": "90min", "hold_period_merchant": "45s",
     "tolerance_percent": 12.34, "tolerance": "1.50", "estimate": "100.00"},
    {"mcc": "0742"}, {"mcc": "7011", "tolerance_percent": 20}],
  "lists": {"home": {"country": ["GB", "IE", "999"]}, "unused": {"mcc": ["5111"]}},
  "controls": [
    {"id": 1, "name": "at home", "effect": "allow_only", "filter": {"country_list": "home"}},
    {"id": 2, "effect": "deny", "filter": {"mcc": ["gambling", "5111"]}},
    {"id": 3, "effect": "cap_transaction", "amount_max": "0.00", "scope": "account",
     "filter": {"type": ["purchase", "cash"], "channel": ["atm", "unknown"]}},
    {"id": 4, "scope": "card", "effect": "cap_window", "amount_max": "300.00",
     "window": {"kind": "day", "zone": "Europe/London"}},
    {"id": 5, "scope": "program", "effect": "cap_window", "count_max": 0,
     "window": {"kind": "week", "week_start": "sunday", "zone": "America/New_York"}},
    {"id": 6, "scope": "account", "effect": "cap_window", "amount_max": "1.00", "count_max": 7,
     "window": {"kind": "rolling", "length": "24h", "granularity": "1h"}},
    {"id": 7, "scope": "card", "effect": "cap_window", "count_max": 1,
     "window": {"kind": "lifetime"}},
    {"id": 8, "scope": "card", "effect": "cap_window", "count_max": 1, "window": {"kind": "year"}},
    {"id": 65535, "effect": "deny", "filter": {"merchant": ["PAPER MILL 7", "B"]}}]})";

RuleSet parsed(std::string_view json) {
  auto rules = parse_rule_set(json);
  EXPECT_TRUE(rules) << rules.error();
  return rules ? std::move(*rules) : RuleSet{};
}

std::string with(std::string_view from, std::string_view to) {
  std::string text(kWhole);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(RuleSetView, ADocumentComesBackAsTheSameRules) {
  const RuleSet rules = parsed(kWhole);
  const PolicyDocument document = policy_document(rules);
  EXPECT_TRUE(document.notes.empty());
  const RuleSet again = parsed(document.json);
  EXPECT_EQ(again.version, 3U);
  EXPECT_TRUE(rule_set_changes(rules, again).empty());
  ASSERT_EQ(again.categories.size(), rules.categories.size());
  for (std::size_t i = 0; i < rules.categories.size(); ++i) {
    EXPECT_EQ(std::memcmp(&again.categories[i], &rules.categories[i], sizeof(AddCategory)), 0) << i;
  }
  ASSERT_EQ(again.controls.size(), rules.controls.size());
  for (std::size_t i = 0; i < rules.controls.size(); ++i) {
    AddControl want = rules.controls[i];
    const AddControl& got = again.controls[i];
    // Lists are numbered anew.
    EXPECT_EQ(list_entries(again, got.mcc_list), list_entries(rules, want.mcc_list));
    EXPECT_EQ(list_entries(again, got.country_list), list_entries(rules, want.country_list));
    EXPECT_EQ(list_entries(again, got.merchant_list), list_entries(rules, want.merchant_list));
    want.mcc_list = got.mcc_list;
    want.country_list = got.country_list;
    want.merchant_list = got.merchant_list;
    EXPECT_EQ(std::memcmp(&got, &want, sizeof want), 0) << want.control;
  }
  EXPECT_EQ(again.zone_offsets.size(), rules.zone_offsets.size());
  EXPECT_EQ(again.list_items.size(), rules.list_items.size());
  // The form is canonical: once there it does not change.
  EXPECT_EQ(policy_document(again).json, policy_document(parsed(policy_document(again).json)).json);
}

TEST(RuleSetView, RowsOfThePagesAreSortedByTheirKind) {
  const RuleSet rules = parsed(kWhole);
  RuleSetView view;
  view.version = 3;
  for (const Command& command : rule_set_commands(rules, ProgramId{})) {
    if (command.kind != CommandKind::begin_rule_set &&
        command.kind != CommandKind::activate_rule_set) {
      view.rows.push_back(command);
    }
  }
  const RuleSet back = rule_set_of(view, CurrencyCode{826});
  EXPECT_EQ(policy_document(back).json, policy_document(rules).json);
}

TEST(RuleSetView, AZoneThatIsNotKnownHereIsSaid) {
  RuleSet rules = parsed(kWhole);
  for (AddZoneOffset& row : rules.zone_offsets) {
    if (row.zone == zone_number("Europe/London") && row.from_s > 4'000'000'000) row.offset_s += 60;
  }
  PolicyDocument document = policy_document(rules);
  ASSERT_EQ(document.notes.size(), 1U);
  EXPECT_EQ(document.notes[0].find("Europe/London: the rule set has other offsets"), 0U);
  const auto changes = rule_set_changes(parsed(kWhole), rules);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].part, "control 4");
  EXPECT_EQ(changes[0].field, "time zone");

  std::uint16_t nobodys = 1;
  while (!known_zone(nobodys, {}).name.empty()) ++nobodys;
  rules = parsed(kWhole);
  for (AddZoneOffset& row : rules.zone_offsets) {
    if (row.zone == zone_number("Europe/London")) row.zone = nobodys;
  }
  rules.controls[3].zone = nobodys;
  document = policy_document(rules);
  ASSERT_EQ(document.notes.size(), 1U);
  EXPECT_NE(document.notes[0].find("no zone of this machine"), std::string::npos);
  // Nobody puts it by mistake.
  const auto refused = parse_rule_set(document.json);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().find("controls[3].window.zone: unknown time zone"), 0U);
}

TEST(RuleSetView, TablesSayWhatARuleDoes) {
  const std::string text = rule_set_tables(parsed(kWhole));
  for (const char* part :
       {"5541-5542  90min      45s          12.34% + 1.50    100.00", "country GB, IE, 999",
        "7 payments", "1.00 and 7 payments", "week from sunday, America/New_York",
        "rolling 1d by 1h", "day, Europe/London", "year, UTC", "lifetime", "mcc 7800-7802, 7995",
        "by unknown, atm; for purchase, cash", "0 payments"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_EQ(rule_set_tables(RuleSet{}), "");
}

TEST(RuleSetDiff, SaysWhatEachChangeMeans) {
  struct Case {
    std::string document;
    std::string_view said;  // "part|field|before|after", "+" added, "-" removed, "!" counts anew
  };
  const Case cases[] = {
      {with("\"300.00\"", "\"200.00\""), "control 4|at most|300.00|200.00"},
      {with("\"version\": 3", "\"version\": 4"), ""},
      {with("\"name\": \"at home\", ", ""), ""},
      {with("[\"GB\", \"IE\", \"999\"]", "[\"999\", \"GB\", \"FR\"]"),
       "control 1|country|without IE|with FR"},
      {with(", \"channel\": [\"atm\", \"unknown\"]", ""), "control 3|channel|atm, unknown|any"},
      {with("\"kind\": \"day\"", "\"kind\": \"month\""),
       "control 4|window|day, Europe/London|month, Europe/London!"},
      {with("\"scope\": \"card\"", "\"scope\": \"account\""),
       "control 4|counts for each|card|account!"},
      {with("\"id\": 1,", "\"id\": 11,"),
       "-control 1|allow_only, country GB, IE, 999;+control 11|allow_only, country GB, IE, 999"},
      {with("\"estimate\": \"100.00\"", "\"estimate\": \"90.00\""),
       "category 5541-5542|estimate|100.00|90.00"},
      {with("{\"mcc\": \"0742\"}, ", ""),
       "-category 0742|hold the program's, by merchant the same, tolerance none, estimate none"},
      {with("\"tolerance_percent\": 20", "\"hold_period\": \"3d\""),
       "category 7011|hold|the program's|3d;category 7011|tolerance|20%|none"},
      {with("\"count_max\": 7,", ""), "control 6|at most|1.00 and 7 payments|1.00"},
  };
  const RuleSet before = parsed(kWhole);
  for (const Case& one : cases) {
    std::string said;
    for (const RuleChange& change : rule_set_changes(before, parsed(one.document))) {
      if (!said.empty()) said += ';';
      if (change.kind == RuleChange::Kind::added) said += "+" + change.part + "|" + change.after;
      if (change.kind == RuleChange::Kind::removed) said += "-" + change.part + "|" + change.before;
      if (change.kind == RuleChange::Kind::changed) {
        said += fmt::format("{}|{}|{}|{}{}", change.part, change.field, change.before, change.after,
                            change.counts_anew ? "!" : "");
      }
    }
    EXPECT_EQ(said, one.said);
  }
}

}  // namespace
}  // namespace holdfast::tools
