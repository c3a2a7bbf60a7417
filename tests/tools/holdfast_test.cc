// The people's command line against a real server: what it prints, and how it exits.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/tools/holdfast_fixture.h"

namespace holdfast::tools {
namespace {

TEST_F(Holdfast, APaymentFromAccountToRefund) {
  open_shop();
  const Json authorized = json({"authorize", "--card", "4001", "25.00", "--currency", "GBP",
                                "--mcc", "5411", "--country", "826", "--merchant", "CORNERSHOP"});
  EXPECT_EQ(authorized["decision"], "approved");
  EXPECT_EQ(authorized["de39"], "00");
  EXPECT_EQ(authorized["amount"], 2500);
  EXPECT_EQ(authorized["available_balance"], 97'500);
  const std::string id = authorized["authorization"];

  const Json captured =
      json({"capture", "--authorization", id, "20.00", "--settlement-account", "1", "--final"});
  EXPECT_EQ(captured["amount"], 2000);
  EXPECT_EQ(captured["currency"], "GBP");
  EXPECT_EQ(captured["ledger_balance"], 98'000);
  EXPECT_EQ(captured["counterparty_balance"], -98'000);

  const Json refunded = json({"refund", "--authorization", id, "--minor", "500",
                              "--settlement-account", "1"});
  EXPECT_EQ(refunded["ledger_balance"], 98'500);

  const Json shown = json({"authorization", "show", id});
  EXPECT_EQ(shown["state"], "captured");
  EXPECT_EQ(shown["captured"], 2000);
  EXPECT_EQ(shown["refunded"], 500);
  EXPECT_EQ(shown["merchant"], "CORNERSHOP");
  EXPECT_EQ(shown, json({"authorization", "show", "--request",
                         authorized["request_id"].get<std::string>()}));

  const Json account = json({"account", "show", "1001"});
  EXPECT_EQ(account["ledger_balance"], 98'500);
  EXPECT_EQ(account["held"], 0);
}

TEST_F(Holdfast, ReverseReleasesPartThenAll) {
  open_shop();
  const std::string id =
      json({"authorize", "--card", "4001", "25.00", "--currency", "GBP"})["authorization"];
  EXPECT_EQ(json({"reverse", "--authorization", id, "5.00"})["amount"], 500);
  EXPECT_EQ(json({"reverse", "--authorization", id})["amount"], 2000);
  EXPECT_EQ(json({"authorization", "show", id})["state"], "reversed");
  EXPECT_EQ(json({"account", "show", "1001"})["available_balance"], 100'000);
}

TEST_F(Holdfast, AnUnlinkedRefundCreditsTheCard) {
  open_shop();
  const Json refunded = json({"refund", "--card", "4001", "5.00", "--currency", "GBP",
                              "--settlement-account", "1", "--mcc", "5411"});
  EXPECT_EQ(refunded["decision"], "approved");
  EXPECT_EQ(refunded["ledger_balance"], 100'500);
  EXPECT_TRUE(contains(fails({"refund", "--card", "4001", "5.00"}, 64), "needs its currency"));
  EXPECT_TRUE(contains(fails({"refund", "5.00"}, 64), "what to refund"));
}

TEST_F(Holdfast, StatusTellsWhereTheTimeWent) {
  open_shop();
  const Json before = json({"status", "--latency"});
  EXPECT_EQ(before["since_start"], true);
  EXPECT_GT(before["window_s"], 0);
  const std::uint64_t counted = before["stages_us"]["total"]["count"];
  for (int i = 0; i < 3; ++i) {
    json({"authorize", "--card", "4001", "1.00", "--currency", "GBP", "--request-id",
          std::to_string(i + 1)});
  }
  const Json after = json({"status", "--latency"});
  // Each command greets, asks and may say goodbye; a look greets and is not counted itself.
  EXPECT_GE(after["stages_us"]["total"]["count"], counted + 3 * 2 + 1);
  for (const char* stage : {"receive", "queue", "decide", "log", "durable", "send", "total"}) {
    const Json& told = after["stages_us"][stage];
    EXPECT_EQ(told["count"], after["stages_us"]["total"]["count"]) << stage;
    EXPECT_LE(told["p50"], told["p999"]) << stage;
    EXPECT_LE(told["p999"], told["max"]) << stage;
  }
  EXPECT_GT(after["stages_us"]["durable"]["max"], 0) << "three authorizations went to the disk";
  EXPECT_GE(after["stages_us"]["total"]["max"], after["stages_us"]["durable"]["max"]);
  EXPECT_TRUE(after["slowest_p999"].is_string());

  const Json second = json({"status", "--latency", "--interval", "1"});
  EXPECT_EQ(second["since_start"], false);
  EXPECT_GE(second["window_s"], 1.0);
  EXPECT_EQ(second["stages_us"]["total"]["count"], 1) << "only its own second greeting";

  const ProcessResult table = run({"status", "--latency"});
  EXPECT_EQ(table.exit_code, 0);
  for (const char* part : {"all since its start", "\n  stage ", "\n  durable ", "\n  total ",
                           "the stage with the largest is"}) {
    EXPECT_TRUE(contains(table.out, part)) << part << "\n" << table.out;
  }
  EXPECT_TRUE(contains(fails({"status", "--interval", "5"}, 64), "--latency"));
}

TEST_F(Holdfast, APersonReadsMajorUnitsAndTheReason) {
  open_shop();
  const ProcessResult approved =
      run({"authorize", "--card", "4001", "25.00", "--currency", "GBP", "--request-id", "77"});
  EXPECT_EQ(approved.exit_code, 0);
  EXPECT_EQ(approved.out.find("approved (DE39 00)\n"
                              "  authorization  1\n"
                              "  approved       25.00 GBP\n"
                              "  ledger         1000.00 GBP\n"
                              "  available      975.00 GBP\n"
                              "  request id     77\n"
                              "  position       "),
            0U)
      << approved.out;
  const ProcessResult declined =
      run({"authorize", "--card", "4001", "5000.00", "--currency", "GBP"});
  EXPECT_EQ(declined.exit_code, 2);
  EXPECT_EQ(declined.out.find(
                "declined (DE39 51): the available balance does not cover the amount\n"),
            0U)
      << declined.out;
  EXPECT_EQ(declined.err, "");
}

TEST_F(Holdfast, ARetryHasOneEffectAndTheFirstAnswer) {
  open_shop();
  const std::vector<std::string> command{"transfer", "--from",       "1",
                                         "--to",     "1001",         "5.00",
                                         "--currency", "GBP",        "--request-id",
                                         "0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1"};
  const Json first = json(command);
  Json second = json(command);
  EXPECT_EQ(first["repeated"], false);
  EXPECT_EQ(second["repeated"], true);
  second["repeated"] = false;
  EXPECT_EQ(first, second);
  EXPECT_EQ(json({"account", "show", "1001"})["ledger_balance"], 100'500);

  const Json other = json({"transfer", "--from", "1", "--to", "1001", "6.00", "--currency", "GBP",
                           "--request-id", "0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1"},
                          2);
  EXPECT_EQ(other["decision"], "request_id_reused");
  EXPECT_EQ(other["de39"], "94");
}

TEST_F(Holdfast, AccountsAndCardsChange) {
  open_shop();
  json({"account", "update", "1001", "--credit-limit", "250.50"});
  EXPECT_EQ(json({"account", "show", "1001"})["credit_limit"], 25'050);
  json({"account", "update", "1001", "--status", "frozen", "--credit-limit-minor", "7"});
  const Json account = json({"account", "show", "1001"});
  EXPECT_EQ(account["status"], "frozen");
  EXPECT_EQ(account["credit_limit"], 7);

  json({"card", "update", "4001", "--status", "stolen", "--expiry", "none"});
  const Json card = json({"card", "show", "4001"});
  EXPECT_EQ(card["status"], "stolen");
  EXPECT_EQ(card["expiry"], nullptr);
  const Json declined = json({"authorize", "--card", "4001", "1.00", "--currency", "GBP"}, 2);
  EXPECT_EQ(declined["decision"], "card_stolen");

  json({"program", "put", "7", "--hold-period", "30d", "--settlement-account", "1"});
  const Json program = json({"program", "show", "7"});
  EXPECT_EQ(program["hold_period_s"], 30 * 86'400);
  EXPECT_EQ(program["settlement_account"], "1");
}

TEST_F(Holdfast, UnknownThingsAreNotFound) {
  EXPECT_TRUE(contains(fails({"account", "show", "5"}, 1), "there is no account 5"));
  EXPECT_TRUE(contains(fails({"card", "show", "5"}, 1), "there is no card 5"));
  EXPECT_TRUE(contains(fails({"program", "show", "5"}, 1), "there is no program 5"));
  EXPECT_TRUE(contains(fails({"authorization", "show", "5"}, 1), "there is no authorization 5"));
  EXPECT_TRUE(contains(fails({"authorization", "show", "--request", "5"}, 1),
                       "no authorization was made by request 5"));
  EXPECT_TRUE(
      contains(fails({"capture", "--authorization", "5", "1.00"}, 1), "Nothing was changed"));
  EXPECT_TRUE(contains(fails({"account", "update", "5", "--credit-limit", "1.00"}, 1),
                       "there is no account 5"));
  // Where no currency is needed the engine itself is asked, and says it in its own words.
  EXPECT_EQ(json({"capture", "--authorization", "5", "--minor", "100"}, 2)["decision"],
            "no_original");
  EXPECT_EQ(json({"account", "update", "5", "--status", "frozen"}, 2)["decision"],
            "unknown_account");
}

TEST_F(Holdfast, NothingIsSentWhenTheCurrenciesDiffer) {
  open_shop();
  const std::string id =
      json({"authorize", "--card", "4001", "25.00", "--currency", "GBP"})["authorization"];
  const Json before = json({"status"});
  EXPECT_TRUE(contains(fails({"capture", "--authorization", id, "25", "--currency", "JPY"}, 64),
                       "given in JPY, but the account is in GBP"));
  EXPECT_TRUE(contains(fails({"reverse", "--authorization", id, "0.00"}, 64), "is zero"));
  EXPECT_TRUE(
      contains(fails({"capture", "--authorization", id, "25.001"}, 64), "nothing is rounded"));
  EXPECT_TRUE(contains(fails({"capture", "--authorization", id}, 64), "no amount is given"));
  EXPECT_TRUE(contains(fails({"capture", "25.00"}, 64), "not said which authorization"));
  EXPECT_TRUE(contains(fails({"account", "update", "1001"}, 64), "nothing to change"));
  EXPECT_TRUE(contains(fails({"card", "update", "4001"}, 64), "nothing to change"));
  EXPECT_EQ(json({"status"})["position"], before["position"]);
}

TEST_F(Holdfast, StatusAgreesWithAReplayOfTheFiles) {
  open_shop();
  json({"authorize", "--card", "4001", "25.00", "--currency", "GBP"});
  const Json status = json({"status", "--digest"});
  EXPECT_EQ(status["accounts"], 2);
  EXPECT_EQ(status["open_authorizations"], 1);
  EXPECT_EQ(status["position"], status["durable_position"]);
  const auto replay = [&] {
    const ProcessResult result =
        run_program("holdfast", {"wal", "replay", directory.path(), "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Json::parse(result.out, nullptr, false);
  };
  EXPECT_EQ(replay()["digest"], status["digest"]) << "beside the running server";
  server.kill();
  EXPECT_EQ(replay()["digest"], status["digest"]) << "after it was killed";
  EXPECT_EQ(replay()["position"], status["position"]);
  EXPECT_EQ(run_program("holdfast", {"wal", "verify", directory.path()}).exit_code, 0);
}

TEST_F(Holdfast, PingTellsWhoAnswered) {
  const Json pong = json({"ping"});
  EXPECT_EQ(pong["peer"], server.endpoint());
  EXPECT_GT(pong["round_trip_ns"].get<std::uint64_t>(), 0U);
  const ProcessResult human = run({"ping"});
  EXPECT_EQ(human.out.find(server.endpoint()), 0U) << human.out;
}

TEST_F(Holdfast, TheServerMayStandInTheEnvironment) {
  ASSERT_EQ(::setenv("HOLDFAST_CONNECT", server.endpoint().c_str(), 1), 0);
  const ProcessResult result = run_program("holdfast", {"ping"});
  ::unsetenv("HOLDFAST_CONNECT");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(Holdfast, WithoutAServerItSaysWhatToDo) {
  server.kill();
  const std::string said = fails({"ping"}, 69);
  EXPECT_TRUE(contains(said, server.endpoint())) << said;
  EXPECT_TRUE(contains(said, "--connect HOST:PORT")) << said;
  const ProcessResult json_error =
      run({"--json", "transfer", "--from", "1", "--to", "2", "1.00", "--currency", "GBP"});
  EXPECT_EQ(json_error.exit_code, 69);
  EXPECT_EQ(Json::parse(json_error.err)["error"]["kind"], "connect");
}

TEST(HoldfastAlone, SaysWhatIsWrongWithTheCommandLine) {
  struct Case {
    std::vector<std::string> arguments;
    std::string_view said;
  };
  const Case cases[] = {
      {{}, "holdfast needs a subcommand: account, card"},
      {{"acount"}, "'acount' is not a subcommand of holdfast; there are account"},
      {{"account"}, "holdfast account needs a subcommand: create, update, show"},
      {{"account", "shw"}, "'shw' is not a subcommand of holdfast account"},
      {{"account", "show"}, "ACCOUNT is required"},
      {{"account", "show", "12x"}, "'12x' is not an id"},
      {{"account", "show", "0"}, "zero stands for"},
      {{"account", "create", "1"}, "--currency is required"},
      {{"account", "create", "1", "--currency", "ZZZ"}, "'ZZZ' is not an ISO 4217 currency"},
      {{"card", "create", "1", "--account", "2", "--expiry", "13/28"}, "'13/28' is not an expiry"},
      {{"card", "update", "1", "--status", "gone"}, "'gone' is not one of active|blocked"},
      {{"program", "put", "1", "--hold-period", "soon"}, "'soon' is not a period"},
      {{"transfer", "--from", "1", "--to", "2", "-5", "--currency", "GBP"},
       "'-5' is not an amount"},
      {{"authorize", "--card", "1", "5", "--minor", "5", "--currency", "GBP"}, "excludes"},
      {{"rate", "set", "EUR", "GBP", "0.8534"}, "--life is required"},
      {{"rate", "set", "EUR", "EUR", "1", "--life", "1d"}, "between two currencies"},
      {{"rate", "set", "EUR", "GBP", "0", "--life", "1d"}, "it is zero"},
      {{"rate", "set", "EUR", "959", "2", "--life", "1d"}, "no minor unit for currency 959"},
      {{"rate", "set", "EUR", "GBP", "2", "--scale", "1", "--life", "1d"}, "goes with --minor"},
      {{"rate", "set", "EUR", "GBP", "--life", "1d"}, "no rate is given"},
      {{"authorize", "--card", "1", "5", "--currency", "GBP", "--verify"}, "has no amount"},
      {{"authorize", "--card", "1", "--currency", "GBP", "--verify", "--partial"}, "holds nothing"},
      {{"authorize", "--card", "1", "5", "--currency", "GBP", "--cashback", "6"}, "not a part of"},
      {{"authorize", "--card", "1", "5", "--currency", "GBP", "--type", "purchase_cashback"},
       "needs its cashback"},
      {{"authorize", "--card", "1", "5", "--currency", "GBP", "--type", "cash", "--cashback", "1"},
       "does not go with --type cash"},
      {{"advise", "--card", "1", "5", "--currency", "GBP", "--settlement-account", "1"}, "--post"},
      {{"program", "shadow"}, "holdfast program shadow needs a subcommand: start, stop"},
      {{"program", "put", "1"}, "there is nothing to put"},
      {{"program", "put", "1", "--shadow", "--hold-period", "7d"}, "--shadow needs the FILE"},
      {{"program", "put", "1", "--settlement-account", "1"}, "--hold-period"},
      {{"program", "put", "1", "p.json", "--request-id", "1"}, "--request-id goes with settings"},
      {{"program", "promote", "1"}, "VERSION is required"},
      {{"ping", "--connect", "nowhere"}, "'nowhere' is not HOST:PORT"},
      {{"ping", "--timeout", "0"}, "--timeout"},
      {{"ping", "--bogus"}, "--bogus"},
  };
  for (const Case& wrong : cases) {
    const ProcessResult result = run_program("holdfast", wrong.arguments);
    EXPECT_EQ(result.exit_code, 64) << wrong.said;
    EXPECT_EQ(result.out, "") << wrong.said;
    EXPECT_TRUE(contains(result.err, wrong.said)) << result.err;
    EXPECT_EQ(result.err.find("holdfast: "), 0U) << result.err;
  }
}

TEST(HoldfastAlone, EverySubcommandHasHelpWithAnExample) {
  const std::vector<std::vector<std::string>> subcommands{
      {"account", "create"}, {"account", "update"}, {"account", "show"},
      {"card", "create"},    {"card", "update"},    {"card", "show"},
      {"program", "put"},    {"program", "show"},   {"transfer"},
      {"authorize"},         {"capture"},           {"reverse"},
      {"refund"},            {"ping"},              {"status"},
      {"increment"},         {"advise"},            {"rate", "set"},
      {"program", "check"},  {"program", "diff"},   {"program", "promote"},
      {"program", "shadow", "start"}, {"program", "shadow", "stop"}, {"program", "shadow-report"},
      {"wal", "ls"},         {"wal", "dump"},       {"wal", "verify"},
      {"wal", "replay"},     {"authorization", "show"},
  };
  for (auto arguments : subcommands) {
    std::string example = "\n  holdfast";
    for (const std::string& word : arguments) example.append(" ").append(word);
    arguments.push_back("--help");
    const ProcessResult result = run_program("holdfast", arguments);
    EXPECT_EQ(result.exit_code, 0) << example;
    EXPECT_TRUE(contains(result.out, "Examples:")) << result.out;
    EXPECT_TRUE(contains(result.out, example) || contains(result.out, "\n  holdfast --"))
        << example;
    EXPECT_TRUE(contains(result.out, "--help")) << result.out;
  }
  EXPECT_TRUE(contains(run_program("holdfast", {"--help"}).out, "Exit codes:"));
  EXPECT_EQ(run_program("holdfast", {"--version"}).out.find("holdfast "), 0U);
}

}  // namespace
}  // namespace holdfast::tools
