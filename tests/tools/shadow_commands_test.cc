// Trying a policy before it counts, as an operator does it, against a real server.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/tools/holdfast_fixture.h"

namespace holdfast::tools {
namespace {

constexpr std::string_view kActive = R"({"version": 3, "currency": "GBP", "categories": [],
  "controls": [
    {"id": 1, "effect": "deny", "filter": {"merchant": ["BAD-SHOP"]}},
    {"id": 4, "scope": "card", "effect": "cap_window", "amount_max": "300.00",
     "window": {"kind": "year", "zone": "Europe/London"}}]})";
constexpr std::string_view kStricter = R"({"version": 4, "currency": "GBP", "categories": [],
  "controls": [
    {"id": 2, "effect": "deny", "filter": {"mcc": ["gambling"]}},
    {"id": 4, "scope": "card", "effect": "cap_window", "amount_max": "200.00",
     "window": {"kind": "year", "zone": "Europe/London"}}]})";

class ShadowCommands : public Holdfast {
 protected:
  void SetUp() override {
    Holdfast::SetUp();
    active = write("active.json", kActive);
    stricter = write("stricter.json", kStricter);
    open_shop();
    json({"program", "put", "0", active, "--hold-period", "7d", "--settlement-account", "1"});
  }
  std::string write(const std::string& name, std::string_view text) const {
    const std::string path = documents.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  std::string decision(const char* amount, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"authorize",  "--card", "4001",  amount,
                                          "--currency", "GBP",    "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Json::parse(run(arguments).out)["decision"];
  }

  test::TemporaryDirectory documents;
  std::string active;
  std::string stricter;
};

TEST_F(ShadowCommands, APolicyIsTriedAndPromoted) {
  EXPECT_EQ(json({"program", "show", "0"})["settlement_account"], "1");
  const Json put = json({"program", "put", "0", stricter, "--shadow"});
  EXPECT_EQ(put["active_version"], 3);
  EXPECT_EQ(put["runs_as_shadow"], true);
  EXPECT_EQ(put["repeated"], false);
  EXPECT_EQ(json({"program", "put", "0", stricter, "--shadow"})["repeated"], true);

  EXPECT_EQ(decision("150.00"), "approved");
  EXPECT_EQ(decision("100.00"), "approved");  // the shadow: above 200.00
  EXPECT_EQ(decision("10.00", {"--mcc", "7995"}), "approved");
  EXPECT_EQ(decision("20.00", {"--merchant", "BAD-SHOP"}), "merchant_denied");
  EXPECT_EQ(decision("900.00"), "over_amount_limit");

  const Json report = json({"program", "shadow-report", "0"});
  EXPECT_EQ(report["active_version"], 3);
  EXPECT_EQ(report["currency"], "GBP");
  ASSERT_EQ(report["shadows"].size(), 1U);
  const Json& shadow = report["shadows"][0];
  EXPECT_EQ(shadow["version"], 4);
  EXPECT_EQ(shadow["judged"], (Json{{"count", 5}, {"amount", 118'000}}));
  EXPECT_EQ(shadow["agreed"], (Json{{"count", 2}, {"amount", 105'000}}));
  EXPECT_EQ(shadow["would_decline"], (Json{{"count", 2}, {"amount", 11'000}}));
  EXPECT_EQ(shadow["would_approve"], (Json{{"count", 1}, {"amount", 2'000}}));
  EXPECT_EQ(shadow["other_reason"], (Json{{"count", 0}, {"amount", 0}}));
  EXPECT_GT(shadow["first_divergence"], 0);
  EXPECT_EQ(shadow["tallies"].size(), 5U);
  const std::string text = run({"program", "shadow-report", "0", "--version", "4"}).out;
  for (const char* part :
       {"version 4 as a shadow of program 0, beside version 3",
        "would decline     2 payments, 110.00 GBP", "would approve     1 payment, 20.00 GBP",
        "other reason      0 payments",
        "approved (00)           over_amount_limit (61)         1  100.00 GBP"}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
  EXPECT_TRUE(contains(run({"program", "show", "0"}).out, "version 4, 5 payments judged since"));

  json({"program", "promote", "0", "4"});
  EXPECT_EQ(json({"program", "show", "0"})["rule_set_version"], 4);
  EXPECT_EQ(json({"program", "shadow-report", "0"})["shadows"], Json::array());
  EXPECT_EQ(run({"program", "shadow-report", "0"}).out, "program 0 runs no shadow\n");
  EXPECT_EQ(decision("10.00", {"--mcc", "7995"}), "denied_by_control");
  // Its document is no shadow of itself, and is not put beside itself.
  const Json again = json({"program", "put", "0", stricter, "--shadow"});
  EXPECT_EQ(again["runs_as_shadow"], false);
  EXPECT_EQ(again["active_version"], 4);
}

TEST_F(ShadowCommands, AShadowThatWasStoppedIsNotStartedByARepetition) {
  json({"program", "put", "0", stricter, "--shadow"});
  json({"program", "shadow", "stop", "0", "4"});
  const ProcessResult again = run({"program", "put", "0", stricter, "--shadow"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(contains(again.out, "was run as a shadow before; version 3 is active")) << again.out;
  EXPECT_TRUE(contains(again.out, "holdfast program shadow start 0 4")) << again.out;
  json({"program", "shadow", "start", "0", "4"});
  EXPECT_EQ(json({"program", "shadow-report", "0"})["shadows"][0]["judged"]["count"], 0);
}

TEST_F(ShadowCommands, RefusalsSayWhatToDo) {
  const auto declined = [&](std::vector<std::string> arguments) {
    const ProcessResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.out << result.err;
    return result.out;
  };
  EXPECT_TRUE(contains(declined({"program", "shadow", "start", "0", "3"}), "is the active one"));
  EXPECT_TRUE(
      contains(declined({"program", "shadow", "stop", "0", "3"}), "does not run as a shadow"));
  const std::string unknown = declined({"program", "promote", "0", "9"});
  EXPECT_TRUE(contains(unknown, "the program has no such version")) << unknown;
  EXPECT_TRUE(contains(unknown, "holdfast program put 0 FILE")) << unknown;
  EXPECT_TRUE(contains(declined({"program", "promote", "7", "1"}), "There is no program 7"));
  json({"program", "put", "0", stricter, "--shadow"});
  EXPECT_TRUE(
      contains(declined({"program", "shadow", "start", "0", "4"}), "runs as a shadow already"));
  EXPECT_TRUE(contains(fails({"program", "shadow-report", "7"}, 1), "there is no program 7"));
  EXPECT_TRUE(contains(fails({"program", "shadow-report", "0", "--version", "3"}, 1),
                       "version 3 does not run as a shadow of program 0"));
  EXPECT_TRUE(contains(fails({"program", "show", "0", "--version", "9"}, 1), "has no rule set 9"));
  EXPECT_TRUE(contains(fails({"program", "diff", "0", "9"}, 1), "has no rule set 9"));
  EXPECT_TRUE(contains(fails({"program", "diff", "0", "nowhere.json"}, 66), "cannot be read"));
}

TEST_F(ShadowCommands, RulesComeBackAsTheDocumentAndAreCompared) {
  const ProcessResult shown = run({"program", "show", "0", "--rules", "--json"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(shown.err, "");
  const std::string copy = write("copy.json", shown.out);
  EXPECT_EQ(json({"program", "diff", "0", copy})["equal"], true);
  // The very same rows: put again it is the version that is there.
  EXPECT_EQ(json({"program", "put", "0", copy})["repeated"], true);

  const ProcessResult differs = run({"program", "diff", "0", stricter});
  EXPECT_EQ(differs.exit_code, 1) << differs.err;
  EXPECT_EQ(differs.out, "program 0: from version 3 (active) to " + stricter +
                             " (version 4)\n"
                             "  - control 1: deny, merchant BAD-SHOP\n"
                             "  + control 2: deny, mcc 7800-7802, 7995, 9406\n"
                             "  ~ control 4: at most: 300.00 -> 200.00\n");
  json({"program", "put", "0", stricter, "--shadow"});
  const Json changes = json({"program", "diff", "0", "3", "4"}, 1);
  EXPECT_EQ(changes["before"], "version 3 (active)");
  EXPECT_EQ(changes["after"], "version 4 (shadow)");
  ASSERT_EQ(changes["changes"].size(), 3U);
  EXPECT_EQ(changes["changes"][2]["after"], "200.00");
  EXPECT_EQ(run({"program", "diff", "0", "4", "4"}).exit_code, 0);

  const std::string tables = run({"program", "show", "0", "--version", "4", "--rules"}).out;
  EXPECT_TRUE(contains(tables, "rule set 4 of program 0\n  state           shadow")) << tables;
  EXPECT_TRUE(contains(tables, "year, Europe/London")) << tables;
  // Without a settlement account nobody knows the currency.
  json({"program", "put", "8", "--hold-period", "7d"});
  json({"program", "put", "8", stricter});
  EXPECT_TRUE(contains(fails({"program", "show", "8", "--rules", "--json"}, 64), "--currency"));
  EXPECT_TRUE(contains(run({"program", "show", "8", "--rules"}).out, "20000"));
  EXPECT_TRUE(contains(run({"program", "show", "8", "--rules", "--currency", "GBP", "--json"}).out,
                       R"("amount_max":"200.00")"));
}

}  // namespace
}  // namespace holdfast::tools
