// The whole server, its gateways, its disk and its clock from one seed, in one thread.
//
// A run is a row of lives of one server over one simulated disk. Each life: start (which a crash
// may interrupt, or a failing call), turns full of traffic and faults, an end (clean, killed, power
// cut, at the n-th disk operation, or a log that cannot be written). After each end the oracle
// judges what the next start recovers. At the end of the run all faults stop, every gateway gets
// all its answers, and the finished log is given to the vandal. Same seed, same code: the same run,
// to the last byte (`trace_hash`). Thread: one; several simulations may run side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "persistence/testing/sim_file_io.h"
#include "tests/model/random_commands.h"
#include "tests/simulation/coverage.h"
#include "tests/simulation/fault_mix.h"
#include "tests/simulation/gateway.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/server.h"

namespace holdfast::simulation {

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);

  /// Runs to the end. Throws Violation.
  void run();

  [[nodiscard]] const Coverage& coverage() const { return coverage_; }
  [[nodiscard]] const FaultMix& mix() const { return mix_; }
  [[nodiscard]] std::uint64_t trace_hash() const;
  /// Where it is, for the message of a failure.
  [[nodiscard]] std::string where() const;
  [[nodiscard]] std::uint64_t decided() const { return oracle_.history().size(); }

 private:
  enum class End : std::uint8_t { clean, kill, power, answered, operation, log_failed };

  // simulation.cc: lives
  bool start_server();
  bool try_start(bool with_faults);
  void judge_refusal(const Server::Failure& failure);
  void judge_lying_disk();
  void judge_older_snapshot(persistence::SimFileIo& twin);
  void note_recovery(const persistence::RecoveryReport& report);
  [[nodiscard]] DurabilityOptions durability() const;
  void end_life(End end);
  void process_ends(bool power_fails, bool all_old);
  void run_last_life();
  void judge_archive();

  // traffic.cc: what happens in a life
  End live();
  void warm_up();
  void turn_gateways(bool quiet);
  void send_something(Gateway& gateway);
  void send_inquiry(Gateway& gateway);
  void connect(Gateway& gateway);
  std::size_t turn_server();
  void move_bytes();
  void deliver_all();
  void turn_faults();
  void step_clock();
  void try_second_server();
  void fill_volume(std::uint64_t turns);
  void watch_liveness();
  void watch_snapshots();
  void judge_failure();
  Command next_command();

  const std::uint64_t seed_;
  const FaultMix mix_;
  model::RandomSource random_;
  model::RandomCommands world_;
  Coverage coverage_;
  Oracle oracle_;
  SimClock clock_;
  persistence::SimFileIo io_;
  EngineConfig config_;
  std::vector<Gateway> gateways_;
  std::vector<std::shared_ptr<Link>> links_;
  std::unique_ptr<Server> server_;
  std::uint64_t life_ = 0;
  std::uint64_t starts_ = 0;
  std::uint64_t turn_ = 0;
  std::uint64_t quiet_turns_ = 0;
  std::uint64_t slow_turns_ = 0;   // gateway 0 does not read
  std::uint64_t full_turns_ = 0;   // the volume is full
  std::uint64_t off_turns_ = 0;    // the clock is behind
  std::uint64_t failures_before_ = 0;  // that the disk had told before this life
  LogPosition snapshot_told_;          // the newest that was told to count
};

}  // namespace holdfast::simulation
