// A gateway with a memory: it knows what it asked and what it was told, whatever happened to the
// server in between.
//
// It asks for authorizations, captures, reversals and transfers of a few customers, all from a
// seed. An answer `cannot_decide_now` is none: the command is kept and asked again. Thread: one at
// a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "net/client/client.h"

namespace holdfast::test {

class Gateway {
 public:
  static constexpr std::uint64_t kCustomers = 50;
  static constexpr std::uint64_t kFirstCustomer = 100;  // their accounts are numbered from there

  explicit Gateway(std::uint64_t seed) : random_(seed) {}

  /// Accounts, cards and two programs; the holds of one of them end after a second.
  void set_up(net::Client& client);

  enum class End : std::uint8_t { asked_to, connection_lost };
  /// Sends pipelined commands until `stop` says so, which is asked after each answer; then takes
  /// what still comes. What has no answer at the end is unresolved.
  End load(net::Client& client, const std::function<bool()>& stop);

  /// Everything unanswered is asked again with the same request id; now there is an answer.
  void resolve(net::Client& client);
  [[nodiscard]] std::size_t unresolved() const { return unresolved_.size(); }
  /// Asks some unresolved command again; whether it was decided now.
  bool try_one(net::Client& client);

  /// Asks again what was answered before: `most` of the last, all if 0.
  void check_answers(net::Client& client, std::size_t most) const;
  /// The same of the first `count` answers, to a server that went on from them.
  void check_first_answers(net::Client& client, std::size_t count) const;
  /// The log of the directory (with its archive) tells the same story: each request id once, each
  /// answer as it was told, every decision recomputed alike, no money made or lost, and the state
  /// that the server told last.
  void check_log(const std::string& data_dir, const std::string& archive_dir,
                 const StatusView& told) const;

  [[nodiscard]] const std::unordered_map<std::uint64_t, Outcome>& answers() const {
    return answers_;
  }
  /// How often it was told `cannot_decide_now`.
  [[nodiscard]] std::uint64_t declined() const { return declined_; }

 private:
  std::uint64_t next_request() { return ++last_request_; }
  Command random_command();
  [[nodiscard]] RequestId original();
  void take(const net::ClientReply& reply);
  void note(const Command& command, Outcome outcome);
  void ask(net::Client& client, const Command& command);
  void check_answers(net::Client& client, std::size_t first, std::size_t end) const;

  std::mt19937_64 random_;
  std::uint64_t last_request_ = 0;
  std::deque<RequestId> authorizations_;
  std::deque<Command> waiting_;      // sent, in order
  std::deque<Command>
      unresolved_;  // sent, without an answer: the connection was lost, or the log full
  std::vector<Command> asked_;       // answered
  std::unordered_map<std::uint64_t, Outcome> answers_;
  std::uint64_t declined_ = 0;
};

/// A number from the environment: how often, which seed.
[[nodiscard]] std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise);

}  // namespace holdfast::test
