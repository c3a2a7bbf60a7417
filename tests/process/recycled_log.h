// A real server whose first log segments were let go, for tests of the tools that read its files:
// small segments, snapshots, an archive, and payments by rules with windows.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "tests/process/data_files.h"
#include "tests/process/server_process.h"

namespace holdfast::test {

class RecycledLog : public testing::Test {
 protected:
  static constexpr std::uint64_t kCards = 200;

  /// `more`: options of the server besides segments of 4 MiB and the archive.
  explicit RecycledLog(std::vector<std::string> more = {"--snapshot-log-bytes", "0"});

  /// Starts the server; accounts, cards and a program with rules: positions 2 and up.
  void open_shop();
  /// `count` authorizations, a capture for every second one that is approved. All acknowledged.
  void pay(net::Client& client, std::uint64_t count);
  /// Two snapshots with more than two segments of payments before each, and some behind; waits
  /// until the log no longer begins with the first command. `snapshots`,
  /// `last` and `digest` are told.
  void run_until_recycled();
  [[nodiscard]] LogPosition snapshot_now();

  [[nodiscard]] bool begins_with_the_first() const;
  /// Runs `holdfast` with --json, expects success.
  [[nodiscard]] static nlohmann::json tool(std::vector<std::string> arguments, int exit_code = 0);
  /// Runs `holdfast`, expects that it fails so, returns what was said.
  [[nodiscard]] static std::string fails(std::vector<std::string> arguments, int exit_code);
  /// `holdfast wal replay` of `dir` up to a position; its digest.
  [[nodiscard]] nlohmann::json replay(const std::string& dir,
                                      std::vector<std::string> more = {}) const;

  const TemporaryDirectory directory;
  const TemporaryDirectory archive;
  const TemporaryDirectory scratch;
  ServerProcess server;
  std::mt19937_64 random{20261126};
  std::uint64_t requests = 1'000'000;  // ids given so far
  std::vector<std::pair<Command, Outcome>> answers;  // to `pay`, in order
  std::vector<LogPosition> snapshots;
  LogPosition last;
  StateDigest digest;
};

}  // namespace holdfast::test
