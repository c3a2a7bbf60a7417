// The people's command line against a real server of its own, for tests of what it prints and how
// it exits.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/process/server_process.h"

namespace holdfast::tools {

using Json = nlohmann::json;
using test::ProcessResult;
using test::run_program;

class Holdfast : public testing::Test {
 protected:
  Holdfast() : server(directory.path()) { started = server.start(); }
  void SetUp() override { ASSERT_TRUE(started) << server.log(); }

  ProcessResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--connect", server.endpoint()});
    return run_program("holdfast", arguments);
  }
  /// Runs with --json, expects the exit code, returns what was printed.
  Json json(std::vector<std::string> arguments, int exit_code = 0) const {
    arguments.push_back("--json");
    const ProcessResult result = run(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    EXPECT_EQ(result.err, "");
    return Json::parse(result.out, nullptr, false);
  }
  /// Runs, expects that it fails so, returns what was said.
  std::string fails(std::vector<std::string> arguments, int exit_code) const {
    const ProcessResult result = run(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.out << result.err;
    EXPECT_EQ(result.out, "");
    return result.err;
  }
  void open_shop() const {
    json({"account", "create", "1", "--currency", "GBP", "--may-go-negative"});
    json({"account", "create", "1001", "--currency", "GBP"});
    json({"transfer", "--from", "1", "--to", "1001", "1000.00", "--currency", "GBP"});
    json({"card", "create", "4001", "--account", "1001", "--expiry", "2098-09"});
  }

  test::TemporaryDirectory directory;
  test::ServerProcess server;
  bool started = false;
};

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace holdfast::tools
