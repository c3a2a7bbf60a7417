// The engine against its memory work alone: that both sides do what they say.
#include "bench/apply/apply_ratio.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "bench/apply/bare_tables.h"

namespace holdfast::bench {
namespace {

ApplyRatioOptions small() {
  ApplyRatioOptions options;
  options.accounts = {300, 2'000};
  options.pairs = 3;
  options.batches = 2;
  return options;
}

TEST(ApplyRatioTest, TellsARowForEachNumberOfAccounts) {
  const ApplyRatioReport report = measure_apply_ratio(small());
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_EQ(report.rows[1].accounts, 2'000U);
  EXPECT_EQ(report.rows[1].ratio.runs, 3U);
  EXPECT_GT(report.rows[1].bare_ns.min, 0);
  EXPECT_GT(report.rows[1].ratio.min, 0);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(to_json(report)["apply_ratio"].size(), 2U);
}

TEST(ApplyRatioTest, FailsAboveTheRatioThatIsAllowed) {
  ApplyRatioReport report = measure_apply_ratio(small());
  report.options.ratio_max = report.rows[0].ratio.median / 2;
  EXPECT_FALSE(report.passed());
  EXPECT_NE(to_table(report).find("above the"), std::string::npos);
}

TEST(ApplyRatioTest, BothSidesGrowWhenToldTo) {
  ApplyRatioOptions options = small();
  options.grows = true;
  EXPECT_EQ(measure_apply_ratio(options).rows.size(), 2U);
}

TEST(BareTablesTest, WhatIsUndoneCanBeDoneAgainWithoutGrowing) {
  BareTables tables;
  const std::array<RequestId, 3> known{RequestId{1, 1}, RequestId{2, 1}, RequestId{3, 1}};
  tables.add_account({1, 1}, {1, 2}, known);
  std::array<Command, 2> commands;
  std::uint64_t next = 10;
  std::uint64_t first_sum = 0;
  for (int round = 0; round < 5; ++round) {
    for (Command& command : commands) {
      command.kind = CommandKind::authorize;
      command.request_id = {next++, 1};
      command.authorize.card = {1, 2};
      command.authorize.amount = Money{100};
    }
    const std::uint64_t sum = tables.authorize(commands);
    if (round == 0) first_sum = sum;
    EXPECT_EQ(sum, first_sum);  // 100 and 200 held: nothing of earlier rounds is left
    tables.undo(commands);
  }
  EXPECT_EQ(first_sum, 300U);
}

}  // namespace
}  // namespace holdfast::bench
