// A zone's rules enter the log when a policy is put; whoever replays that log decides alike,
// whatever zone files its machine has, or has not.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "persistence/posix_file_io.h"
#include "persistence/recovery.h"
#include "tests/engine/commands.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

// One payment of 60.00 fits a London day, two fit a London month.
constexpr std::string_view kPolicy = R"({"version": 1, "currency": "GBP", "categories": [],
  "controls": [
    {"id": 1, "scope": "card", "effect": "cap_window", "amount_max": "100.00",
     "window": {"kind": "day", "zone": "Europe/London"}},
    {"id": 2, "scope": "card", "effect": "cap_window", "count_max": 2,
     "window": {"kind": "month", "zone": "Europe/London"}}]})";

/// Sets TZDIR for the programs that are run while it lives.
class ZoneFiles {
 public:
  explicit ZoneFiles(const std::string& directory) {
    if (const char* before = std::getenv("TZDIR")) before_ = before;
    ::setenv("TZDIR", directory.c_str(), 1);
  }
  ~ZoneFiles() { before_.empty() ? ::unsetenv("TZDIR") : ::setenv("TZDIR", before_.c_str(), 1); }
  ZoneFiles(const ZoneFiles&) = delete;
  ZoneFiles& operator=(const ZoneFiles&) = delete;

 private:
  std::string before_;
};

/// Seconds since 1970 of moments around the ends of London's days in 2027.
constexpr std::int64_t kWinterDay_s = 1'800'000'000 - 1'800'000'000 % 86'400;  // 2027-01-15T00:00Z
constexpr std::int64_t kForward_s = 1'806'195'600;                             // 2027-03-28T01:00Z
constexpr std::int64_t kBack_s = 1'824'944'400;                                // 2027-10-31T01:00Z

/// Goes on with the log that a stopped server left, at times of its own.
std::map<Decision, int> pay_across_windows(const std::string& dir) {
  auto io = persistence::PosixFileIo::make().value();
  StateMachine engine;
  persistence::OpenLogOptions options;
  options.dir = dir;
  auto opened = persistence::open_log(
      *io, options,
      [&](const Command& command, const Outcome& outcome) -> std::optional<std::string> {
        if (engine.apply(command, outcome.time) == outcome) return std::nullopt;
        return "decided otherwise";
      });
  if (!opened) throw std::runtime_error(opened.error().text());
  std::map<Decision, int> decisions;
  std::uint64_t request = 90'000;
  for (const std::int64_t midnight : {kWinterDay_s, kForward_s - 3'600, kForward_s + 22 * 3'600,
                                      kBack_s - 7'200, kBack_s + 23 * 3'600}) {
    for (const std::int64_t offset : {-1, 0, 1, 3'599, 3'600, 7'200}) {
      const auto time_s = static_cast<std::uint64_t>(midnight + offset);
      const Command command = authorize(++request, kCard, 60'00);
      const Outcome outcome = engine.apply(command, {time_s * kNsPerSecond});
      EXPECT_TRUE(engine.must_log(outcome));
      opened->writer->append(command, outcome);
      ++decisions[outcome.decision];
    }
  }
  EXPECT_TRUE(opened->writer->close()) << opened->writer->failure();
  opened->writer.reset();
  io->close(opened->lock);
  return decisions;
}

/// Position and digest, or what went wrong.
std::string replayed(const std::string& data_dir) {
  const ProcessResult result = run_program("holdfast", {"wal", "replay", data_dir, "--json"});
  if (result.exit_code != 0) return result.out + result.err;
  const Json report = Json::parse(result.out);
  return std::to_string(report["position"].get<std::uint64_t>()) + " " +
         report["digest"].get<std::string>();
}

TEST(ZoneFilesOfTheMachine, TakeNoPartInAReplay) {
  const TemporaryDirectory directory;
  const std::string data = directory.path() + "/data";
  const std::string policy = directory.path() + "/policy.json";
  std::ofstream(policy) << kPolicy;
  const auto check = [&] { return run_program("holdfast", {"program", "check", policy}); };
  ServerProcess server(data);
  ASSERT_TRUE(server.start()) << server.log();
  {
    net::Client client = server.connect();
    for (const Command& command :
         {create_account(1, kFunding, 0, kAccountMayGoNegative), create_account(2, kCustomer, 0),
          put_program(3, 0, 86'400), create_card(4, kCard, kCustomer),
          transfer(5, kFunding, kCustomer, 1'000'000'00)}) {
      ASSERT_EQ(client.execute(command)->decision, Decision::approved);
    }
  }
  const ProcessResult put = run_program(
      "holdfast", {"--connect", server.endpoint(), "program", "put", "0", policy});
  ASSERT_EQ(put.exit_code, 0) << put.err;
  ASSERT_EQ(server.terminate(), 0) << server.log();
  const auto decisions = pay_across_windows(data);
  // 14 and 15 January, 27 and 28 March, 30 and 31 October, 1 November; the third day of March.
  EXPECT_EQ(decisions.at(Decision::approved), 7);
  EXPECT_GT(decisions.at(Decision::over_count_limit), 0);
  EXPECT_EQ(decisions.at(Decision::over_amount_limit),
            30 - 7 - decisions.at(Decision::over_count_limit));

  const std::string empty = directory.path() + "/no-zones";
  const std::string wrong = directory.path() + "/wrong-zones";
  fs::create_directory(empty);
  fs::create_directories(wrong + "/Europe");
  const char* zones = std::getenv("TZDIR");
  const fs::path here = zones != nullptr && *zones != '\0' ? zones : "/usr/share/zoneinfo";
  fs::copy_file(here / "Asia" / "Tokyo", wrong + "/Europe/London");

  const std::string expected = replayed(data);
  const std::string checked = check().out;
  std::string of_wrong;
  {
    const ZoneFiles none(empty);
    EXPECT_NE(check().exit_code, 0) << "this directory has no zones";
    EXPECT_EQ(replayed(data), expected);
  }
  {
    const ZoneFiles others(wrong);
    EXPECT_EQ(check().exit_code, 0);
    EXPECT_NE(check().out, checked) << "this London is Tokyo";
    EXPECT_EQ(replayed(data), expected);
    // The server, too: it compares each decision with the logged one before it serves.
    ASSERT_TRUE(server.start()) << server.log();
    EXPECT_EQ(server.ready().at("recovered_records"), expected.substr(0, expected.find(' ')));
    EXPECT_EQ(server.terminate(), 0);
    of_wrong = replayed(data);  // it released holds that were due
  }
  EXPECT_EQ(replayed(data), of_wrong);
}

}  // namespace
}  // namespace holdfast::test
