// `holdfast explain` and `holdfast holds` as an operator runs them: the real program on real files.
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "tests/tools/holdfast_fixture.h"
#include "tests/tools/written_log.h"

namespace holdfast::tools {
namespace {

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::string result_of(const Json& step, std::string_view name) {
  for (const Json& check : step["checks"]) {
    if (check["check"] == name) return check["result"];
  }
  return "not there";
}

class Explain : public testing::Test {
 protected:
  Explain() {
    log.write_a_days_work();
    log.end_block();
  }
  ProcessResult explain(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"explain", "--dir", log.dir()});
    return run_program("holdfast", arguments);
  }
  std::vector<Json> steps(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    const ProcessResult result = explain(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return lines_of(result.out);
  }
  WrittenLog log;
};

TEST_F(Explain, ADeclineNamesTheCheckAndItsNumbers) {
  const ProcessResult result = explain({"--request", "6"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(contains(result.out,
                       "request 6: 1 step in the log of " + log.dir() +
                           "\n\nposition 6  2026-11-22T12:00:06.000000000Z  authorize  request 6\n"
                           "  card 4001, amount 5000.00 GBP, type purchase\n"
                           "  ✗ insufficient_funds (DE39 51): the available balance does not cover "
                           "the amount\n"))
      << result.out;
  EXPECT_TRUE(
      contains(result.out,
               "  ✗ funds               5000.00 GBP of 975.00 GBP available (ledger 1000.00 "
               "GBP - held 25.00 GBP)  [51 insufficient_funds]\n"))
      << result.out;
  EXPECT_TRUE(contains(result.out, "  – exchange rate       does not apply\n")) << result.out;
  EXPECT_TRUE(contains(result.out, "A repeat of this request gets this answer again"));
  EXPECT_TRUE(contains(result.out, "Replayed 7 positions; every decision came out as logged.\n"));
}

TEST_F(Explain, AnAuthorizationIsToldStepByStep) {
  const auto life = steps({"1"});
  ASSERT_EQ(life.size(), 2U);
  EXPECT_EQ(life[0]["command"], "authorize");
  EXPECT_EQ(life[0]["account"]["before"]["available_balance"], 100'000);
  EXPECT_EQ(life[0]["account"]["after"]["held"], 2500);
  EXPECT_EQ(life[0]["hold_period"]["from"], "program");
  EXPECT_EQ(life[1]["command"], "capture");
  EXPECT_EQ(life[1]["counterparty"]["after"]["ledger_balance"], -98'000);
  EXPECT_EQ(result_of(life[1], "amount_left"), "passed");
  const ProcessResult text = explain({"1"});
  EXPECT_TRUE(contains(text.out, "captured 0.00 GBP + 20.00 GBP of at most 25.00 GBP")) << text.out;
  EXPECT_TRUE(
      contains(text.out, "open -> captured, approved 25.00 GBP, held 25.00 GBP -> 0.00 GBP"))
      << text.out;
  // Up to a position: as it stood then.
  EXPECT_EQ(steps({"1", "--at", "6"}).size(), 1U);
}

TEST_F(Explain, APositionAloneIsOneCommand) {
  const auto at = steps({"--at", "3"});
  ASSERT_EQ(at.size(), 1U);
  EXPECT_EQ(at[0]["command"], "transfer");
  EXPECT_EQ(result_of(at[0], "funds"), "passed");
}

TEST_F(Explain, ARequestIdIsReadInEachForm) {
  const std::string by_number = explain({"--request", "7"}).out;
  EXPECT_TRUE(contains(by_number, "position 7"));
  for (const char* form : {"00000000000000000000000000000007", "0x7",
                           "00000000-0000-0000-0000-000000000007"}) {
    EXPECT_TRUE(contains(explain({form}).out, "position 7")) << form;
  }
}

TEST_F(Explain, WhatIsNotThereIsSaid) {
  const ProcessResult unknown = explain({"99"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_TRUE(
      contains(unknown.err, "id 99 is not in the log of " + log.dir() + " (positions 1 to 7)"))
      << unknown.err;
  EXPECT_EQ(explain({"--at", "8"}).exit_code, 1);
  EXPECT_EQ(explain({}).exit_code, 64);
  EXPECT_EQ(explain({"twelve"}).exit_code, 64);
  EXPECT_EQ(run_program("holdfast", {"explain", "1"}).exit_code, 64);
  EXPECT_EQ(run_program("holdfast", {"explain", "1", "--dir", log.dir() + "/none"}).exit_code, 66);
}

TEST_F(Explain, ALogThatReplaysOtherwiseIsNotExplained) {
  Command command;
  command.kind = CommandKind::authorize;
  command.request_id = {.low = 8, .high = 0};
  command.authorize = {.card = {.low = 4001, .high = 0}, .amount = {100}, .currency = {826}};
  log.append_untrue(command, Outcome{.decision = Decision::card_lost});
  log.end_block();
  const ProcessResult result = explain({"1"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.err, "position 8 does not come out as logged")) << result.err;
}

class Holds : public Holdfast {
 protected:
  void SetUp() override {
    Holdfast::SetUp();
    open_shop();
    json({"authorize", "--card", "4001", "40.00", "--currency", "GBP", "--mcc", "5541"});
    json({"authorize", "--card", "4001", "25.00", "--currency", "GBP", "--mcc", "5812",
          "--merchant", "GHOST"});
  }
  Json holds(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"holds", "--dir", directory.path()});
    return json(arguments);
  }
};

TEST_F(Holds, AreSummedByDayAndCategory) {
  const Json all = holds({});
  ASSERT_EQ(all["open"].size(), 1U);
  EXPECT_EQ(all["open"][0]["holds"], 2);
  EXPECT_EQ(all["open"][0]["held"], 6500);
  ASSERT_EQ(all["by_category"].size(), 2U);
  EXPECT_EQ(all["by_category"][0]["group"], "5541 fuel");
  EXPECT_EQ(all["by_category"][0]["held"], 4000);
  std::uint64_t by_day = 0;  // two days when the test runs over midnight
  for (const Json& day : all["by_day"]) by_day += day["held"].get<std::uint64_t>();
  EXPECT_EQ(by_day, 6500U);
  EXPECT_EQ(all["largest"][0]["authorization"], "1");
  EXPECT_TRUE(all["stale"].empty());
  EXPECT_EQ(holds({"--stale", "0s"})["stale"][0]["holds"], 2);
  EXPECT_EQ(holds({"--by", "program"})["by_program"][0]["group"], "program 0");
  EXPECT_EQ(holds({"--mcc", "5500-5600"})["open"][0]["held"], 4000);
  EXPECT_TRUE(holds({"--card", "77"})["open"].empty());
  const ProcessResult text = run({"holds", "--dir", directory.path()});
  EXPECT_TRUE(contains(text.out, "  2 holds, 65.00 GBP held, and 0.00 GBP more may be captured"))
      << text.out;
}

TEST_F(Holds, ReleaseShowsFirstAndReleasesOnce) {
  const auto release = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"holds", "release", "--dir", directory.path()});
    return arguments;
  };
  const Json dry = json(release({"--merchant", "GHOST", "--dry-run"}));
  EXPECT_EQ(dry["selected"], 1);
  EXPECT_EQ(dry["held"][0]["held"], 2500);
  EXPECT_EQ(json({"authorization", "show", "2"})["state"], "open");

  EXPECT_TRUE(contains(fails(release({"--merchant", "GHOST"}), 64), "nobody is there to be asked"));
  EXPECT_TRUE(contains(fails(release({"--yes"}), 64), "it is not said which holds"));
  EXPECT_TRUE(contains(fails(release({"--yes", "--all", "--card", "4001"}), 64), "both given"));
  EXPECT_TRUE(contains(fails({"holds", "--dir", directory.path(), "--merchant", "GHOST", "release",
                              "--all", "--yes"},
                             64),
                       "filters stand before release"));
  EXPECT_EQ(json({"status"})["open_authorizations"], 2);

  const Json done = json(release({"--merchant", "GHOST", "--yes"}));
  EXPECT_EQ(done["released"], 1);
  EXPECT_EQ(done["money"][0]["released"], 2500);
  EXPECT_EQ(json({"authorization", "show", "2"})["state"], "reversed");
  EXPECT_EQ(json({"account", "show", "1001"})["held"], 4000);
  EXPECT_EQ(json(release({"--merchant", "GHOST", "--yes"}))["selected"], 0);
  // Its request id says which authorization it released.
  const auto steps = lines_of(run({"explain", "2", "--dir", directory.path(), "--json"}).out);
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[1]["request_id"], "686f6c64-7265-6c65-0000-000000000002");
}

TEST_F(Holds, ReleaseAsksOnlyTheServerOfThatLog) {
  test::TemporaryDirectory elsewhere;
  test::ServerProcess other(elsewhere.path());
  ASSERT_TRUE(other.start()) << other.log();
  const ProcessResult result =
      run_program("holdfast", {"--connect", other.endpoint(), "holds", "release", "--dir",
                               directory.path(), "--all", "--yes"});
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_TRUE(contains(result.err, "does not write the log in")) << result.err;
  EXPECT_EQ(json({"status"})["open_authorizations"], 2);
}

}  // namespace
}  // namespace holdfast::tools
