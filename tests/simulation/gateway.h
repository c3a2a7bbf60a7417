// A gateway: keeps one connection to the server, sends commands and inquiries as frames of the real
// protocol, and believes only what arrives.
//
// It knows what it asked for and has no answer to. When the connection ends it asks for all of that
// again, with the same request ids, on the next one: so does every gateway of good will. Each
// answer must be the one to the oldest open question of this connection; anything else is a
// Violation. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "net/protocol/codec.h"
#include "tests/model/random_source.h"
#include "tests/simulation/coverage.h"
#include "tests/simulation/fault_mix.h"
#include "tests/simulation/link.h"
#include "tests/simulation/oracle.h"

namespace holdfast::simulation {

class Gateway {
 public:
  Gateway(std::uint32_t number, std::uint64_t seed, const FaultMix& mix, Oracle& oracle,
          Coverage& coverage);

  [[nodiscard]] bool is_connected() const { return link_ != nullptr; }
  [[nodiscard]] bool may_send() const { return is_connected() && !closing_ && !wants_to_close_; }
  [[nodiscard]] bool has_credit() const {
    return may_send() && under_way_.size() < mix_.under_way_max;
  }
  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }
  [[nodiscard]] std::size_t to_resend() const { return to_resend_.size(); }

  /// A new connection, greeted at once.
  void connect(std::shared_ptr<Link> link);
  void send(const Command& command);
  /// One of the commands without an answer; false when there is none.
  bool resend_one();
  void send_inquiry(RequestKind kind, const Inquiry& inquiry);
  void send_heartbeat();
  /// A whole frame that the server must refuse, or (`damaged`) bytes that end the connection.
  void send_bad(bool damaged);
  void say_goodbye();
  /// Cuts the connection without a word.
  void cut();
  /// A command that is under way, for somebody else to send as well; null when there is none.
  [[nodiscard]] const Command* any_under_way();
  void also_send(const Command& command) { to_resend_.push_back(command); }

  /// Takes what has arrived. Call also after the end of the connection, for the last of it.
  void receive();
  /// Turns since the oldest open question made no progress, for the watch over liveness.
  [[nodiscard]] std::uint64_t turns_without_answer() const { return turns_waited_; }
  void note_turn() { turns_waited_ = under_way_.empty() ? 0 : turns_waited_ + 1; }

 private:
  enum class Kind : std::uint8_t { hello, command, inquiry, heartbeat, goodbye, bad, damaged };
  struct Asked {
    Kind kind{};
    std::uint64_t correlation = 0;
    RequestKind inquiry_kind{};
    Command command;
    Inquiry inquiry;
  };

  Asked& ask(Kind kind);
  void put(std::size_t bytes);
  void take_answer(const net::Frame& frame);
  void take_view(const Asked& asked, const net::Frame& frame);
  void disconnected();

  std::uint32_t number_;
  model::RandomSource random_;
  const FaultMix& mix_;
  Oracle& oracle_;
  Coverage& coverage_;
  std::shared_ptr<Link> link_;
  bool closing_ = false;         // goodbye or a damaged frame was sent
  bool wants_to_close_ = false;
  std::uint64_t next_correlation_ = 1;
  std::uint64_t turns_waited_ = 0;
  std::deque<Asked> under_way_;  // in the order of asking
  std::deque<Command> to_resend_;
  std::vector<std::byte> frame_;
};

}  // namespace holdfast::simulation
