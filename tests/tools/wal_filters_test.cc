// Filters and forms of `holdfast wal dump`, points of `wal replay`,
// and logs in several directories.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "persistence/segments.h"
#include "tests/tools/written_log.h"
#include "tools/text/ids_text.h"

namespace holdfast::tools {
namespace {

using Json = nlohmann::json;
using test::ProcessResult;
using test::run_program;

class WalFilters : public testing::Test {
 protected:
  WalFilters() { log.write_a_days_work(); }
  /// Positions that a dump shows: "3 4 ".
  std::string positions(std::vector<std::string> filters) {
    log.close();
    filters.insert(filters.begin(), {"wal", "dump", log.dir(), "--json"});
    const ProcessResult result = run_program("holdfast", filters);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::istringstream lines(result.out);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      text += Json::parse(line)["position"].dump() + ' ';
    }
    return text;
  }
  WrittenLog log;
};

TEST_F(WalFilters, ByWhatARecordConcerns) {
  EXPECT_EQ(positions({"--card", "4001"}), "4 5 6 7 ");
  EXPECT_EQ(positions({"--card", "4002"}), "");
  EXPECT_EQ(positions({"--account", "1001"}), "2 3 4 5 6 7 ");
  EXPECT_EQ(positions({"--account", "1"}), "1 3 7 ") << "payer, and named for settlement";
  EXPECT_EQ(positions({"--authorization", "1"}), "5 7 ");
  EXPECT_EQ(positions({"--card", "4001", "--kind", "authorize"}), "5 6 ");
}

TEST_F(WalFilters, ByTime) {
  EXPECT_EQ(positions({"--since", "2026-11-22T12:00:05Z"}), "5 6 7 ");
  EXPECT_EQ(positions({"--until", "2026-11-22T12:00:03Z"}), "1 2 ");
  EXPECT_EQ(positions({"--since", "2026-11-22T12:00:02.5Z", "--until", "2026-11-22T12:00:04Z"}),
            "3 ");
  EXPECT_EQ(positions({"--since", "2026-11-22"}), "1 2 3 4 5 6 7 ");
  EXPECT_EQ(positions({"--since", "2026-11-23"}), "");
  for (const char* wrong : {"2026", "2026-13-01", "2026-11-22T25:00Z", "2026-11-22T12:00",
                            "22.11.2026", "2026-11-22T12:00:00.Z", "1969-12-31"}) {
    const ProcessResult result =
        run_program("holdfast", {"wal", "dump", log.dir(), "--since", wrong});
    EXPECT_EQ(result.exit_code, 64) << wrong;
    EXPECT_NE(result.err.find("is not a time: write 2026-11-22"), std::string::npos) << result.err;
  }
}

TEST_F(WalFilters, AsCsv) {
  log.close();
  const ProcessResult result = run_program(
      "holdfast", {"wal", "dump", log.dir(), "--format", "csv", "--from", "5", "--to", "7"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(
      result.out,
      "position,time,command,request_id,decision,de39,authorization,card,account,counterparty,"
      "asked,asked_currency,amount,ledger_balance,available_balance,counterparty_balance,currency,"
      "merchant,mcc,country,channel,type,late,overdrawn,forced,original_forgotten\n"
      "5,2026-11-22T12:00:05.000000000Z,authorize,5,approved,00,1,4001,1001,,2500,GBP,2500,100000,"
      "97500,0,GBP,CORNER SHOP,5411,,chip,purchase,0,0,0,0\n"
      "6,2026-11-22T12:00:06.000000000Z,authorize,6,insufficient_funds,51,,4001,1001,,500000,GBP,0,"
      "100000,97500,0,GBP,,,,unknown,purchase,0,0,0,0\n"
      "7,2026-11-22T12:00:07.000000000Z,capture,7,approved,00,1,4001,1001,1,2000,GBP,2000,98000,"
      "98000,-98000,GBP,,,,,,0,0,0,0\n");
}

TEST_F(WalFilters, ReplayUntilAPoint) {
  log.close();
  const auto until = [&](const std::string& point) {
    return run_program("holdfast", {"wal", "replay", log.dir(), "--until", point, "--json"});
  };
  const Json by_position = Json::parse(until("4").out);
  EXPECT_EQ(by_position["position"], 4);
  EXPECT_EQ(by_position["authorizations"], 0);
  const Json by_time = Json::parse(until("2026-11-22T12:00:04Z").out);
  EXPECT_EQ(by_time["position"], 4);
  EXPECT_EQ(by_time["digest"], by_position["digest"]);
  EXPECT_EQ(until("8").exit_code, 1);
  EXPECT_NE(until("8").err.find("ends at position 7, before 8"), std::string::npos);
  EXPECT_EQ(until("soon").exit_code, 64);
  const ProcessResult verified = run_program("holdfast",
                                             {"wal", "replay", log.dir(), "--verify", "--json"});
  EXPECT_EQ(Json::parse(verified.out)["digest"], nullptr);
}

TEST_F(WalFilters, ALogInTwoDirectories) {
  for (std::uint64_t at = 0; at < 40'000; ++at) {
    Command command;
    command.kind = CommandKind::transfer;
    command.request_id = {.low = at + 1, .high = 5};
    command.transfer = {.debit = {.low = 1, .high = 0}, .credit = {.low = 1001, .high = 0},
                        .amount = Money{1}, .currency = CurrencyCode{826}};
    log.append(command,
               log.engine().apply(command, TimestampNs{WrittenLog::kStartNs + 100 * kNsPerSecond}));
  }
  const std::string digest = digest_text(log.engine().digest());
  log.close();
  const test::TemporaryDirectory archive;
  namespace fs = std::filesystem;
  fs::copy_file(log.dir() + "/identity", archive.path() + "/identity");
  fs::rename(log.first_segment(), archive.path() + "/" + persistence::segment_name(1));
  EXPECT_EQ(run_program("holdfast", {"wal", "replay", log.dir()}).exit_code, 1);
  const std::vector<std::string> joined{"wal",           "replay",       log.dir(),
                                        "--archive-dir", archive.path(), "--json"};
  const ProcessResult result = run_program("holdfast", joined);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["digest"], digest);
  EXPECT_EQ(Json::parse(result.out)["records"], 40'007);
  // Segments alone are an archive, too.
  fs::remove(archive.path() + "/identity");
  const ProcessResult bare = run_program("holdfast", joined);
  ASSERT_EQ(bare.exit_code, 0) << bare.err;
  EXPECT_EQ(Json::parse(bare.out)["digest"], digest);
  // What both have is told once.
  fs::copy_file(archive.path() + "/" + persistence::segment_name(1), log.first_segment());
  const ProcessResult twice = run_program("holdfast", joined);
  ASSERT_EQ(twice.exit_code, 0) << twice.err;
  EXPECT_EQ(Json::parse(twice.out)["digest"], digest);
  // The archive of another log.
  WrittenLog other(LogId{.low = 5, .high = 5});
  other.close();
  const ProcessResult strange =
      run_program("holdfast", {"wal", "dump", log.dir(), "--archive-dir", other.dir()});
  EXPECT_EQ(strange.exit_code, 1);
  EXPECT_NE(strange.err.find(" is of log "), std::string::npos) << strange.err;
}

}  // namespace
}  // namespace holdfast::tools
