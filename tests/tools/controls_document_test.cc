// Lists and controls of a rule set's document: what is read, every fault with its place, and the
// JSON Schema of the document against what the reader knows.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/limits.h"
#include "tools/cli/names.h"
#include "tools/cli/rule_set.h"
#include "tools/cli/rule_set_json.h"
#include "tools/cli/zone_offsets.h"
#include "tools/text/countries.h"

namespace holdfast::tools {
namespace {

constexpr std::string_view kWhole = R"({"version": 3, "currency": "GBP", "categories": [],
  "lists": {
    "travel": {"mcc": ["airlines", "4111-4112"]},
    "home": {"country": ["GB", "ie", "372"]},
    "approved_suppliers": {"merchant": ["SUPPLIER-0815", "PAPER MILL 7"]}},
  "controls": [
    {"id": 7, "name": "no gambling", "effect": "deny", "filter": {"mcc_list": "gambling"}},
    {"id": 1, "scope": "account", "effect": "cap_window", "amount_max": "500.00", "count_max": 5,
     "filter": {"mcc_list": "travel", "channel": ["ecommerce", "moto"], "type": ["purchase"]},
     "window": {"kind": "week", "week_start": "sunday", "zone": "Europe/London"}},
    {"id": 2, "scope": "program", "effect": "cap_window", "count_max": 0,
     "window": {"kind": "rolling", "length": "24h", "granularity": "1h"}},
    {"id": 3, "effect": "allow_only", "filter": {"country_list": "home",
     "merchant_list": "approved_suppliers", "mcc": ["5111"]}},
    {"id": 65535, "effect": "cap_transaction", "amount_max": "0.00"},
    {"id": 4, "scope": "card", "effect": "cap_window", "amount_max": "1.00",
     "window": {"kind": "month", "zone": "Europe/London"}}]})";

RuleSet parsed(std::string_view json) {
  auto rules = parse_rule_set(json);
  EXPECT_TRUE(rules) << rules.error();
  return rules ? std::move(*rules) : RuleSet{};
}

TEST(Controls, AreReadWhole) {
  const RuleSet rules = parsed(kWhole);
  ASSERT_EQ(rules.controls.size(), 6U);
  const AddControl& gambling = rules.controls[0];
  EXPECT_EQ(gambling.control, 7);
  EXPECT_EQ(gambling.version, 3U);
  EXPECT_EQ(gambling.effect, ControlEffect::deny);
  EXPECT_EQ(gambling.scope, ControlScope::card);
  EXPECT_EQ(gambling.amount_max, Money{0});
  EXPECT_EQ(gambling.count_max, 0U);
  EXPECT_EQ(gambling.window, WindowKind::none);
  const AddControl& weekly = rules.controls[1];
  EXPECT_EQ(weekly.scope, ControlScope::account);
  EXPECT_EQ(weekly.effect, ControlEffect::cap_window);
  EXPECT_EQ(weekly.window, WindowKind::week);
  EXPECT_EQ(weekly.week_start, 7);
  EXPECT_EQ(weekly.zone, zone_number("Europe/London"));
  EXPECT_EQ(weekly.amount_max, Money{50'000});
  EXPECT_EQ(weekly.count_max, 5U);
  EXPECT_EQ(weekly.channels, 1 << 5 | 1 << 6);
  EXPECT_EQ(weekly.types, 1);
  const AddControl& rolling = rules.controls[2];
  EXPECT_EQ(rolling.window, WindowKind::rolling);
  EXPECT_EQ(rolling.window_s, 86'400U);
  EXPECT_EQ(rolling.granularity_s, 3600U);
  EXPECT_EQ(rolling.amount_max, Money{std::numeric_limits<std::int64_t>::max()});
  EXPECT_EQ(rolling.count_max, 0U);
  const AddControl& suppliers = rules.controls[3];
  EXPECT_EQ(suppliers.effect, ControlEffect::allow_only);
  EXPECT_NE(suppliers.country_list, 0);
  EXPECT_NE(suppliers.merchant_list, 0);
  EXPECT_NE(suppliers.mcc_list, 0);
  EXPECT_EQ(rules.controls[4].amount_max, Money{0});
  EXPECT_EQ(rules.controls[4].control, 65'535);
  EXPECT_EQ(rules.controls[5].zone, weekly.zone);
  // One zone, mentioned twice, is there once.
  EXPECT_EQ(rules.zone_offsets.size(), zone_offsets("Europe/London")->size());
}

/// The entries of a list, as text.
std::vector<std::string> items_of(const RuleSet& rules, std::uint16_t list) {
  std::vector<std::string> items;
  for (const AddListItem& item : rules.list_items) {
    if (item.list != list) continue;
    if (item.kind == ListKind::mcc) items.push_back(mcc_range_text(item.mcc_first, item.mcc_last));
    if (item.kind == ListKind::country) items.push_back(country_text(item.country));
    if (item.kind == ListKind::merchant) items.emplace_back(item.merchant.view());
  }
  return items;
}

TEST(Controls, ListsBecomeItems) {
  const RuleSet rules = parsed(kWhole);
  using Texts = std::vector<std::string>;
  EXPECT_EQ(items_of(rules, rules.controls[0].mcc_list), (Texts{"7800-7802", "7995", "9406"}));
  EXPECT_EQ(items_of(rules, rules.controls[1].mcc_list), (Texts{"3000-3350", "4511", "4111-4112"}));
  EXPECT_EQ(items_of(rules, rules.controls[3].country_list), (Texts{"GB", "IE", "IE"}));
  EXPECT_EQ(items_of(rules, rules.controls[3].merchant_list),
            (Texts{"SUPPLIER-0815", "PAPER MILL 7"}));
  EXPECT_EQ(items_of(rules, rules.controls[3].mcc_list), (Texts{"5111"}));
}

TEST(Controls, CommandsAnnounceAllRowsAndNameEachStepOnce) {
  const RuleSet rules = parsed(kWhole);
  const auto commands = rule_set_commands(rules, ProgramId{9});
  const BeginRuleSet& begin = commands.front().begin_rule_set;
  EXPECT_EQ(begin.controls, rules.controls.size());
  EXPECT_EQ(begin.list_items, rules.list_items.size());
  EXPECT_EQ(begin.zone_offsets, rules.zone_offsets.size());
  ASSERT_EQ(commands.size(), 2 + rules.controls.size() + rules.list_items.size() +
                                 rules.zone_offsets.size());
  std::set<std::pair<std::uint64_t, std::uint64_t>> ids;
  for (const Command& command : commands) {
    ids.emplace(command.request_id.high, command.request_id.low);
    if (command.kind == CommandKind::add_control) {
      EXPECT_EQ(command.add_control.program, ProgramId{9});
      EXPECT_EQ(command.add_control.version, 3U);
    }
    if (command.kind == CommandKind::add_zone_offset) {
      EXPECT_EQ(command.add_zone_offset.program, ProgramId{9});
      EXPECT_EQ(command.add_zone_offset.version, 3U);
    }
  }
  EXPECT_EQ(ids.size(), commands.size());
}

TEST(Controls, RowsBeyondSixteenBitsHaveRequestIdsOfTheirOwn) {
  RuleSet rules;
  rules.list_items.resize(limits::list_items_max);
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t count = 0;
  for (const std::uint32_t version : {1U, 1U << 30, 0xffff'ffffU}) {
    rules.version = version;
    for (const Command& command : rule_set_commands(rules, ProgramId{0})) {
      seen.emplace(command.request_id.high, command.request_id.low);
      ++count;
      ASSERT_EQ(command.request_id.high >> 12 & 0xf, 8U);
    }
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(Controls, EveryFaultIsNamedByItsPlace) {
  const auto with = [](std::string_view lists, std::string_view second) {
    return fmt::format(R"({{"version":1,"currency":"GBP","categories":[],"lists":{{{}}},"controls":[
      {{"id":1,"effect":"deny","filter":{{"mcc":["7995"]}}}},{{{}}}]}})", lists, second);
  };
  const auto list = [&](std::string_view text) { return with(text, R"("id":2)"); };
  const auto control = [&](std::string_view text) {
    return with(R"("home":{"country":["GB"]})", text);
  };
  const auto deny = [&](std::string_view filter) {
    return control(fmt::format(R"("id":2,"effect":"deny","filter":{{{}}})", filter));
  };
  const auto cap = [&](std::string_view window) {
    return control(fmt::format(
        R"("id":2,"effect":"cap_window","scope":"card","count_max":1,"window":{{{}}})", window));
  };
  const std::pair<std::string, std::string_view> faults[] = {
      {R"({"version":1,"categories":[],"lists":[]})", "lists: an object"},
      {R"({"version":1,"categories":[],"controls":{}})", "controls: an array"},
      {R"({"version":1,"categories":[],"control":[]})", "control: there is no such member"},
      {list(R"("a":{})"), "lists.a: a list has exactly one of mcc|country|merchant"},
      {list(R"("a":{"mcc":["5411"],"country":["GB"]})"), "lists.a: a list has exactly one of"},
      {list(R"("a":{"mccs":["5411"]})"), "lists.a.mccs: there is no such member"},
      {list(R"("a":{"mcc":[]})"), "lists.a.mcc: it is empty"},
      {list(R"("a":{"mcc":"5411"})"), "lists.a.mcc: an array"},
      {list(R"("a":{"mcc":["5411","54"]})"), "lists.a.mcc[1]: '54' is not a merchant category"},
      {list(R"("a":{"mcc":["fule"]})"), "or one of the groups airlines, car_rental, cash, fuel"},
      {list(R"("a":{"mcc":["5814-5812"]})"), "lists.a.mcc[0]: the range 5814-5812 ends before"},
      {list(R"("fuel":{"mcc":["5411"]})"), "lists.fuel: this is the name of a group"},
      {list(R"("":{"mcc":["5411"]})"), "lists.: a list needs a name"},
      {list(R"("a":{"country":["UK"]})"), "lists.a.country[0]: 'UK' is not a country"},
      {list(R"("a":{"country":["UK"]})"), "the United Kingdom is GB"},
      {list(R"("a":{"country":["000"]})"), "lists.a.country[0]: '000' is not a country"},
      {list(R"("a":{"country":[826]})"), "lists.a.country[0]: a text in quotes"},
      {list(R"("a":{"merchant":[""]})"), "lists.a.merchant[0]: "},
      {list(R"("a":{"merchant":["SIXTEEN-LETTERS!"]})"), "lists.a.merchant[0]: "},
      {control(""), "controls[1].id: it is not given"},
      {control(R"("id":0)"), "controls[1].id: a whole number from 1 to 65535"},
      {control(R"("id":65536)"), "controls[1].id: a whole number from 1 to 65535"},
      {control(R"("id":1,"effect":"deny","filter":{"mcc":["1234"]})"),
       "controls[1].id: controls[0] has it too"},
      {control(R"("id":2)"), "controls[1].effect: it is not given"},
      {control(R"("id":2,"effect":"denny")"),
       "controls[1].effect: 'denny' is not one of deny|allow_only|cap_transaction|cap_window"},
      {control(R"("id":2,"name":7,"effect":"deny")"), "controls[1].name: a text in quotes"},
      {control(R"("id":2,"effect":"deny")"), "controls[1].filter: it is not given"},
      {control(R"("id":2,"effect":"allow_only")"), "controls[1].filter: it is not given"},
      {control(R"("id":2,"effect":"deny","filter":{"mcc":["1234"]},"scope":"all")"),
       "controls[1].scope: 'all' is not one of program|account|card"},
      {deny(""), "controls[1].filter: it is empty"},
      {deny(R"("mcc_lists":"home")"), "controls[1].filter.mcc_lists: there is no such member"},
      {deny(R"("channel":[])"), "controls[1].filter.channel: it is empty"},
      {deny(R"("channel":["atm","web"])"), "controls[1].filter.channel[1]: 'web' is not one of"},
      {deny(R"("type":["cash","loan"])"), "controls[1].filter.type[1]: 'loan' is not one of"},
      {deny(R"("country":["XX"])"), "controls[1].filter.country[0]: 'XX' is not a country"},
      {deny(R"("country":["GB"],"country_list":"home")"),
       "controls[1].filter.country_list: \"country\" is given too"},
      {deny(R"("mcc_list":"home")"),
       "controls[1].filter.mcc_list: lists.home is a list of country, and one of mcc is due"},
      {deny(R"("country_list":"hom")"),
       "controls[1].filter.country_list: there is no list \"hom\" of country; there are home"},
      {deny(R"("merchant_list":"x")"), "of merchant; the document has none"},
      {control(R"("id":2,"effect":"deny","filter":{"mcc":["1234"]},"amount_max":"1.00")"),
       "controls[1].amount_max: it goes with cap_transaction and cap_window only"},
      {control(R"("id":2,"effect":"cap_transaction")"), "controls[1].amount_max: it is not given"},
      {control(R"("id":2,"effect":"cap_transaction","amount_max":"1.005")"),
       "controls[1].amount_max: "},
      {control(R"("id":2,"effect":"cap_transaction","amount_max":"1.00","count_max":1)"),
       "controls[1].count_max: it goes with cap_window only"},
      {control(R"("id":2,"effect":"cap_transaction","amount_max":"1.00","window":{"kind":"day"})"),
       "controls[1].window: it goes with cap_window only"},
      {control(R"("id":2,"effect":"cap_window","amount_max":"1.00","window":{"kind":"day"})"),
       "controls[1].scope: it is not given"},
      {control(R"("id":2,"effect":"cap_window","scope":"card","window":{"kind":"day"})"),
       "controls[1]: a cap_window needs amount_max, count_max or both"},
      {control(R"("id":2,"effect":"cap_window","scope":"card","count_max":4294967295)"),
       "controls[1].count_max: a whole number from 0 to 4294967294"},
      {control(R"("id":2,"effect":"cap_window","scope":"card","count_max":1)"),
       "controls[1].window: it is not given"},
      {cap(""), "controls[1].window.kind: it is not given"},
      {cap(R"("kind":"dayly")"), "controls[1].window.kind: 'dayly' is not one of day|week|month"},
      {cap(R"("kind":"none")"), "controls[1].window.kind: 'none' is not one of"},
      {cap(R"("kind":"day","zone":"Europe/Londn")"),
       "controls[1].window.zone: unknown time zone \"Europe/Londn\"; did you mean"},
      {cap(R"("kind":"lifetime","zone":"UTC")"),
       "controls[1].window.zone: it goes with day, week, month and year only"},
      {cap(R"("kind":"week")"), "controls[1].window.week_start: it is not given"},
      {cap(R"("kind":"day","week_start":"monday")"),
       "controls[1].window.week_start: it goes with week only"},
      {cap(R"("kind":"week","week_start":"mon")"), "controls[1].window.week_start: 'mon' is not"},
      {cap(R"("kind":"day","length":"1h")"),
       "controls[1].window.length: it goes with rolling only"},
      {cap(R"("kind":"rolling","length":"1h")"), "controls[1].window.granularity: it is not given"},
      {cap(R"("kind":"rolling","granularity":"1h")"), "controls[1].window.length: it is not given"},
      {cap(R"("kind":"rolling","length":"24h","granularity":"30min")"),
       "controls[1].window.granularity: a window is 1 to 31 whole steps: for a length of 1 d the "
       "finest is 2880 s"},
      {cap(R"("kind":"rolling","length":"24h","granularity":"7h")"),
       "controls[1].window.granularity: a window is 1 to 31 whole steps"},
      {cap(R"("kind":"rolling","length":"1h","granularity":"2h")"),
       "controls[1].window.granularity: a window is 1 to 31 whole steps"},
  };
  for (const auto& [json, want] : faults) {
    const auto rules = parse_rule_set(json);
    ASSERT_FALSE(rules) << json;
    EXPECT_NE(rules.error().find(want), std::string::npos) << rules.error() << "\n  for " << json;
  }
}

TEST(Controls, BoundsAreThoseOfTheEngine) {
  const auto numbered = [](std::size_t count) {
    std::string rows;
    for (std::size_t i = 1; i <= count; ++i) {
      rows += fmt::format(R"({}{{"id":{},"effect":"cap_transaction","amount_max":"1.00"}})",
                          i == 1 ? "" : ",", i);
    }
    return fmt::format(R"({{"version":1,"currency":"GBP","categories":[],"controls":[{}]}})", rows);
  };
  EXPECT_TRUE(parse_rule_set(numbered(limits::controls_max)));
  const auto many = parse_rule_set(numbered(limits::controls_max + 1));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error(), "controls: 65 are too many: 64 is the most");
  RuleJson document = {{"version", 1}, {"categories", RuleJson::array()}};
  RuleJson& merchants = document["lists"]["shops"]["merchant"];
  for (std::size_t i = 0; i < limits::list_items_max; ++i) merchants.push_back(std::to_string(i));
  EXPECT_TRUE(parse_rule_set(document.dump()));
  merchants.push_back("ONE MORE");
  const auto long_list = parse_rule_set(document.dump());
  ASSERT_FALSE(long_list);
  EXPECT_EQ(long_list.error(),
            "its lists have 100001 entries together: 100000 is the most");
}

TEST(Countries, AreThoseOfIso3166) {
  EXPECT_EQ(parse_country("gb"), CountryCode{826});
  EXPECT_EQ(parse_country("826"), CountryCode{826});
  EXPECT_EQ(parse_country("US"), CountryCode{840});
  EXPECT_EQ(parse_country("DE"), CountryCode{276});
  EXPECT_EQ(parse_country("AF"), CountryCode{4});
  EXPECT_EQ(parse_country("ZW"), CountryCode{716});
  EXPECT_EQ(country_text(CountryCode{276}), "DE");
  EXPECT_EQ(country_text(CountryCode{999}), "999");
  for (const char* wrong : {"", "G", "GBR", "ZZ", "26", "0826"}) {
    EXPECT_FALSE(parse_country(wrong)) << wrong;
  }
}

// docs/controls.schema.json ---------------------------------------------------------------------

class ControlsSchema : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/controls.schema.json");
    ASSERT_TRUE(file);
    schema = RuleJson::parse(file);
  }
  void expect_members(const RuleJson& object, std::span<const std::string_view> known) {
    EXPECT_EQ(object["additionalProperties"], false);
    std::set<std::string> in_schema;
    for (const auto& [name, value] : object["properties"].items()) in_schema.insert(name);
    EXPECT_EQ(in_schema, std::set<std::string>(known.begin(), known.end()));
  }
  template <class E, std::size_t N>
  void expect_words(const RuleJson& words, const Name<E> (&names)[N]) {
    std::set<std::string> known;
    for (const auto& entry : names) known.emplace(entry.name);
    EXPECT_EQ(words["enum"].get<std::set<std::string>>(), known);
  }
  RuleJson schema;
};

TEST_F(ControlsSchema, HasTheReadersMembers) {
  const RuleJson& parts = schema["$defs"];
  expect_members(schema, kDocumentMembers);
  expect_members(parts["category"], kCategoryMembers);
  expect_members(parts["list"], kListMembers);
  expect_members(parts["control"], kControlMembers);
  expect_members(parts["filter"], kFilterMembers);
  expect_members(parts["window"], kWindowMembers);
}

TEST(ControlsPage, ItsDocumentsAreGood) {
  std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/controls.md");
  ASSERT_TRUE(file);
  std::size_t documents = 0;
  std::string json;
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```json") {
      in_block = true;
      json.clear();
    } else if (in_block && line == "```") {
      in_block = false;
      const auto rules = parse_rule_set(json);
      EXPECT_TRUE(rules) << rules.error();
      ++documents;
    } else if (in_block) {
      json += line + '\n';
    }
  }
  EXPECT_EQ(documents, 1U);
}

TEST(ControlsPage, TellsTheGroups) {
  std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/controls.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  for (const MccGroup& group : mcc_groups()) {
    std::string ranges;
    for (const MccRange& range : group.ranges) {
      ranges += (ranges.empty() ? "" : ", ") + mcc_range_text(range.first, range.last);
    }
    const std::string row = fmt::format("| `{}` | {} |", group.name, ranges);
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST_F(ControlsSchema, HasTheReadersWordsAndBounds) {
  const RuleJson& parts = schema["$defs"];
  const RuleJson& control = parts["control"]["properties"];
  const RuleJson& filter = parts["filter"]["properties"];
  const RuleJson& window = parts["window"]["properties"];
  expect_words(control["scope"], kControlScopeNames);
  expect_words(control["effect"], kControlEffectNames);
  expect_words(filter["channel"]["items"], kChannelNames);
  expect_words(filter["type"]["items"], kTransactionTypeNames);
  expect_words(window["kind"], kWindowKindNames);
  expect_words(window["week_start"], kWeekdayNames);
  std::set<std::string> groups;
  for (const MccGroup& group : mcc_groups()) groups.emplace(group.name);
  EXPECT_EQ(parts["mcc_group"]["enum"].get<std::set<std::string>>(), groups);
  EXPECT_EQ(schema["properties"]["categories"]["maxItems"], limits::categories_max);
  EXPECT_EQ(schema["properties"]["controls"]["maxItems"], limits::controls_max);
}

}  // namespace
}  // namespace holdfast::tools
