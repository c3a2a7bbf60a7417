#include "tests/process/gateway.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/state_machine.h"
#include "tests/engine/commands.h"
#include "tests/process/log_replay.h"

namespace holdfast::test {
namespace {

constexpr std::size_t kPipeline = 64;
constexpr std::size_t kAuthorizationsRemembered = 500;

}  // namespace

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void Gateway::set_up(net::Client& client) {
  ask(client, create_account(next_request(), kFunding, 0, kAccountMayGoNegative));
  ask(client, create_account(next_request(), kSettlement, 0, kAccountMayGoNegative));
  ask(client, put_program(next_request(), 1, 1, kSettlement));
  ask(client, put_program(next_request(), 2, 86'400, kSettlement));
  for (std::uint64_t i = 0; i < kCustomers; ++i) {
    ask(client, create_account(next_request(), kFirstCustomer + i, 5'000));
    ask(client, create_card(next_request(), 1000 + i, kFirstCustomer + i, 1 + i % 2));
  }
}

Gateway::End Gateway::load(net::Client& client, const std::function<bool()>& stop) {
  bool stopped = false;
  End end = End::asked_to;
  std::vector<net::ClientReply> replies;
  while (!stopped || !waiting_.empty()) {
    while (!stopped && waiting_.size() < kPipeline) {
      waiting_.push_back(random_command());
      client.submit(waiting_.back());
    }
    replies.clear();
    const auto received = client.receive(replies);
    for (const net::ClientReply& reply : replies) take(reply);
    if (testing::Test::HasFatalFailure()) return end;
    if (!received) {
      end = End::connection_lost;
      break;
    }
    stopped = stopped || stop();
  }
  unresolved_.insert(unresolved_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
  return end;
}

void Gateway::resolve(net::Client& client) {
  for (std::size_t left = unresolved_.size(); left > 0; --left) {
    const Command command = unresolved_.front();
    unresolved_.pop_front();
    ask(client, command);
    if (testing::Test::HasFatalFailure()) return;
  }
}

bool Gateway::try_one(net::Client& client) {
  if (unresolved_.empty()) unresolved_.push_back(random_command());
  const Command command = unresolved_.front();
  unresolved_.pop_front();
  const std::size_t before = asked_.size();
  ask(client, command);
  return asked_.size() > before;
}

void Gateway::check_answers(net::Client& client, std::size_t most) const {
  check_answers(client, most == 0 || asked_.size() < most ? 0 : asked_.size() - most,
                asked_.size());
}

void Gateway::check_first_answers(net::Client& client, std::size_t count) const {
  ASSERT_LE(count, asked_.size());
  check_answers(client, 0, count);
}

void Gateway::check_answers(net::Client& client, std::size_t first, std::size_t end) const {
  std::vector<net::ClientReply> replies;
  std::size_t sent = first;
  for (std::size_t checked = first; checked < end;) {
    while (sent < end && sent - checked < kPipeline) client.submit(asked_[sent++]);
    replies.clear();
    const auto received = client.receive(replies);
    ASSERT_TRUE(received.has_value()) << received.error().message;
    for (const net::ClientReply& reply : replies) {
      const Command& command = asked_[checked++];
      const auto* again = std::get_if<Outcome>(&reply.body);
      ASSERT_NE(again, nullptr);
      Outcome expected = answers_.at(command.request_id.low);
      expected.flags |= kOutcomeRepeated;
      ASSERT_EQ(*again, expected) << "request " << command.request_id.low << ", a "
                                  << command_name(command.kind) << ", lost its answer";
    }
  }
}

void Gateway::check_log(const std::string& data_dir, const std::string& archive_dir,
                        const StatusView& told) const {
  const ReplayedLog log = replay_log(data_dir, archive_dir, told.position);
  ASSERT_EQ(log.error, "");
  EXPECT_EQ(log.digest_there, told.digest) << "at position " << told.position.value;
  for (const auto& [request, outcome] : answers_) {
    const auto logged = log.outcomes.find(request);
    ASSERT_NE(logged, log.outcomes.end()) << "request " << request << " is not in the log";
    ASSERT_EQ(logged->second, outcome) << "request " << request;
  }
  EXPECT_LE(log.outcomes.size(), answers_.size() + unresolved_.size())
      << "the log holds what nobody asked for";
  log.engine->check_invariants();
  EXPECT_EQ(log.engine->ledgers_sum(kPounds), Money{0});
}

Command Gateway::random_command() {
  const std::uint64_t customer = random_() % kCustomers;
  const auto amount = static_cast<std::int64_t>(random_() % 400 + 1);
  switch (random_() % 10) {
    case 0: return transfer(next_request(), kFunding, kFirstCustomer + customer, amount);
    case 1: case 2: case 3: case 4: case 5: {
      Command command = authorize(next_request(), 1000 + customer, amount);
      authorizations_.push_back(command.request_id);
      if (authorizations_.size() > kAuthorizationsRemembered) authorizations_.pop_front();
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

RequestId Gateway::original() {
  return authorizations_.empty() ? RequestId{1, 0}
                                 : authorizations_[random_() % authorizations_.size()];
}

void Gateway::take(const net::ClientReply& reply) {
  ASSERT_FALSE(waiting_.empty());
  const auto* outcome = std::get_if<Outcome>(&reply.body);
  ASSERT_NE(outcome, nullptr);
  note(waiting_.front(), *outcome);
  waiting_.pop_front();
}

void Gateway::note(const Command& command, Outcome outcome) {
  if (outcome.decision == Decision::cannot_decide_now) {
    ++declined_;
    unresolved_.push_back(command);
    return;
  }
  outcome.flags &= static_cast<std::uint16_t>(~kOutcomeRepeated);
  ASSERT_TRUE(answers_.emplace(command.request_id.low, outcome).second);
  asked_.push_back(command);
}

void Gateway::ask(net::Client& client, const Command& command) {
  const auto outcome = client.execute(command);
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  note(command, *outcome);
}

}  // namespace holdfast::test
