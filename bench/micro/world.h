// An engine with accounts, cards and open holds, and the commands that payments on them need.
//
// By default it is in the state of a server that has run for long: every account has an open hold,
// and each new request id makes an old one be forgotten, so that tables neither grow nor shrink
// however long a benchmark runs. Thread: one owner.
#pragma once

#include <cstdint>
#include <span>

#include "bench/load/random.h"
#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/state_machine.h"

namespace holdfast::bench {

enum class Memory : std::uint8_t {
  steady,   // time moves with each command, so that each forgets an old one
  by_hand,  // the same, but only `pass_time` moves time, and so decides which commands forget
  grows,    // nothing is forgotten, as in a server's first week
};

struct WorldOptions {
  std::uint64_t accounts = 10'000;
  std::uint32_t controls = 0;  // of the program of all cards; 0..limits::controls_max
  Memory memory = Memory::steady;
  bool has_open_holds = true;  // one on each account, besides those of the benchmark
};

class World {
 public:
  explicit World(const WorldOptions& options);

  /// As a turn of the core does it: all are prefetched, then each is applied.
  void apply(std::span<const Command> commands, std::span<Outcome> outcomes);
  /// The same, and ends the program when one is not approved.
  void must_apply(std::span<const Command> commands, std::span<Outcome> outcomes);
  Outcome must_apply(const Command& command);

  // Each with a request id of its own.
  [[nodiscard]] Command authorize() { return authorize(1 + random_.below(accounts_)); }
  [[nodiscard]] Command authorize(std::uint64_t account);
  [[nodiscard]] Command capture(AuthorizationId authorization);  // final, all of it
  [[nodiscard]] Command reverse(AuthorizationId authorization);  // all of it
  [[nodiscard]] Command increment(AuthorizationId authorization);
  [[nodiscard]] Command refund(AuthorizationId authorization);   // linked
  [[nodiscard]] Command transfer();                              // to a random account
  [[nodiscard]] Command advise();                                // held

  /// Of account 1, 2, … and its card.
  [[nodiscard]] static AccountId account_id(std::uint64_t account) {
    return {.low = account, .high = 1};
  }
  [[nodiscard]] static CardToken card_token(std::uint64_t account) {
    return {.low = account, .high = 2};
  }
  [[nodiscard]] StateMachine& engine() { return engine_; }

  /// With Memory::by_hand: as much time as so many commands take. The next ones then forget as many
  /// old ids and ended holds, up to four each.
  void pass_time(std::uint64_t commands) { now_.ns += commands * tick_ns_; }
  /// So many commands after a hold has ended it is forgotten, and its slot is used again. 0: never.
  [[nodiscard]] std::uint64_t commands_until_hold_is_forgotten() const;

 private:
  [[nodiscard]] Command command(CommandKind kind);
  void fill(const WorldOptions& options);
  void add_controls(std::uint32_t controls);
  StateMachine engine_;
  Random random_{1};
  std::uint64_t accounts_;
  std::uint64_t last_request_ = 0;
  // Memory is by time; a time of its own for each command makes it memory by number of commands.
  std::uint64_t tick_ns_ = 0;
  bool ticks_ = true;
  TimestampNs now_{1'700'000'000ULL * kNsPerSecond};
};

}  // namespace holdfast::bench
