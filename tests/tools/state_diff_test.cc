// `holdfast state diff`: two states by what differs in them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/written_log.h"

namespace holdfast::tools {
namespace {

using Json = nlohmann::json;
using test::ProcessResult;
using test::run_program;

ProcessResult diff(const std::string& a, const std::string& b, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"state", "diff", a, b};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program("holdfast", arguments);
}

TEST(StateDiff, EqualStates) {
  WrittenLog a;
  WrittenLog b;
  a.write_a_days_work();
  b.write_a_days_work();
  a.close();
  b.close();
  const ProcessResult result = diff(a.dir(), b.dir());
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("the states are equal\n"), std::string::npos) << result.out;
  EXPECT_EQ(diff(a.dir(), a.dir() + "@7").exit_code, 0);
}

TEST(StateDiff, BetweenTwoPositionsOfOneLog) {
  WrittenLog log;
  log.write_a_days_work();
  log.close();
  const ProcessResult result = diff(log.dir() + "@4", log.dir());
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_NE(result.out.find("2 accounts differ\n"
                            "  account 1: available_balance: -1000.00 GBP -> -980.00 GBP, "
                            "ledger_balance: -1000.00 GBP -> -980.00 GBP\n"),
            std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("1 authorization differs\n  authorization 1: only in B\n"),
            std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("3 requests differ\n"), std::string::npos) << result.out;
  const ProcessResult machine = diff(log.dir() + "@4", log.dir(), {"--json", "--most", "1"});
  const Json report = Json::parse(machine.out);
  EXPECT_EQ(report["equal"], false);
  EXPECT_EQ(report["counts"]["request"], 3);
  EXPECT_EQ(report["counts"]["card"], 0);
  EXPECT_EQ(report["differences"].size(), 3U) << "one of each kind that differs";
  EXPECT_EQ(report["differences"][0]["kind"], "account");
}

TEST(StateDiff, FieldsOfCardsAndAnswers) {
  WrittenLog a;
  WrittenLog b;
  for (WrittenLog* log : {&a, &b}) {
    log->write_a_days_work();
    Command command;
    command.kind = CommandKind::update_card;
    command.request_id = {.low = 50, .high = 0};
    command.update_card = {.card = {.low = 4001, .high = 0},
                           .status = log == &a ? CardStatus::blocked : CardStatus::stolen,
                           .change = kChangeStatus};
    static_cast<void>(log->apply(command));
    log->close();
  }
  const ProcessResult result = diff(a.dir(), b.dir());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.out.find("1 card differs\n  card 4001: status: blocked -> stolen\n"),
            std::string::npos)
      << result.out;
}

TEST(StateDiff, WhatCannotBeDoneIsSaid) {
  WrittenLog log;
  log.write_a_days_work();
  log.close();
  EXPECT_EQ(diff(log.dir(), log.dir() + "@x").exit_code, 64);
  EXPECT_EQ(diff(log.dir(), "/nonexistent").exit_code, 66);
  const ProcessResult beyond = diff(log.dir(), log.dir() + "@8");
  EXPECT_EQ(beyond.exit_code, 1);
  EXPECT_NE(beyond.err.find("ends at position 7, before 8"), std::string::npos) << beyond.err;
}

}  // namespace
}  // namespace holdfast::tools
