// Both traces driven at a real server and engine in this process: the sums of the small files, then
// those of the real ones when they are here.
#include "bench/traces/drive.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/bench/memory_server.h"
#include "tests/bench/trace_files.h"

namespace holdfast::bench {
namespace {

const std::string kData = HOLDFAST_TEST_DATA;

class DriveTest : public TempDirTest {
 protected:
  nlohmann::ordered_json drive_json(const MemoryServer& server, TraceKind kind,
                                    const std::string& file) const {
    DriveOptions options;
    options.endpoint = server.endpoint();
    options.kind = kind;
    options.path = file;
    const auto report = drive(options);
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error());
    if (!report) return {};
    EXPECT_TRUE(report->passed()) << to_table(*report);
    return to_json(*report);
  }
};

TEST_F(DriveTest, BerkaSmallHasItsSumsAndASecondDriveIsAllRepeats) {
  MemoryServer server;
  const auto json = drive_json(server, TraceKind::berka, kData + "/berka-small.csv");
  EXPECT_EQ(json["rows"], 8);
  EXPECT_EQ(json["approved"], 8);
  EXPECT_EQ(json["declined"], nlohmann::ordered_json::object());
  EXPECT_EQ(json["accounts"], 3);
  EXPECT_EQ(json["rows_balance_equal"],
            7);  // row 5 is 10 off on purpose, as some of the bank's are
  EXPECT_EQ(json["balances_sum"], 60'000 - 13'550 + 500);
  EXPECT_EQ(json["balance_min"], -30'000);
  EXPECT_EQ(json["currency_sum"], 0);
  EXPECT_EQ(json["repeated"], 0);
  EXPECT_TRUE(json["purchases_sum"].is_null());
  EXPECT_TRUE(json["refunds_sum"].is_null());
  EXPECT_EQ(json["digest"].get<std::string>().size(), 32u);

  const auto again = drive_json(server, TraceKind::berka, kData + "/berka-small.csv");
  EXPECT_EQ(again["repeated"], 8 + 4);  // eight rows, four of them with a capture
  for (const char* key :
       {"approved", "rows_balance_equal", "balances_sum", "balance_min", "digest", "position"}) {
    EXPECT_EQ(again[key], json[key]) << key;
  }
}

TEST_F(DriveTest, RowsAtTheirOwnTimes) {
  MemoryServer server;
  DriveOptions options;
  options.endpoint = server.endpoint();
  options.kind = TraceKind::berka;
  options.path = kData + "/berka-small.csv";
  options.speed = 5 * 86'400 / 0.25;  // six days in a quarter of a second
  const auto report = drive(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed()) << to_table(*report);
  EXPECT_EQ(report->recorded_seconds, 5 * 86'400);
  EXPECT_GE(report->seconds, 0.25);
  EXPECT_EQ(report->latency_ns.count(), 8u + 4u);
  const auto json = to_json(*report);
  EXPECT_EQ(json["latency_us"]["count"], 12);
  EXPECT_EQ(json["approved"], 8);
}

TEST_F(DriveTest, PurchaseCardsSmallHasItsSums) {
  MemoryServer server;
  const std::string text = slurp(kData + "/purchase-cards-small.csv");
  for (const std::string& file : {write_zstd("t.csv.zst", text), write_gzip("t.csv.gz", text)}) {
    const auto json = drive_json(server, TraceKind::purchase_cards, file);
    EXPECT_EQ(json["rows"], 6);
    EXPECT_EQ(json["approved"], 6);
    EXPECT_EQ(json["accounts"], 4);
    EXPECT_EQ(json["purchases_sum"], 27'847);
    EXPECT_EQ(json["refunds_sum"], 1'354);
    EXPECT_EQ(json["balances_sum"], 4 * 10'000'000'000 - 27'847 + 1'354);
    EXPECT_EQ(json["currency_sum"], 0);
    EXPECT_TRUE(json["rows_balance_equal"].is_null());
    EXPECT_TRUE(json["balance_min"].is_null());
  }
}

TEST_F(DriveTest, DeclinesAreByTheStepThatFailedFirst) {
  MemoryServer server;
  DriveOptions options;
  options.endpoint = server.endpoint();
  options.kind = TraceKind::purchase_cards;
  options.path = kData + "/purchase-cards-small.csv";
  options.trace.fund_per_account = Money{9'500};  // row 4 asks for 12,000
  const auto report = drive(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed());
  const auto json = to_json(*report);
  EXPECT_EQ(json["approved"], 5);
  EXPECT_EQ(json["declined"], (nlohmann::ordered_json{{"insufficient_funds", 1}}));
  EXPECT_EQ(json["purchases_sum"], 27'847 - 12'000);
}

TEST_F(DriveTest, MalformedFilesMoveNothing) {
  MemoryServer server;
  DriveOptions options;
  options.endpoint = server.endpoint();
  options.kind = TraceKind::berka;
  options.path = write_plain("bad.csv", slurp(kData + "/berka-small.csv") + "9,1\n");
  const auto report = drive(options);
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().find("bad.csv:10:"), std::string::npos) << report.error();
  EXPECT_EQ(server.logged(), 0u);
}

TEST_F(DriveTest, RealBerka) {
  const std::string data = real_data(kData);
  if (data.empty()) GTEST_SKIP() << "the real data sets are not here; set HOLDFAST_SHARED_DATA";
  MemoryServer server;
  const auto json = drive_json(server, TraceKind::berka, data + "/berka/trans.csv.gz");
  EXPECT_EQ(json["rows"], 49'102);
  EXPECT_EQ(json["approved"], 49'102);
  EXPECT_EQ(json["accounts"], 1'229);
  EXPECT_EQ(json["rows_balance_equal"], 28'026);
  EXPECT_EQ(json["balances_sum"], 3'924'614'280);
  EXPECT_EQ(json["balance_min"], -544'660);
  EXPECT_EQ(json["currency_sum"], 0);
}

TEST_F(DriveTest, RealPurchaseCards) {
  const std::string data = real_data(kData);
  if (data.empty()) GTEST_SKIP() << "the real data sets are not here; set HOLDFAST_SHARED_DATA";
  MemoryServer server;
  const auto json =
      drive_json(server, TraceKind::purchase_cards, data + "/purchase_cards/transactions.csv.zst");
  EXPECT_EQ(json["rows"], 262'078);
  EXPECT_EQ(json["approved"], 262'078);
  EXPECT_EQ(json["accounts"], 3'782);
  EXPECT_EQ(json["purchases_sum"], 4'375'443'942);
  EXPECT_EQ(json["refunds_sum"], 259'207'051);
  EXPECT_EQ(json["currency_sum"], 0);
}

}  // namespace
}  // namespace holdfast::bench
