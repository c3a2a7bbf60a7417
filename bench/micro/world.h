// An engine with accounts, cards and open holds, and the commands that payments on them need.
//
// By default it is in the state of a server that has run for long: every account has an open hold,
// and each new request id makes an old one be forgotten, so that tables neither grow nor shrink
// however long a benchmark runs. `Memory::grows` keeps everything, as in a server's first week.
// Thread: one owner.
#pragma once

#include <cstdint>
#include <span>

#include "bench/load/random.h"
#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/state_machine.h"

namespace holdfast::bench {

enum class Memory : std::uint8_t { steady, grows };

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

  [[nodiscard]] StateMachine& engine() { return engine_; }

 private:
  [[nodiscard]] Command command(CommandKind kind);
  void fill(const WorldOptions& options);
  void add_controls(std::uint32_t controls);
  /// Time moves with each command, so that memory by time is memory by number of commands.
  [[nodiscard]] TimestampNs tick(std::uint64_t commands);

  StateMachine engine_;
  Random random_{1};
  std::uint64_t accounts_;
  std::uint64_t last_request_ = 0;
  std::uint64_t tick_ns_ = 0;
  TimestampNs now_{1'700'000'000ULL * kNsPerSecond};
};

}  // namespace holdfast::bench
