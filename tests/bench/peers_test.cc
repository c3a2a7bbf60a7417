// holdfast-bench peers and unloaded with real servers, tiny: answers right, books balanced, nothing
// left behind on any way out. Peers that are not installed are said loudly and left out.
#include "bench/peers/peers.h"

#include <gtest/gtest.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/processes/child_process.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

using json = nlohmann::json;
using bench::PeerAnswer;
using bench::PeerDecision;
using bench::PeerRequest;
using bench::PeerTally;

class PeersTest : public ::testing::Test {
 protected:
  std::string in_directory(const std::string& name) const { return directory_.path() + "/" + name; }
  json json_of(const std::string& name) const {
    std::ifstream file(in_directory(name));
    return json::parse(file);
  }
  /// Where the servers work; nothing may be left in it.
  std::string work() const {
    std::filesystem::create_directory(in_directory("work"));
    // A server that runs as another user has to pass through.
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0711));
    return in_directory("work");
  }
  std::vector<std::string> peers_arguments(double turn_s) const {
    // The search for the best shape starts some hundred servers' processes: by request only.
    const char* trial_s = std::getenv("HOLDFAST_PEERS_TRIAL");
    return {"peers",    "--data-dir", work(),   "--accounts", "500",
            "--rounds", "1",          "--turn", std::to_string(turn_s),
            "--trial",  trial_s == nullptr ? "0" : trial_s,
            "--json",   in_directory("peers.json")};
  }
  /// Processes that name the directory in their command line, or stand in it.
  std::vector<std::string> processes_at_work() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "cmdline");
      std::string line;
      std::getline(file, line);
      for (char& c : line) c = c == 0 ? ' ' : c;
      std::error_code ignored;  // it may just have ended
      const std::string stands = std::filesystem::read_symlink(entry.path() / "cwd", ignored);
      if ((line + "\n" + stands).find(in_directory("work")) != std::string::npos) {
        found.push_back(line);
      }
    }
    return found;
  }
  bool within(std::chrono::seconds longest, auto condition) const {
    const auto until = std::chrono::steady_clock::now() + longest;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  /// Starts `peers` for a long time and waits until its servers run.
  pid_t start_long_run() const {
    std::vector<std::string> arguments = peers_arguments(500);
    arguments.insert(arguments.begin(), std::string(HOLDFAST_BIN_DIR) + "/holdfast-bench");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
      execv(argv[0], argv.data());
      _exit(127);
    }
    // The bench itself names the directory as well.
    EXPECT_TRUE(within(std::chrono::seconds(120), [&] { return processes_at_work().size() >= 2; }));
    return pid;
  }

  TemporaryDirectory directory_;
};

TEST(DirectoryClosedTo, NamesTheFirstThatTheUserMayNotEnter) {
  const TemporaryDirectory directory;
  const std::string inner = directory.path() + "/outer/inner";
  std::filesystem::create_directories(inner);
  const bench::User other{.name = "other", .uid = 65'001, .gid = 65'001};
  const auto set = [](const std::string& path, int mode) {
    std::filesystem::permissions(path, std::filesystem::perms(mode));
  };
  set(directory.path(), 0711);
  set(directory.path() + "/outer", 0755);
  set(inner, 0755);
  EXPECT_EQ(bench::directory_closed_to(other, inner), std::nullopt);
  set(inner, 0700);
  EXPECT_EQ(bench::directory_closed_to(other, inner), inner);
  set(directory.path() + "/outer", 0754);  // may be listed, but not entered
  EXPECT_EQ(bench::directory_closed_to(other, inner), directory.path() + "/outer");
  const bench::User owner{.name = "owner", .uid = ::getuid(), .gid = ::getgid()};
  EXPECT_EQ(bench::directory_closed_to(owner, inner), std::nullopt);
}

TEST_F(PeersTest, EachGivesRatiosAndBalancedBooks) {
  const auto result = run_program("holdfast-bench", peers_arguments(1));
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const json report = json_of("peers.json");
  EXPECT_EQ(report.at("kind"), "peers");
  EXPECT_TRUE(report.at("passed"));
  EXPECT_EQ(report.at("ratios").size(), 4U);
  const json& contenders = report.at("contenders");
  const json& holdfast = contenders.at("holdfast");
  EXPECT_GT(holdfast.at("pipelined").at("rate_per_s").at("median"), 0);
  EXPECT_GT(holdfast.at("single").at("rate_per_s").at("median"), 0);
  EXPECT_GT(holdfast.at("books").at("approved"), 0);
  for (const std::string peer : {"redis", "postgresql"}) {
    if (!contenders.contains(peer)) {
      const std::string why = report.at("missing").at(peer);
      std::fprintf(stderr, "NOT TESTED: %s: %s\n", peer.c_str(), why.c_str());
      EXPECT_NE(result.out.find("NOT MEASURED: " + peer), std::string::npos) << result.out;
      EXPECT_TRUE(report.at("ratios").at(peer + "_pipelined").is_null());
      EXPECT_TRUE(why.find("install") != std::string::npos) << why;
      continue;
    }
    const json& told = contenders.at(peer);
    EXPECT_TRUE(told.at("books").at("balanced")) << told.dump(2);
    EXPECT_GT(told.at("books").at("approved"), 0) << peer;
    EXPECT_GT(told.at("books").at("asked_again"), 0) << peer;
    EXPECT_EQ(told.at("books").at("declined"), 2) << peer;  // those that must be
    EXPECT_FALSE(told.at("version").get<std::string>().empty());
    for (const std::string way : {"pipelined", "single"}) {
      EXPECT_GT(report.at("ratios").at(peer + "_" + way), 0) << peer << " " << way;
      EXPECT_GT(told.at(way).at("latency_us").at("p50"), 0) << peer << " " << way;
      EXPECT_GT(told.at(way).at("shape").at("connections"), 0) << peer << " " << way;
    }
    EXPECT_EQ(told.at("single").at("shape").at("connections"), 1);
    EXPECT_EQ(told.at("single").at("shape").at("in_flight"), 1);
  }
  EXPECT_TRUE(std::filesystem::is_empty(work()));
  EXPECT_TRUE(processes_at_work().empty());
}

TEST_F(PeersTest, ASignalStopsTheServersAndRemovesWhatTheyWrote) {
  const pid_t pid = start_long_run();
  ASSERT_GT(pid, 0);
  kill(pid, SIGTERM);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGTERM);
  EXPECT_TRUE(std::filesystem::is_empty(work()));
  EXPECT_TRUE(within(std::chrono::seconds(120), [&] { return processes_at_work().empty(); }));
}

TEST_F(PeersTest, TheServersEndWithTheirParentEvenWhenItIsKilled) {
  const pid_t pid = start_long_run();
  ASSERT_GT(pid, 0);
  kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(within(std::chrono::seconds(120), [&] { return processes_at_work().empty(); }))
      << processes_at_work().size() << " are left";
}

TEST_F(PeersTest, UnloadedIsHeldAgainstTheFloor) {
  const auto result = run_program(
      "holdfast-bench", {"unloaded", "--data-dir", work(), "--rounds", "2", "--turn", "0.1",
                         "--accounts", "200", "--json", in_directory("unloaded.json"), "--",
                         "--segment-bytes", "4194304"});
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  const json report = json_of("unloaded.json");
  EXPECT_TRUE(report.at("passed"));
  for (const std::string quantile : {"p50", "p99"}) {
    const json& ratio = report.at("ratios").at(quantile);
    EXPECT_GT(ratio.at("min"), 0);
    EXPECT_LT(ratio.at("max"), 1e5);  // of two latencies of this world
    EXPECT_LE(ratio.at("min"), ratio.at("median"));
    EXPECT_LE(ratio.at("median"), ratio.at("max"));
  }
  ASSERT_EQ(report.at("rounds").size(), 2U);
  const std::uint64_t measured = report.at("holdfast_us").at("count");
  EXPECT_GT(measured, 0U);
  EXPECT_GT(report.at("floor_us").at("count"), 0);
  // Those of the warm-up are answered and judged as well.
  EXPECT_EQ(report.at("approved"), measured + 2 * 50);
  EXPECT_EQ(report.at("settings").at("holdfastd_arguments").size(), 2U);
  EXPECT_TRUE(std::filesystem::is_empty(work()));
}

TEST_F(PeersTest, AServerThatDoesNotStartIsTold) {
  const auto result =
      run_program("holdfast-bench", {"unloaded", "--data-dir", work(), "--", "--no-such-option"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("no-such-option"), std::string::npos) << result.err;
  const auto missing = run_program(
      "holdfast-bench", {"peers", "--data-dir", work(), "--holdfastd", "/nowhere/holdfastd"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.err.find("/nowhere/holdfastd"), std::string::npos) << missing.err;
  EXPECT_TRUE(std::filesystem::is_empty(work()));
}

TEST(PeerTally, JudgesEveryAnswer) {
  const PeerRequest request{.id = 7, .card = 1, .amount = 50};
  const auto errors_of = [&](const PeerAnswer& answer) {
    PeerTally tally;
    tally.judge(request, answer);
    return tally.errors.size();
  };
  EXPECT_EQ(errors_of({PeerDecision::approved, 1, 0}), 0U);
  EXPECT_EQ(errors_of({PeerDecision::approved, 0, 10}), 1U);
  EXPECT_EQ(errors_of({PeerDecision::approved, 1, -1}), 1U);
  EXPECT_EQ(errors_of({PeerDecision::insufficient_funds, 0, 49}), 0U);
  EXPECT_EQ(errors_of({PeerDecision::insufficient_funds, 0, 50}), 1U);
  EXPECT_EQ(errors_of({PeerDecision::other, 0, 0}), 1U);
}

/// A peer in memory that can be told to lie.
class PretendedPeer final : public bench::PeerConnection {
 public:
  PretendedPeer() {
    EXPECT_EQ(pipe(ends_), 0);
  }
  ~PretendedPeer() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  int descriptor() const override { return ends_[0]; }
  bench::Result<void> send(const PeerRequest& request) override {
    if (is_silent) return {};
    sent_.push_back(request);
    EXPECT_EQ(write(ends_[1], "x", 1), 1);
    return {};
  }
  bench::Result<bool> flush() override { return true; }
  bench::Result<void> receive(std::vector<PeerAnswer>& answers) override {
    for (const PeerRequest& request : sent_) {
      char byte = 0;
      EXPECT_EQ(read(ends_[0], &byte, 1), 1);
      answers.push_back({PeerDecision::approved, forgets ? ++last_ : request.id, 10});
    }
    sent_.clear();
    return {};
  }
  bool forgets = false;
  bool is_silent = false;

 private:
  int ends_[2];
  std::vector<PeerRequest> sent_;
  std::uint64_t last_ = 1'000'000;
};

TEST(ClosedLoop, KeepsAllUnderWayAndFindsAPeerThatForgets) {
  std::vector<std::unique_ptr<bench::PeerConnection>> connections;
  for (int i = 0; i < 3; ++i) connections.push_back(std::make_unique<PretendedPeer>());
  PeerTally tally;
  const auto result = bench::run_closed_loop(
      connections, {.in_flight = 5, .duration_s = 0.05, .accounts = 10, .sample = 4}, tally);
  ASSERT_TRUE(result.has_value()) << result.error();
  EXPECT_GT(result->rate_per_s, 0);
  EXPECT_EQ(tally.approved, tally.next_id - 1);  // nothing sent without its answer
  EXPECT_EQ(result->latency_ns.count(), tally.approved);
  EXPECT_EQ(tally.sample.size(), 4U);
  auto& peer = static_cast<PretendedPeer&>(*connections.front());
  ASSERT_TRUE(bench::ask_again(peer, tally).has_value());
  EXPECT_TRUE(tally.errors.empty());
  peer.forgets = true;
  ASSERT_TRUE(bench::ask_again(peer, tally).has_value());
  EXPECT_EQ(tally.errors.size(), 4U);
  ASSERT_TRUE(bench::ask_what_must_be_declined(peer, 10, tally).has_value());
  EXPECT_EQ(tally.errors.size(), 6U);
}

/// Wakes this thread again and again, as a profiler does.
class SignalsEvery20Ms {
 public:
  SignalsEvery20Ms() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    EXPECT_EQ(sigaction(SIGALRM, &action, &before_), 0);
    const itimerval every{.it_interval = {0, 20'000}, .it_value = {0, 20'000}};
    EXPECT_EQ(setitimer(ITIMER_REAL, &every, nullptr), 0);
  }
  ~SignalsEvery20Ms() {
    const itimerval never{};
    EXPECT_EQ(setitimer(ITIMER_REAL, &never, nullptr), 0);
    EXPECT_EQ(sigaction(SIGALRM, &before_, nullptr), 0);
  }
  SignalsEvery20Ms(const SignalsEvery20Ms&) = delete;
  SignalsEvery20Ms& operator=(const SignalsEvery20Ms&) = delete;

 private:
  struct sigaction before_ = {};
};

TEST(ClosedLoop, GivesASilentPeerUpAlsoWhileSignalsCome) {
  constexpr std::uint64_t kSilenceMax_ns = 200'000'000;
  std::vector<std::unique_ptr<bench::PeerConnection>> connections;
  connections.push_back(std::make_unique<PretendedPeer>());
  auto& peer = static_cast<PretendedPeer&>(*connections.front());
  peer.is_silent = true;
  PeerTally tally;
  const SignalsEvery20Ms signals;
  const auto result = bench::run_closed_loop(
      connections, {.duration_s = 0.01, .silence_max_ns = kSilenceMax_ns}, tally);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error(), "no answer came for 0.2 s");
  const auto answer = bench::ask(peer, {.id = 1, .card = 0, .amount = 1}, kSilenceMax_ns);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error(), "no answer came for 0.2 s");
}

TEST(PeersReport, RatiosAreOfTheSameRound) {
  const bench::ContenderFigures fast{.rates_per_s = {100, 400, 900}};
  const bench::ContenderFigures slow{.rates_per_s = {50, 100, 100}};
  const bench::Spread ratio = bench::ratio_of(fast, slow);
  EXPECT_EQ(ratio.min, 2);
  EXPECT_EQ(ratio.median, 4);
  EXPECT_EQ(ratio.max, 9);
  EXPECT_EQ(bench::spread_of({1, 2}).median, 1.5);
  bench::PeersReport report;
  report.contenders.resize(2);
  EXPECT_TRUE(report.passed());
  report.contenders[1].books.errors.push_back("all held amounts: 1, not 2");
  EXPECT_FALSE(report.passed());
}

}  // namespace
}  // namespace holdfast::test
