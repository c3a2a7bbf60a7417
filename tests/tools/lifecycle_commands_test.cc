// The command line on the whole life of an authorization: partial, verified, foreign, raised,
// advised, reversed ahead of time, forgotten; rates and rule sets.
#include <fstream>

#include "tests/tools/holdfast_fixture.h"

namespace holdfast::tools {
namespace {

class LifecycleCommands : public Holdfast {
 protected:
  /// A document beside the data directory's files would be refused there: it has its own.
  std::string document(const std::string& text) {
    const std::string path = documents.path() + "/rules.json";
    std::ofstream(path) << text;
    return path;
  }
  test::TemporaryDirectory documents;
};

TEST_F(LifecycleCommands, APartOrNothingOrOnlyTheCard) {
  open_shop();
  const Json partly =
      json({"authorize", "--card", "4001", "2500.00", "--currency", "GBP", "--partial"});
  EXPECT_EQ(partly["decision"], "approved_partially");
  EXPECT_EQ(partly["de39"], "10");
  EXPECT_EQ(partly["amount"], 100'000);
  const Json verified = json({"authorize", "--card", "4001", "--verify", "--currency", "GBP"});
  EXPECT_EQ(verified["decision"], "verified");
  EXPECT_EQ(verified["authorization"], nullptr);
  json({"reverse", "--authorization", partly["authorization"].get<std::string>(), "950.00"});
  EXPECT_EQ(json({"authorize", "--card", "4001", "1000.00", "--currency", "GBP", "--cashback",
                  "50.00"})["decision"],
            "approved_purchase_only");
}

TEST_F(LifecycleCommands, AForeignPaymentShowsBothAmountsAndTheRate) {
  open_shop();
  EXPECT_EQ(json({"authorize", "--card", "4001", "100.00", "--currency", "EUR"}, 2)["decision"],
            "currency_mismatch");
  const Json rate =
      json({"rate", "set", "EUR", "GBP", "0.8534", "--markup-bp", "50", "--life", "1d"});
  EXPECT_EQ(rate["command"], "set_rate");
  const Json authorized = json({"authorize", "--card", "4001", "100.00", "--currency", "EUR"});
  // 100.00 x 0.8534 x 1.005 = 85.7667, to the nearest penny.
  EXPECT_EQ(authorized["amount"], 8577);
  EXPECT_EQ(authorized["currency"], "GBP") << "the balances beside it are the account's";
  const std::string id = authorized["authorization"];

  const Json raised = json({"increment", "--authorization", id, "10.00"});
  EXPECT_EQ(raised["amount"], 858);
  EXPECT_TRUE(contains(fails({"increment", "--authorization", id, "1.00", "--currency", "GBP"}, 64),
                       "given in GBP"));

  const Json shown = json({"authorization", "show", id});
  EXPECT_EQ(shown["requested"], 11'000);
  EXPECT_EQ(shown["requested_currency"], "EUR");
  EXPECT_EQ(shown["approved"], 9435);
  EXPECT_EQ(shown["currency"], "GBP");
  EXPECT_EQ(shown["rate"], 8534);
  EXPECT_EQ(shown["rate_scale"], 4);
  EXPECT_EQ(shown["rate_markup_bp"], 50);
  EXPECT_TRUE(contains(run({"authorization", "show", id}).out,
                       "0.8534 GBP for 1 EUR, and 50 bp on top"));

  // What follows is in the account's currency.
  EXPECT_EQ(json({"capture", "--authorization", id, "94.35", "--settlement-account", "1",
                  "--final"})["amount"],
            9435);
  const std::string dumped =
      run_program("holdfast", {"wal", "dump", directory.path(), "--kind", "authorize"}).out;
  EXPECT_TRUE(contains(dumped, "amount=100.00 EUR")) << dumped;
  EXPECT_TRUE(contains(dumped, "-> authorization=1 amount=85.77 GBP")) << dumped;
}

TEST_F(LifecycleCommands, AReversalThatOvertakesItsAuthorize) {
  open_shop();
  const Json reversed = json({"reverse", "--request", "77", "--advice"});
  EXPECT_EQ(reversed["decision"], "approved");
  EXPECT_EQ(reversed["amount"], 0);
  const Json late = json({"authorize", "--card", "4001", "25.00", "--currency", "GBP",
                          "--request-id", "77"},
                         2);
  EXPECT_EQ(late["decision"], "reversed_before");
  EXPECT_EQ(late["de39"], "84");
  EXPECT_EQ(json({"reverse", "--request", "78"}, 2)["decision"], "no_original");
}

TEST_F(LifecycleCommands, AnAdviceIsNeverDeclinedForFunds) {
  open_shop();
  const Json held = json({"advise", "--card", "4001", "5000.00", "--currency", "GBP"});
  EXPECT_EQ(held["decision"], "approved");
  EXPECT_EQ(held["forced"], true);
  EXPECT_EQ(held["overdrawn"], true);
  json({"reverse", "--authorization", held["authorization"].get<std::string>()});
  const Json posted = json({"advise", "--card", "4001", "25.00", "--currency", "GBP", "--post",
                            "--settlement-account", "1"});
  EXPECT_EQ(posted["forced"], false);
  EXPECT_EQ(posted["ledger_balance"], 97'500);
  EXPECT_EQ(json({"authorization", "show", posted["authorization"]})["state"], "captured");
}

TEST_F(LifecycleCommands, RefundsAndCapturesMayNameTheCardToo) {
  open_shop();
  const std::string id =
      json({"authorize", "--card", "4001", "25.00", "--currency", "GBP"})["authorization"];
  const Json captured = json({"capture", "--authorization", id, "--card", "4001", "25.00",
                              "--settlement-account", "1"});
  EXPECT_EQ(captured["original_forgotten"], false);
  EXPECT_EQ(json({"refund", "--authorization", id, "--card", "4001", "5.00",
                  "--settlement-account", "1"})["ledger_balance"],
            98'000);
  // Another card than that of the hold: the original with that card is not known.
  json({"card", "create", "4002", "--account", "1001"});
  EXPECT_EQ(json({"refund", "--authorization", id, "--card", "4002", "5.00",
                  "--settlement-account", "1"},
                 2)["decision"],
            "no_original");
}

TEST_F(LifecycleCommands, RuleSetsArePutWholeAndAgain) {
  open_shop();
  const std::string path = document(R"({"version": 3, "currency": "GBP", "categories": [
    {"mcc": "5541-5542", "estimate": "100.00"},
    {"mcc": "5812-5814", "hold_period": "3d", "tolerance_percent": 20}]})");
  const Json put = json({"program", "put", "0", path});
  EXPECT_EQ(put["active_version"], 3);
  EXPECT_EQ(put["categories"], 2);
  EXPECT_EQ(put["repeated"], false);
  const Json program = json({"program", "show", "0"});
  EXPECT_EQ(program["rule_set_version"], 3);
  EXPECT_EQ(program["rule_set_categories"], 2);

  // As after a lost connection: all of it is there, nothing is done twice.
  const Json before = json({"status"});
  EXPECT_EQ(json({"program", "put", "0", path})["repeated"], true);
  EXPECT_EQ(json({"status"})["position"], before["position"]);

  const Json fuel = json({"authorize", "--card", "4001", "1.00", "--currency", "GBP", "--mcc",
                          "5542", "--estimated"});
  EXPECT_EQ(fuel["amount"], 10'000);
  const std::string meal = json({"authorize", "--card", "4001", "100.00", "--currency", "GBP",
                                 "--mcc", "5813"})["authorization"];
  EXPECT_EQ(json({"capture", "--authorization", meal, "120.00", "--settlement-account", "1"})
                ["decision"],
            "approved");
}

TEST_F(LifecycleCommands, AnOlderRuleSetCanComeBack) {
  json({"program", "put", "0", document(R"({"version": 1, "categories": []})")});
  json({"program", "put", "0", document(R"({"version": 2, "categories": []})")});
  json({"program", "promote", "0", "1"});
  EXPECT_EQ(json({"program", "show", "0"})["rule_set_version"], 1);
  // To put version 2 again repeats what was done, and says that this changes nothing now.
  const ProcessResult again =
      run({"program", "put", "0", document(R"({"version": 2, "categories": []})")});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_TRUE(contains(again.out, "was put before; version 1 is active")) << again.out;
}

TEST_F(LifecycleCommands, WhatIsWrongWithARuleSetIsSaid) {
  const Json before = json({"status"});
  const std::string said = fails(
      {"program", "put", "0",
       document(R"({"version":1,"categories":[{"mcc":"5812-5814"},{"mcc":"5813"}]})")},
      64);
  EXPECT_TRUE(contains(said, "rules.json: categories[1].mcc: 5813 overlaps 5812-5814 of "
                             "categories[0]"))
      << said;
  EXPECT_TRUE(contains(fails({"program", "put", "0", "/nowhere/rules.json"}, 66),
                       "/nowhere/rules.json cannot be read: No such file"));
  EXPECT_TRUE(contains(fails({"program", "put", "0", documents.path()}, 66),
                       "cannot be read"));
  EXPECT_EQ(json({"status"})["position"], before["position"]) << "nothing was sent";

  const std::string unknown = fails(
      {"program", "put", "9", document(R"({"version":1,"categories":[]})")}, 2);
  EXPECT_TRUE(contains(unknown, "the beginning of the version was declined (DE39 12)")) << unknown;
  EXPECT_TRUE(contains(unknown, "holdfast program put")) << unknown;
  json({"program", "put", "0", document(R"({"version":5,"categories":[]})")});
  const std::string changed = fails(
      {"program", "put", "0", document(R"({"version":5,"categories":[{"mcc":"5411"}]})")},
      2);
  EXPECT_TRUE(contains(changed, "Version 5 was put with other content")) << changed;
  const std::string older = fails(
      {"program", "put", "0", document(R"({"version":4,"categories":[]})")}, 2);
  EXPECT_TRUE(contains(older, "Give the document a higher version")) << older;
}

TEST(AuthorizationRetention, IsTakenFromTheCommandLineAndKeptInTheLog) {
  const test::TemporaryDirectory directory;
  const auto status = [&](std::vector<std::string> options) {
    test::ServerProcess server(directory.path(), std::move(options));
    EXPECT_TRUE(server.start()) << server.log();
    const ProcessResult result =
        run_program("holdfast", {"--connect", server.endpoint(), "status", "--json"});
    server.terminate();
    return Json::parse(result.out, nullptr, false);
  };
  EXPECT_EQ(status({})["authorization_retention_s"], 90 * 86'400);
  EXPECT_EQ(status({"--authorization-retention", "86400"})["authorization_retention_s"], 86'400);
  EXPECT_EQ(status({})["authorization_retention_s"], 86'400) << "it holds until given again";
  EXPECT_EQ(status({"--authorization-retention", "0"})["authorization_retention_s"], 0);
}

}  // namespace
}  // namespace holdfast::tools
