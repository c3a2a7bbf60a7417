// Rule sets as documents: what is read, every fault with its place, and the commands.
#include "tools/cli/rule_set.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <set>

#include "engine/limits.h"

namespace holdfast::tools {
namespace {

constexpr std::string_view kWhole = R"({"version": 3, "currency": "GBP", "categories": [
  {"mcc": "5812-5814", "hold_period": "3d", "hold_period_merchant": "7d",
   "tolerance_percent": 20, "tolerance": "1.50", "estimate": "100.00"},
  {"mcc": "0742"}]})";

TEST(RuleSet, IsReadWhole) {
  const auto rules = parse_rule_set(kWhole);
  ASSERT_TRUE(rules) << rules.error();
  EXPECT_EQ(rules->version, 3U);
  EXPECT_EQ(rules->currency, CurrencyCode{826});
  ASSERT_EQ(rules->categories.size(), 2U);
  const AddCategory& food = rules->categories[0];
  EXPECT_EQ(food.version, 3U);
  EXPECT_EQ(food.mcc_first, Mcc{5812});
  EXPECT_EQ(food.mcc_last, Mcc{5814});
  EXPECT_EQ(food.hold_period_s, 3U * 86'400);
  EXPECT_EQ(food.hold_period_merchant_s, 7U * 86'400);
  EXPECT_EQ(food.tolerance_bp, 2000U);
  EXPECT_EQ(food.tolerance, Money{150});
  EXPECT_EQ(food.estimate, Money{10'000});
  const AddCategory& vet = rules->categories[1];
  EXPECT_EQ(vet.mcc_first, Mcc{742});
  EXPECT_EQ(vet.mcc_last, Mcc{742});
  EXPECT_EQ(vet.hold_period_s + vet.hold_period_merchant_s + vet.tolerance_bp, 0U);
}

TEST(RuleSet, PercentIsExactInBasisPoints) {
  const auto bp = [](std::string_view percent) {
    const auto rules = parse_rule_set(fmt::format(
        R"({{"version":1,"categories":[{{"mcc":"5411","tolerance_percent":{}}}]}})", percent));
    return rules ? static_cast<int>(rules->categories[0].tolerance_bp) : -1;
  };
  EXPECT_EQ(bp("0"), 0);
  EXPECT_EQ(bp("0.01"), 1);
  EXPECT_EQ(bp("12.34"), 1234);
  EXPECT_EQ(bp("99.99"), 9999);
  EXPECT_EQ(bp("1000"), 100'000);
  for (const char* wrong : {"0.005", "12.345", "-1", "1000.01", "1e300", "\"20\"", "null"}) {
    EXPECT_EQ(bp(wrong), -1) << wrong;
  }
}

TEST(RuleSet, EveryFaultNamesItsPlace) {
  struct Case {
    std::string document;
    std::string_view said;
  };
  const auto category = [](std::string_view members) {
    return fmt::format(R"({{"version":1,"currency":"GBP","categories":[{{"mcc":"1111"}},{{{}}}]}})",
                       members);
  };
  const Case cases[] = {
      {"", "this is not JSON"},
      {"{\"version\": 1,}", "this is not JSON"},
      {"[]", "an object {…} is due here"},
      {R"({"categories":[]})", "version: it is not given"},
      {R"({"version":1})", "categories: it is not given"},
      {R"({"version":0,"categories":[]})", "version: a whole number from 1"},
      {R"({"version":-1,"categories":[]})", "version: a whole number"},
      {R"({"version":1.5,"categories":[]})", "version: a whole number"},
      {R"({"version":4294967296,"categories":[]})", "version: a whole number"},
      {R"({"version":1,"version":2,"categories":[]})", "\"version\" stands twice"},
      {R"({"version":1,"categories":{}})", "categories: an array"},
      {R"({"version":1,"categories":[7]})", "categories[0]: an object"},
      {R"({"version":1,"currency":"ZZZ","categories":[]})", "currency: 'ZZZ' is not"},
      {R"({"version":1,"categorys":[]})", "categorys: there is no such member; there are version"},
      {category(""), "categories[1].mcc: it is not given"},
      {category(R"("mcc":5411)"), "categories[1].mcc: a text in quotes"},
      {category(R"("mcc":"541")"), "categories[1].mcc: '541' is not a merchant category"},
      {category(R"("mcc":"5814-5812")"), "categories[1].mcc: the range 5814-5812 ends before"},
      {category(R"("mcc":"5411-")"), "categories[1].mcc: '' is not a merchant category"},
      {category(R"("mcc":"5411-5412-5413")"), "categories[1].mcc: '5412-5413' is not"},
      {category(R"("mcc":"1000-1111")"),
       "categories[1].mcc: 1000-1111 overlaps 1111 of categories[0]"},
      {category(R"("mcc":"5411","hold_perod":"3d")"), "categories[1].hold_perod: there is no such"},
      {category(R"("mcc":"5411","hold_period":"soon")"),
       "categories[1].hold_period: 'soon' is not"},
      {category(R"("mcc":"5411","hold_period":"367d")"), "categories[1].hold_period: 366 days"},
      {category(R"("mcc":"5411","hold_period_merchant":"0s")"),
       "categories[1].hold_period_merchant: a period of 0"},
      {category(R"("mcc":"5411","tolerance":"1.505")"),
       "categories[1].tolerance: '1.505' has 3 decimal places"},
      {category(R"("mcc":"5411","estimate":100)"), "categories[1].estimate: a text in quotes"},
      {R"({"version":1,"categories":[{"mcc":"5411","estimate":"1"}]})",
       "categories[0].estimate: the amount is in major units, and the document names no"},
  };
  for (const Case& wrong : cases) {
    const auto rules = parse_rule_set(wrong.document);
    ASSERT_FALSE(rules) << wrong.document;
    EXPECT_EQ(rules.error().find(wrong.said), 0U) << wrong.document << "\n" << rules.error();
  }
}

TEST(RuleSet, HasAsManyCategoriesAsTheEngineTakes) {
  const auto document = [](unsigned count) {
    std::string rows;
    for (unsigned i = 0; i < count; ++i) {
      rows += fmt::format("{}{{\"mcc\":\"{:04}\"}}", i == 0 ? "" : ",", i);
    }
    return fmt::format("{{\"version\":1,\"categories\":[{}]}}", rows);
  };
  EXPECT_TRUE(parse_rule_set(document(limits::categories_max)));
  const auto rules = parse_rule_set(document(limits::categories_max + 1));
  ASSERT_FALSE(rules);
  EXPECT_EQ(rules.error(), "categories: 256 are too many: 255 is the most");
}

TEST(RuleSet, BecomesCommandsWithTheSameIdsEachTime) {
  const auto rules = parse_rule_set(kWhole);
  ASSERT_TRUE(rules);
  const auto commands = rule_set_commands(*rules, ProgramId{7});
  ASSERT_EQ(commands.size(), 4U);
  EXPECT_EQ(commands[0].kind, CommandKind::begin_rule_set);
  EXPECT_EQ(commands[0].begin_rule_set.categories, 2U);
  EXPECT_EQ(commands[1].kind, CommandKind::add_category);
  EXPECT_EQ(commands[1].add_category.program, ProgramId{7});
  EXPECT_EQ(commands[2].add_category.mcc_first, Mcc{742});
  EXPECT_EQ(commands[3].kind, CommandKind::activate_rule_set);
  EXPECT_EQ(commands[3].activate_rule_set.version, 3U);
  const auto again = rule_set_commands(*rules, ProgramId{7});
  for (std::size_t i = 0; i < commands.size(); ++i) {
    EXPECT_EQ(commands[i].request_id, again[i].request_id);
  }
}

TEST(RuleSet, NoTwoStepsShareARequestId) {
  RuleSet rules;
  rules.categories.resize(limits::categories_max);
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t count = 0;
  for (const std::uint32_t program : {0U, 1U, 0xffff'ffffU}) {
    for (const std::uint32_t version : {1U, 2U, 1U << 30, 1U << 31, (1U << 30) + 1, 0xffff'ffffU}) {
      rules.version = version;
      for (const Command& command : rule_set_commands(rules, ProgramId{program})) {
        seen.emplace(command.request_id.high, command.request_id.low);
        ++count;
        // A version 8 UUID: none that is drawn at random.
        EXPECT_EQ(command.request_id.high >> 12 & 0xf, 8U);
        EXPECT_EQ(command.request_id.low >> 62, 2U);
      }
    }
  }
  EXPECT_EQ(seen.size(), count);
}

}  // namespace
}  // namespace holdfast::tools
