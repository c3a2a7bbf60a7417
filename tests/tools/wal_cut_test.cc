// `holdfast wal cut`: what it tells, when it refuses,
// and that a server goes on from what it leaves.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "persistence/wal_format.h"
#include "tests/tools/written_log.h"
#include "tools/text/ids_text.h"

namespace holdfast::tools {
namespace {

using Json = nlohmann::json;
using test::ProcessResult;
using test::run_program;

ProcessResult cut(const std::string& dir, std::uint64_t after, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"wal", "cut", dir, "--after", std::to_string(after)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program("holdfast", arguments);
}

Json replayed(const std::string& dir, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"wal", "replay", dir, "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const ProcessResult result = run_program("holdfast", arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return Json::parse(result.out, nullptr, false);
}

std::string copy_of_cut(const std::string& dir) {
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().filename().string().starts_with("wal-cut-")) return entry.path();
  }
  ADD_FAILURE() << "there is no copy in " << dir;
  return dir;
}

/// A server starts on the log, is at the position, takes a command, and the log is sound.
void expect_a_server_goes_on(const std::string& dir, std::uint64_t position,
                             const std::string& digest) {
  test::ServerProcess server(dir);
  ASSERT_TRUE(server.start()) << server.log();
  EXPECT_EQ(server.ready().at("position"), std::to_string(position)) << server.log();
  const auto ask = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--json", "--connect", server.endpoint()});
    const ProcessResult result = run_program("holdfast", arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Json::parse(result.out, nullptr, false);
  };
  EXPECT_EQ(ask({"status", "--digest"})["digest"], digest);
  EXPECT_EQ(ask({"account", "create", "9999", "--currency", "GBP"})["position"], position + 1);
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_EQ(run_program("holdfast", {"wal", "verify", dir}).exit_code, 0);
  EXPECT_EQ(replayed(dir)["position"], position + 1);
}

class WalCut : public testing::Test {
 protected:
  /// Cuts, and checks that the state is that of the position, in the copy of the log too.
  void expect_cut(std::uint64_t after, std::uint64_t lost) {
    const std::string digest = replayed(log.dir(), {"--until", std::to_string(after)})["digest"];
    const ProcessResult result =
        cut(log.dir(), after, {"--yes-lose", std::to_string(lost), "--json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const Json report = Json::parse(result.out);
    EXPECT_EQ(report["records"], lost);
    EXPECT_EQ(report["copy"], copy_of_cut(log.dir()));
    EXPECT_EQ(replayed(log.dir())["digest"], digest);
    expect_a_server_goes_on(log.dir(), after, digest);
  }

  void transfers(std::size_t count) {
    for (std::size_t at = 0; at < count; ++at) {
      Command command;
      command.kind = CommandKind::transfer;
      command.request_id = {.low = at + 1, .high = 5};
      command.transfer = {.debit = {.low = 1, .high = 0},
                          .credit = {.low = 1001, .high = 0},
                          .amount = Money{1},
                          .currency = CurrencyCode{826}};
      log.append(command, log.engine().apply(
                              command, TimestampNs{WrittenLog::kStartNs + 100 * kNsPerSecond}));
    }
  }

  WrittenLog log;
};

TEST_F(WalCut, TellsWhatIsLostAndCutsNothingWithoutAWord) {
  log.write_a_days_work();
  log.close();
  const ProcessResult result = cut(log.dir(), 4);
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_EQ(
      result.out,
      fmt::format("3 records behind position 4 of {}\n"
                  "  records         3\n"
                  "  positions       5 to 7\n"
                  "  from            2026-11-22T12:00:05.000000000Z\n"
                  "  to              2026-11-22T12:00:07.000000000Z\n"
                  "  commands        2 authorize, 1 capture\n"
                  "  authorizations  1 (ids 1 to 1: they will be given again, to other payments)\n"
                  "  approved        25.00 GBP\n"
                  "  moved           20.00 GBP\n",
                  log.dir()) +
          result.out.substr(result.out.find("  last answers")));
  EXPECT_NE(result.out.find("capture         approved            original_request=5"),
            std::string::npos)
      << result.out;
  EXPECT_NE(result.err.find("3 records would be lost: nothing is cut without your word"),
            std::string::npos)
      << result.err;
  const ProcessResult wrong = cut(log.dir(), 4, {"--yes-lose", "2"});
  EXPECT_EQ(wrong.exit_code, 64);
  EXPECT_NE(wrong.err.find("--yes-lose 2 was given, but 3 records would be lost: nothing is cut"),
            std::string::npos)
      << wrong.err;
  EXPECT_EQ(replayed(log.dir())["position"], 7);
}

/// Runs `wal cut` on a terminal of its own and types `answer` when asked; its exit code.
int cut_on_a_terminal(const std::string& dir, std::uint64_t after, const std::string& answer) {
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path().string() + "/holdfast";
  const std::string position = std::to_string(after);
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::execl(program.c_str(), "holdfast", "wal", "cut", dir.c_str(), "--after", position.c_str(),
            nullptr);
    ::_exit(127);
  }
  EXPECT_GT(child, 0);
  std::string shown;
  bool answered = false;
  char piece[4096];
  for (ssize_t count = 0; (count = ::read(terminal, piece, sizeof piece)) > 0;) {
    shown.append(piece, static_cast<std::size_t>(count));
    if (answered || shown.find("leave all as it is: ") == std::string::npos) continue;
    answered = true;
    const std::string line = answer + "\n";
    EXPECT_EQ(::write(terminal, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  ::close(terminal);
  EXPECT_TRUE(answered) << shown;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

TEST_F(WalCut, OnATerminalThePositionIsTyped) {
  log.write_a_days_work();
  log.close();
  EXPECT_EQ(cut_on_a_terminal(log.dir(), 5, "yes"), 1);
  EXPECT_EQ(cut_on_a_terminal(log.dir(), 5, "55"), 1);
  EXPECT_EQ(replayed(log.dir())["position"], 7);
  EXPECT_EQ(cut_on_a_terminal(log.dir(), 5, "5"), 0);
  EXPECT_EQ(replayed(log.dir())["position"], 5);
}

TEST_F(WalCut, BehindABlock) {
  log.write_a_days_work();
  log.close();
  expect_cut(5, 2);
}

TEST_F(WalCut, InTheMiddleOfABlock) {
  log.write_a_days_work();
  transfers(100);  // in one block
  log.close();
  expect_cut(40, 67);
}

TEST_F(WalCut, AllOfIt) {
  log.write_a_days_work();
  log.close();
  ASSERT_EQ(cut(log.dir(), 0, {"--yes-lose", "7"}).exit_code, 0);
  EXPECT_EQ(replayed(log.dir())["position"], 0);
  // As in a new directory, the server's first record is its configuration.
  test::ServerProcess server(log.dir());
  ASSERT_TRUE(server.start()) << server.log();
  EXPECT_EQ(server.terminate(), 0);
  EXPECT_EQ(replayed(log.dir())["position"], 1);
}

TEST_F(WalCut, AcrossSegments) {
  log.write_a_days_work();
  transfers(60'000);  // two segments and a half
  log.close();
  const std::string before = replayed(log.dir())["digest"];
  expect_cut(20'000, 40'007);
  // Put back, the copy is the whole log again.
  const std::string copy = copy_of_cut(log.dir());
  for (const auto& entry : std::filesystem::directory_iterator(copy)) {
    std::filesystem::rename(entry.path(), log.dir() + "/" + entry.path().filename().string());
  }
  EXPECT_EQ(replayed(log.dir())["digest"], before);
}

TEST_F(WalCut, BeforeDamageTheServerStartsAgain) {
  log.write_a_days_work();
  log.close();
  // The block of position 6: the blocks of the fixture are one sector each, one record a block.
  std::uint64_t offset = 0;
  for (std::uint64_t at = 0; offset == 0 && at < 64 * limits::wal_sector_bytes;
       at += limits::wal_sector_bytes) {
    std::ifstream file(log.first_segment(), std::ios::binary);
    std::vector<std::byte> block(limits::wal_sector_bytes);
    file.seekg(static_cast<std::streamoff>(at));
    file.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size()));
    const persistence::BlockCheck check = persistence::check_block(block);
    if (check.checksum_ok && check.header.record_count() == 1 &&
        check.header.position_first.value == 6) {
      offset = at;
    }
  }
  ASSERT_GT(offset, 0U);
  WrittenLog::flip_byte(log.first_segment(), offset + 200);
  test::ServerProcess refused(log.dir());
  EXPECT_FALSE(refused.start());
  EXPECT_EQ(cut(log.dir(), 6).exit_code, 1) << "position 6 itself cannot be read";
  const ProcessResult told = cut(log.dir(), 5);
  EXPECT_NE(told.out.find("unreadable      1"), std::string::npos) << told.out;
  EXPECT_NE(told.out.find(fmt::format("{} at offset {}", log.first_segment(), offset)),
            std::string::npos)
      << told.out;
  expect_cut(5, 2);
}

TEST_F(WalCut, Refuses) {
  log.write_a_days_work();
  // The fixture's writer still holds the lock.
  const ProcessResult locked = cut(log.dir(), 4, {"--yes-lose", "3"});
  EXPECT_EQ(locked.exit_code, 69);
  EXPECT_NE(locked.err.find("a server uses this directory"), std::string::npos) << locked.err;
  log.close();
  const ProcessResult nothing = cut(log.dir(), 7);
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_NE(nothing.err.find("ends at position 7: there is nothing to cut"), std::string::npos)
      << nothing.err;
  const ProcessResult beyond = cut(log.dir(), 8);
  EXPECT_EQ(beyond.exit_code, 1);
  EXPECT_NE(beyond.err.find("ends at position 7, before 8"), std::string::npos) << beyond.err;
  const test::TemporaryDirectory empty;
  EXPECT_EQ(cut(empty.path(), 1).exit_code, 66);
  EXPECT_TRUE(std::filesystem::is_empty(empty.path()))
      << "no lock file is made in a strange directory";
}

}  // namespace
}  // namespace holdfast::tools
