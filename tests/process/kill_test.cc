// SIGKILL under load and while snapshots are taken, again and again: what was acknowledged is there with the same answer, what was
// not is decided once when it is sent again, and no money is made or lost.
//
//   HOLDFAST_KILLS=200 HOLDFAST_SEED=1 process_test --gtest_filter='Kill.*'
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <random>
#include <unordered_map>

#include "engine/state_machine.h"
#include "tests/engine/commands.h"
#include "tests/process/log_replay.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

constexpr std::uint64_t kCustomers = 50;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// One gateway that knows what it asked and what it was told.
class Gateway {
 public:
  explicit Gateway(std::uint64_t seed) : random_(seed) {}

  void set_up(net::Client& client) {
    ask(client, create_account(next_request(), kFunding, 0, kAccountMayGoNegative));
    ask(client, create_account(next_request(), kSettlement, 0, kAccountMayGoNegative));
    ask(client, put_program(next_request(), 1, 1, kSettlement));  // holds of one second: some expire
    ask(client, put_program(next_request(), 2, 86'400, kSettlement));
    for (std::uint64_t i = 0; i < kCustomers; ++i) {
      ask(client, create_account(next_request(), 100 + i, 5'000));
      ask(client, create_card(next_request(), 1000 + i, 100 + i, 1 + i % 2));
    }
  }

  /// Sends pipelined commands until `acknowledged` more answers came, then lets `kill` happen with
  /// requests under way, and takes what still arrives.
  template <class Kill>
  void load(net::Client& client, std::uint64_t acknowledged, Kill&& kill) {
    const std::uint64_t goal = answers_.size() + acknowledged;
    bool killed = false;
    std::vector<net::ClientReply> replies;
    while (true) {
      while (!killed && waiting_.size() < 64) submit(client, random_command());
      if (!client.flush_some() && killed) break;
      replies.clear();
      const auto received = killed ? client.receive_some(replies) : client.receive(replies);
      for (const net::ClientReply& reply : replies) take(reply);
      if (!received) break;
      if (!killed && answers_.size() >= goal) {
        kill();
        killed = true;
      }
    }
    for (const Command& command : waiting_) unresolved_.push_back(command);
    waiting_.clear();
  }

  /// Everything unanswered is asked again with the same request id; now there is an answer.
  void resolve(net::Client& client) {
    for (const Command& command : unresolved_) ask(client, command);
    unresolved_.clear();
  }

  /// Asks again what was answered before: `most` of the last, all if 0.
  void check_answers(net::Client& client, std::size_t most) {
    const std::size_t first = most == 0 || asked_.size() < most ? 0 : asked_.size() - most;
    for (std::size_t i = first; i < asked_.size(); ++i) {
      const auto again = client.execute(asked_[i]);
      ASSERT_TRUE(again.has_value()) << again.error().message;
      Outcome expected = answers_.at(asked_[i].request_id.low);
      expected.flags |= kOutcomeRepeated;
      ASSERT_EQ(*again, expected) << "request " << asked_[i].request_id.low << ", a "
                                  << command_name(asked_[i].kind) << ", lost its answer";
    }
  }

  [[nodiscard]] const std::unordered_map<std::uint64_t, Outcome>& answers() const { return answers_; }

 private:
  std::uint64_t next_request() { return ++last_request_; }

  Command random_command() {
    const std::uint64_t customer = random_() % kCustomers;
    const auto amount = static_cast<std::int64_t>(random_() % 400 + 1);
    switch (random_() % 10) {
      case 0: return transfer(next_request(), kFunding, 100 + customer, amount);
      case 1: case 2: case 3: case 4: case 5: {
        Command command = authorize(next_request(), 1000 + customer, amount);
        authorizations_.push_back(command.request_id);
        if (authorizations_.size() > 500) authorizations_.pop_front();
        return command;
      }
      case 6: case 7: case 8: {
        Command command = capture(next_request(), 0, amount, random_() % 2 == 0);
        command.capture.original_request = original();
        return command;
      }
      default: {
        Command command = reverse(next_request(), 0);
        command.reverse.original_request = original();
        return command;
      }
    }
  }

  RequestId original() {
    return authorizations_.empty() ? RequestId{1, 0}
                                   : authorizations_[random_() % authorizations_.size()];
  }

  void submit(net::Client& client, const Command& command) {
    client.submit(command);
    waiting_.push_back(command);
  }

  void take(const net::ClientReply& reply) {
    ASSERT_FALSE(waiting_.empty());
    const auto* outcome = std::get_if<Outcome>(&reply.body);
    ASSERT_NE(outcome, nullptr);
    note(waiting_.front(), *outcome);
    waiting_.pop_front();
  }

  void note(const Command& command, Outcome outcome) {
    outcome.flags &= static_cast<std::uint16_t>(~kOutcomeRepeated);
    ASSERT_TRUE(answers_.emplace(command.request_id.low, outcome).second);
    asked_.push_back(command);
  }

  void ask(net::Client& client, const Command& command) {
    const auto outcome = client.execute(command);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    note(command, *outcome);
  }

  std::mt19937_64 random_;
  std::uint64_t last_request_ = 0;
  std::deque<RequestId> authorizations_;
  std::deque<Command> waiting_;       // sent, in order
  std::vector<Command> unresolved_;   // sent, the connection was lost
  std::vector<Command> asked_;        // answered
  std::unordered_map<std::uint64_t, Outcome> answers_;
};

TEST(Kill, NothingAcknowledgedIsLost) {
  const std::uint64_t kills = number_from_environment("HOLDFAST_KILLS", 20);
  const std::uint64_t seed = number_from_environment("HOLDFAST_SEED", std::random_device{}());
  std::printf("see it again: HOLDFAST_KILLS=%lu HOLDFAST_SEED=%lu process_test "
              "--gtest_filter=Kill.NothingAcknowledgedIsLost\n", kills, seed);
  const TemporaryDirectory directory;
  const TemporaryDirectory archive;
  ServerProcess server(directory.path(), {"--segment-bytes", "4194304", "--snapshot-log-bytes", "1000000",
                                          "--archive-dir", archive.path()});
  std::mt19937_64 random(seed);
  Gateway gateway(seed);

  ASSERT_TRUE(server.start()) << server.log();
  {
    net::Client client = server.connect();
    gateway.set_up(client);
  }
  for (std::uint64_t round = 0; round < kills; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    net::Client client = server.connect();
    gateway.load(client, 200 + random() % 3000, [&] {
      // Every other time in the middle of a snapshot, wherever that is.
      if (random() % 2 == 0) {
        net::Client operator_client = server.connect();
        ASSERT_TRUE(operator_client.take_snapshot().has_value());
        ::usleep(static_cast<useconds_t>(random() % 20'000));
      }
      server.kill();
    });
    ASSERT_FALSE(HasFatalFailure());
    ASSERT_TRUE(server.start()) << server.log();
    net::Client again = server.connect();
    gateway.check_answers(again, 300);
    gateway.resolve(again);
    ASSERT_FALSE(HasFatalFailure());
  }

  net::Client client = server.connect();
  gateway.check_answers(client, 0);
  const auto status = client.show_status(true);
  ASSERT_TRUE(status.has_value());
  server.kill();
  const ProcessResult verified = run_program(
      "holdfast", {"snapshot", "verify", directory.path(), "--replay", "--archive-dir", archive.path()});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;

  // The log tells the same story: each request id once, each answer as it was told.
  const ReplayedLog log = replay_log(directory.path(), archive.path());
  ASSERT_EQ(log.error, "");
  EXPECT_EQ(log.engine->digest(), status->digest);
  EXPECT_EQ(log.engine->position(), status->position);
  EXPECT_EQ(log.outcomes.size(), gateway.answers().size());
  for (const auto& [request, outcome] : gateway.answers()) {
    const auto logged = log.outcomes.find(request);
    ASSERT_NE(logged, log.outcomes.end()) << "request " << request << " is not in the log";
    ASSERT_EQ(logged->second, outcome) << "request " << request;
  }
  log.engine->check_invariants();
  EXPECT_EQ(log.engine->ledgers_sum(kPounds), Money{0});
  std::printf("%lu kills, %zu answers checked, none lost\n", kills, gateway.answers().size());
}

}  // namespace
}  // namespace holdfast::test
