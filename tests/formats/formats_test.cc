// Every version of the formats that was ever written is read for ever: log, snapshots, archive, the
// acknowledged answers, by the tools and by a real server. A failure here means that today's code
// no longer reads what stands on somebody's disk: not these files are wrong, but the code.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <vector>

#include "tests/formats/format_files.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string formats_dir() { return std::string(HOLDFAST_SOURCE_DIR) + "/tests/data/formats"; }

std::vector<std::string> versions() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(formats_dir())) {
    if (entry.is_directory()) found.push_back(entry.path().filename());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string text_of(const StateDigest& digest) {
  return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

/// What `now` lacks of `then`, or has otherwise; new fields are welcome. Empty: nothing.
std::string missing(const json& then, const json& now, const std::string& path = "") {
  if (!then.is_object()) {
    return then == now ? "" : fmt::format("{} was {} and is {}", path, then.dump(), now.dump());
  }
  for (const auto& [key, value] : then.items()) {
    if (!now.is_object() || !now.contains(key)) return path + "/" + key + " is gone";
    if (const std::string problem = missing(value, now.at(key), path + "/" + key);
        !problem.empty()) {
      return problem;
    }
  }
  return "";
}

class Formats : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    expected_ = unpack_all(formats_dir() + "/" + GetParam(), dir_.path());
    data_ = dir_.path() + "/data";
    archive_ = dir_.path() + "/archive";
  }
  json run(const std::vector<std::string>& arguments) {
    const ProcessResult result = run_program("holdfast", arguments);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
    return result.exit_code == 0 ? json::parse(result.out) : json();
  }
  /// Serves the files, repeats every answer that was acknowledged then, and goes on.
  void serve(std::uint64_t recovered_records) {
    ServerProcess server(data_, {"--segment-bytes", "4194304", "--archive-dir", archive_});
    ASSERT_TRUE(server.start()) << server.log();
    EXPECT_EQ(server.ready().at("position"), std::to_string(expected_.positions));
    EXPECT_EQ(server.ready().at("recovered_records"), std::to_string(recovered_records));
    const ProcessResult acked = run_program(
        "holdfast-bench",
        {"verify", "--connect", server.endpoint(), dir_.path() + "/acked", "--json", "-"});
    EXPECT_EQ(acked.exit_code, 0) << acked.out << acked.err;
    EXPECT_NE(acked.out.find(std::to_string(expected_.acked)), std::string::npos) << acked.out;
    Command command;
    command.kind = CommandKind::create_account;
    command.request_id = {.low = 0xF0F0, .high = 0xF0F0'F0F0'F0F0'F0F0};
    command.create_account.account = {.low = 0xF0F0, .high = 0xF0F0};
    command.create_account.currency = {978};
    const auto outcome = server.connect().execute(command);
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->decision, Decision::approved);
    ASSERT_EQ(server.terminate(), 0) << server.log();
    ASSERT_TRUE(server.start()) << server.log();
    ASSERT_EQ(server.terminate(), 0) << server.log();
    EXPECT_GT(run({"wal", "replay", data_, "--archive-dir", archive_, "--json"}).at("position"),
              expected_.positions);
  }

  TemporaryDirectory dir_;
  ExpectedOfFormat expected_;
  std::string data_;
  std::string archive_;
};

TEST_P(Formats, TheLogIsReadAndDecidedAlike) {
  const json replay = run({"wal", "replay", data_, "--archive-dir", archive_, "--json"});
  EXPECT_EQ(replay.at("position"), expected_.positions);
  EXPECT_EQ(replay.at("digest"), text_of(expected_.digest));
  EXPECT_EQ(run_program("holdfast", {"wal", "verify", data_}).exit_code, 0);
  EXPECT_EQ(run_program("holdfast", {"wal", "verify", archive_}).exit_code, 0);
}

TEST_P(Formats, TheDumpSaysWhatItSaidThen) {
  const std::vector<json> then = lines_of(read_whole(dir_.path() + "/dump.jsonl"));
  const ProcessResult result =
      run_program("holdfast", {"wal", "dump", data_, "--archive-dir", archive_, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::vector<json> now = lines_of(result.out);
  ASSERT_EQ(now.size(), then.size());
  ASSERT_EQ(then.size(), expected_.positions);
  for (std::size_t i = 0; i < then.size(); ++i) {
    ASSERT_EQ(missing(then[i], now[i]), "") << "position " << i + 1;
  }
}

TEST_P(Formats, TheSnapshotsLoadAndAreTheStateOfTheirPositions) {
  const json told =
      run({"snapshot", "verify", data_, "--replay", "--archive-dir", archive_, "--json"})
          .at("snapshots");
  ASSERT_EQ(told.size(), expected_.snapshots.size());
  for (const json& snapshot : told) {
    const std::uint64_t position = snapshot.at("position");
    ASSERT_TRUE(expected_.snapshots.contains(position)) << position;
    EXPECT_EQ(snapshot.at("replay"), "same digest");
    EXPECT_EQ(snapshot.at("digest"), text_of(expected_.snapshots.at(position)));
  }
}

TEST_P(Formats, AServerStartsFromTheNewestSnapshotAndTheLogAfterIt) {
  serve(expected_.positions - expected_.snapshots.rbegin()->first);
}

TEST_P(Formats, AServerStartsFromArchiveAndLogAlone) {
  for (const auto& entry : fs::directory_iterator(data_)) {
    if (entry.path().extension() == ".snap") fs::remove(entry.path());
  }
  serve(expected_.positions);
}

INSTANTIATE_TEST_SUITE_P(Kept, Formats, testing::ValuesIn(versions()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace holdfast::test
