// Real payments through a real server: every sum as the files have it, and one digest from the
// server, from the server after SIGKILL and restart, and from a fresh replay of its log.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

using nlohmann::json;

std::string in_repository(const std::string& path) {
  return std::string(HOLDFAST_SOURCE_DIR) + "/" + path;
}

/// The real data stands beside the repository, or where HOLDFAST_SHARED_DATA says.
std::string shared_data(const std::string& path) {
  const char* directory = std::getenv("HOLDFAST_SHARED_DATA");
  return (directory != nullptr ? std::string(directory) : in_repository("../shared/data")) + "/" +
         path;
}

json read_json(const std::string& path) {
  const auto parsed = json::parse(std::fopen(path.c_str(), "r"), nullptr, false);
  EXPECT_FALSE(parsed.is_discarded()) << path;
  return parsed;
}

class Drive : public ::testing::Test {
 protected:
  json drive(const std::string& trace, const std::string& file) {
    const std::string report = directory_.path() + "/report.json";
    const auto result = run_program("holdfast-bench", {"drive", "--connect", server_.endpoint(),
                                                       "--trace", trace, "--json", report, file});
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    return read_json(report);
  }

  std::string digest_of_server() {
    net::Client client = server_.connect();
    const auto result =
        run_program("holdfast", {"--connect", server_.endpoint(), "--json", "status", "--digest"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return json::parse(result.out).at("digest");
  }

  /// The three digests, and a second drive that must be answered entirely as before.
  void drive_kill_and_compare(const std::string& trace, const std::string& file,
                              const json& first) {
    const std::string digest = first.at("digest");
    EXPECT_EQ(digest_of_server(), digest);
    server_.kill();
    const auto replay = run_program("holdfast", {"--json", "wal", "replay", data_dir_});
    EXPECT_EQ(replay.exit_code, 0) << replay.err;
    EXPECT_EQ(json::parse(replay.out).at("digest"), digest) << "a fresh replay of the log";
    ASSERT_TRUE(server_.start()) << server_.log();
    EXPECT_EQ(digest_of_server(), digest) << "after SIGKILL and restart";

    json again = drive(trace, file);
    json expected = first;
    for (const char* key : {"seconds", "repeated"}) {
      again.erase(key);
      expected.erase(key);
    }
    EXPECT_EQ(again, expected) << "a second drive is answered as the first was";
  }

  TemporaryDirectory directory_;
  std::string data_dir_ = directory_.path() + "/data";
  ServerProcess server_{data_dir_};
};

TEST_F(Drive, BerkaReal) {
  const std::string file = shared_data("berka/trans.csv.gz");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "the real data is not there: " << file;
  ASSERT_TRUE(server_.start()) << server_.log();
  const json report = drive("berka", file);
  EXPECT_EQ(report.at("rows"), 49'102);
  EXPECT_EQ(report.at("declined"), json::object()) << "all are approved";
  EXPECT_EQ(report.at("accounts"), 1'229);
  EXPECT_EQ(report.at("rows_balance_equal"), 28'026);
  EXPECT_EQ(report.at("balances_sum"), 3'924'614'280);
  EXPECT_EQ(report.at("balance_min"), -544'660);
  EXPECT_EQ(report.at("currency_sum"), 0);
  drive_kill_and_compare("berka", file, report);
}

TEST_F(Drive, PurchaseCardsReal) {
  const std::string file = shared_data("purchase_cards/transactions.csv.zst");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "the real data is not there: " << file;
  ASSERT_TRUE(server_.start()) << server_.log();
  const json report = drive("purchase-cards", file);
  EXPECT_EQ(report.at("rows"), 262'078);
  EXPECT_EQ(report.at("declined"), json::object()) << "all are approved";
  EXPECT_EQ(report.at("accounts"), 3'782);
  EXPECT_EQ(report.at("purchases_sum"), 4'375'443'942);
  EXPECT_EQ(report.at("refunds_sum"), 259'207'051);
  EXPECT_EQ(report.at("currency_sum"), 0);
  drive_kill_and_compare("purchase-cards", file, report);
}

TEST_F(Drive, BerkaSmall) {
  ASSERT_TRUE(server_.start()) << server_.log();
  const std::string file = in_repository("tests/data/berka-small.csv");
  const json report = drive("berka", file);
  EXPECT_EQ(report.at("declined"), json::object());
  EXPECT_EQ(report.at("currency_sum"), 0);
  drive_kill_and_compare("berka", file, report);
}

TEST_F(Drive, PurchaseCardsSmall) {
  ASSERT_TRUE(server_.start()) << server_.log();
  const std::string file = in_repository("tests/data/purchase-cards-small.csv");
  const json report = drive("purchase-cards", file);
  EXPECT_EQ(report.at("declined"), json::object());
  EXPECT_EQ(report.at("currency_sum"), 0);
  drive_kill_and_compare("purchase-cards", file, report);
}

TEST_F(Drive, AMalformedFileIsNamedWithItsLineAndMovesNothing) {
  ASSERT_TRUE(server_.start()) << server_.log();
  const std::string file = directory_.path() + "/broken.csv";
  FILE* out = std::fopen(file.c_str(), "w");
  std::fputs("seq,trans_id,account_id,date,type,operation,amount_minor,balance_minor,k_symbol,"
             "partner_bank,partner_account\n1,1,1,1993-01-01,PRIJEM,VKLAD,90000,90000,,,\n"
             "2,2,1,1993-01-01,PRIJEM,VKLAD,ninety,90000,,,\n", out);
  std::fclose(out);
  const auto result = run_program("holdfast-bench", {"drive", "--connect", server_.endpoint(),
                                                     "--trace", "berka", file});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err.find(file + ":3"), std::string::npos) << result.err;
  net::Client client = server_.connect();
  EXPECT_EQ(client.show_status(false)->accounts, 0U);
}

}  // namespace
}  // namespace holdfast::test
