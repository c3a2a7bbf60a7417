// A policy from its document to the decisions of a real server, and back as limits.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/tools/holdfast_fixture.h"

namespace holdfast::tools {
namespace {

constexpr std::string_view kPolicy = R"({"version": 1, "currency": "GBP", "categories": [],
  "lists": {"home": {"country": ["GB", "IE"]}},
  "controls": [
    {"id": 1, "effect": "allow_only", "filter": {"country_list": "home"}},
    {"id": 2, "effect": "deny", "filter": {"mcc": ["gambling"]}},
    {"id": 3, "effect": "deny", "filter": {"merchant": ["BAD-SHOP"]}},
    {"id": 4, "effect": "cap_transaction", "amount_max": "50.00"},
    {"id": 5, "scope": "card", "effect": "cap_window", "amount_max": "80.00", "count_max": 3,
     "window": {"kind": "year", "zone": "Europe/London"}},
    {"id": 6, "scope": "account", "effect": "cap_window", "count_max": 9,
     "window": {"kind": "lifetime"}}]})";

class ControlsCommands : public Holdfast {
 protected:
  std::string document(std::string_view text) const {
    const std::string path = documents.path() + "/rules.json";
    std::ofstream(path) << text;
    return path;
  }
  std::string decision(const char* amount, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"authorize", "--card",     "4001",
                                          amount,      "--currency", "GBP"};
    if (std::ranges::find(more, "--country") == more.end()) {
      arguments.insert(arguments.end(), {"--country", "826"});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back("--json");
    return Json::parse(run(arguments).out)["decision"];
  }

  test::TemporaryDirectory documents;
};

TEST_F(ControlsCommands, DecideAndAreCounted) {
  open_shop();
  const std::string path = document(kPolicy);
  const Json put = json({"program", "put", "0", path});
  EXPECT_EQ(put["active_version"], 1);
  EXPECT_EQ(put["controls"], 6);
  EXPECT_EQ(put["list_items"], 6);
  EXPECT_EQ(put["zone_offsets"], 203);
  EXPECT_EQ(put["repeated"], false);
  EXPECT_EQ(json({"program", "show", "0"})["rule_set_controls"], 6);

  // As after a lost connection: all of it is there, nothing is done twice.
  const Json before = json({"status"});
  EXPECT_EQ(json({"program", "put", "0", path})["repeated"], true);
  EXPECT_EQ(json({"status"})["position"], before["position"]);

  EXPECT_EQ(decision("1.00", {"--country", "840"}), "denied_by_control");
  EXPECT_EQ(decision("1.00", {"--mcc", "7801"}), "denied_by_control");
  EXPECT_EQ(decision("1.00", {"--merchant", "BAD-SHOP"}), "merchant_denied");
  EXPECT_EQ(decision("50.01"), "over_amount_limit");
  EXPECT_EQ(decision("50.00"), "approved");
  EXPECT_EQ(decision("30.01"), "over_amount_limit");
  EXPECT_EQ(decision("10.00"), "approved");
  EXPECT_EQ(decision("10.00"), "approved");
  EXPECT_EQ(decision("1.00"), "over_count_limit");

  const Json limits = json({"card", "limits", "4001"});
  EXPECT_EQ(limits["rule_set_version"], 1);
  EXPECT_EQ(limits["currency"], "GBP");
  ASSERT_EQ(limits["limits"].size(), 2U);
  const Json& year = limits["limits"][0];
  EXPECT_EQ(year["control"], 5);
  EXPECT_EQ(year["scope"], "card");
  EXPECT_EQ(year["window"], "year");
  EXPECT_EQ(year["amount_used"], 7000);
  EXPECT_EQ(year["amount_left"], 1000);
  EXPECT_EQ(year["count_used"], 3);
  EXPECT_EQ(year["count_left"], 0);
  const Json& life = limits["limits"][1];
  EXPECT_EQ(life["amount_max"], nullptr);
  EXPECT_EQ(life["amount_used"], 7000);
  EXPECT_EQ(life["count_left"], 6);
  EXPECT_EQ(life["window_start"], nullptr);
  const std::string table = run({"card", "limits", "4001"}).out;
  EXPECT_TRUE(contains(table, "70.00")) << table;
  EXPECT_TRUE(contains(table, "lifetime")) << table;
}

TEST_F(ControlsCommands, MoreLimitsThanOneReplyTellsAreShown) {
  open_shop();
  std::string controls;
  for (int id = 1; id <= 64; ++id) {
    controls += (id == 1 ? "" : ",") + std::string(R"({"id":)") + std::to_string(id) +
                R"(,"scope":"card","effect":"cap_window","count_max":9,"window":{"kind":"day"}})";
  }
  json({"program", "put", "0",
        document(R"({"version":1,"categories":[],"controls":[)" + controls + "]}")});
  const Json limits = json({"card", "limits", "4001"})["limits"];
  ASSERT_EQ(limits.size(), 64U);
  for (std::size_t at = 0; at < 64; ++at) EXPECT_EQ(limits[at]["control"], at + 1);
}

TEST_F(ControlsCommands, TheLogTellsTheRows) {
  open_shop();
  json({"program", "put", "0", document(kPolicy)});
  server.terminate();
  const ProcessResult dump = run_program("holdfast", {"wal", "dump", directory.path()});
  EXPECT_EQ(dump.exit_code, 0) << dump.err;
  for (const char* part : {"add_control", "effect=allow_only", "amount_max=5000", "window=year",
                           "add_list_item", "country=GB", "mcc=7800-7802", "merchant=BAD-SHOP",
                           "add_zone_offset", "offset_s=+01:00", "from_s=always"}) {
    EXPECT_TRUE(contains(dump.out, part)) << part << dump.out.substr(0, 4000);
  }
  const ProcessResult json_dump =
      run_program("holdfast", {"wal", "dump", directory.path(), "--json"});
  EXPECT_TRUE(contains(json_dump.out, R"("effect":"cap_window")"));
  EXPECT_TRUE(contains(json_dump.out, R"("offset_s":3600)"));
}

TEST_F(ControlsCommands, ACardWithoutRulesHasNoLimits) {
  open_shop();
  const Json limits = json({"card", "limits", "4001"});
  EXPECT_EQ(limits["rule_set_version"], nullptr);
  EXPECT_EQ(limits["limits"], Json::array());
  EXPECT_TRUE(contains(run({"card", "limits", "4001"}).out, "none is active"));
  EXPECT_TRUE(contains(fails({"card", "limits", "9"}, 1), "there is no card 9"));
}

TEST(RulesCheck, NeedsNoServer) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path() + "/rules.json";
  std::ofstream(path) << kPolicy;
  const ProcessResult good = run_program("holdfast", {"program", "check", path, "--json"});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(Json::parse(good.out)["controls"], 6);
  std::ofstream(path) << R"({"version":1,"categories":[],"controls":[{"id":1,"efect":"deny"}]})";
  const ProcessResult bad = run_program("holdfast", {"program", "check", path});
  EXPECT_EQ(bad.exit_code, 64);
  EXPECT_TRUE(contains(bad.err, "controls[0].efect: there is no such member; there are id"))
      << bad.err;
}

}  // namespace
}  // namespace holdfast::tools
