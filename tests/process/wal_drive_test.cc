// A recorded log driven at another server: the same decisions, at once and at its own times.
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

using nlohmann::json;

class WalDrive : public ::testing::Test {
 protected:
  json drive(const ServerProcess& server, const std::vector<std::string>& more, int exit_code = 0) {
    const std::string report = directory_.path() + "/report.json";
    std::vector<std::string> arguments{"drive",  "--connect", server.endpoint(), "--trace", "wal",
                                       recorded_, "--json",   report};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = run_program("holdfast-bench", arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    std::FILE* file = std::fopen(report.c_str(), "r");
    if (file == nullptr) return {};
    const json parsed = json::parse(file, nullptr, false);
    std::fclose(file);
    return parsed;
  }

  TemporaryDirectory directory_;
  std::string recorded_ = directory_.path() + "/recorded";
};

TEST_F(WalDrive, ARecordedLoadIsDecidedTheSameAgain) {
  {
    ServerProcess server(recorded_);
    ASSERT_TRUE(server.start()) << server.log();
    // Few accounts with little money: some are declined.
    const auto run = run_program(
        "holdfast-bench", {"run", "--connect", server.endpoint(), "--duration", "0.5", "--warm-up",
                           "0", "--accounts", "20", "--fund", "20000", "--in-flight", "16"});
    ASSERT_EQ(run.exit_code, 0) << run.out << run.err;
    ASSERT_EQ(server.terminate(), 0);
  }
  ServerProcess other(directory_.path() + "/other");
  ASSERT_TRUE(other.start()) << other.log();
  const json first = drive(other, {});
  EXPECT_EQ(first.at("as_recorded"), first.at("sent"));
  EXPECT_EQ(first.at("otherwise"), json::array());
  EXPECT_GT(first.at("named_by_request_id"), 0) << "captures and reversals";
  EXPECT_EQ(first.at("left_out_unknown_authorization"), 0);
  EXPECT_LT(first.at("approved"), first.at("sent")) << "some were declined, and are so again";
  EXPECT_EQ(first.at("accounts"), 22);
  EXPECT_EQ(first.at("accounts_judged"), 22);
  EXPECT_TRUE(first.at("speed").is_null());

  const json again = drive(other, {});
  EXPECT_EQ(again.at("repeated"), again.at("sent")) << "request ids are those of the log";
  EXPECT_EQ(again.at("digest"), first.at("digest"));

  ServerProcess paced(directory_.path() + "/paced");
  ASSERT_TRUE(paced.start()) << paced.log();
  const json at_speed = drive(paced, {"--speed", "2"});
  EXPECT_EQ(at_speed.at("as_recorded"), at_speed.at("sent"));
  EXPECT_EQ(at_speed.at("latency_us").at("count"), at_speed.at("sent"));
  EXPECT_GE(at_speed.at("seconds").get<double>(),
            0.95 * at_speed.at("recorded_seconds").get<double>() / 2);
}

TEST_F(WalDrive, WhatIsNoLogIsASentence) {
  ServerProcess server(directory_.path() + "/data");
  ASSERT_TRUE(server.start()) << server.log();
  const auto result = run_program("holdfast-bench", {"drive", "--connect", server.endpoint(),
                                                     "--trace", "wal", directory_.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("holds no Holdfast log"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace holdfast::test
