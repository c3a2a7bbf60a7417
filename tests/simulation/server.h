// One life of a server: what `holdfastd` composes, over the simulated disk and clock, in one
// thread.
//
// Start: the log is recovered into a fresh engine (or behind a snapshot), the limits are
// configured, queues and sessions are made. Then `turn` is one turn of everything. Destroying it is
// the end of the process as far as memory goes; what becomes of the disk is told to the disk
// (`crash`, `kill`). Thread: the simulation's.
#pragma once

#include <expected>
#include <memory>
#include <vector>

#include "engine/journal.h"
#include "engine/snapshot_loader.h"
#include "persistence/log_recycler.h"
#include "persistence/recovery.h"
#include "persistence/snapshot_writer.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/sessions.h"

namespace holdfast::simulation {

inline const std::string kDataDir = "/data";
inline const std::string kArchiveDir = "/archive";

/// The time of the simulated machine: that of the world, and what an operator's hand did to it.
struct SimClock {
  model::RandomCommands& world;
  std::int64_t off_by_ns = 0;
  [[nodiscard]] TimestampNs now() const {
    return {world.now().ns + static_cast<std::uint64_t>(off_by_ns)};
  }
  /// Never goes back, whatever the operator does; each look takes a while.
  [[nodiscard]] std::uint64_t monotonic_ns() { return ran_ns += 20'000; }
  std::uint64_t ran_ns = 0;
};

/// The log, and beside it somebody who takes notes of what is decided.
class WatchedJournal {
 public:
  WatchedJournal(persistence::WalWriter& log, Oracle& oracle) : log_(log), oracle_(oracle) {}
  [[nodiscard]] JournalState state() const {
    if (log_.state() == JournalState::no_space) oracle_.note_no_space();
    return log_.state();
  }
  void append(const Command& command, const Outcome& outcome) {
    oracle_.appended(command, outcome);
    log_.append(command, outcome);
  }
  std::size_t pump() { return log_.pump(); }
  [[nodiscard]] LogPosition appended_through() const { return log_.appended_through(); }
  [[nodiscard]] LogPosition submitted_through() const { return log_.submitted_through(); }
  [[nodiscard]] LogPosition durable_through() const { return log_.durable_through(); }
  void note_idle() { log_.note_idle(); }
  [[nodiscard]] std::uint64_t bytes_written() const { return log_.bytes_written(); }
  [[nodiscard]] std::uint64_t writes() const { return log_.writes(); }

 private:
  persistence::WalWriter& log_;
  Oracle& oracle_;
};
static_assert(Journal<WatchedJournal>);

/// How a server keeps what it knows: its log, snapshots and archive.
struct DurabilityOptions {
  persistence::OpenLogOptions log;       // `archive_dir` too
  std::uint64_t snapshot_log_bytes = 0;  // 0: none are taken
  std::uint32_t snapshot_steps = 1;      // pieces of its writer's work a turn, at most
};

/// What a start gave: the machine, from a snapshot and the log behind it, and those records.
struct Recovered {
  StateMachine machine;
  std::vector<persistence::Record> records;
  persistence::OpenedLog opened;
};
[[nodiscard]] std::expected<Recovered, persistence::RecoveryError> recover(
    persistence::SimFileIo& io, const persistence::OpenLogOptions& options);

class Server {
 public:
  using Failure = persistence::RecoveryError;

  /// On success `records` holds what was replayed behind `report().snapshot_position`.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, Failure> start(
      persistence::SimFileIo& io, const DurabilityOptions& options, const FaultMix& mix,
      SimClock& clock, Oracle& oracle, Coverage& coverage,
      std::vector<persistence::Record>& records);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// As holdfastd does after recovery: the limits of the world, when they are not in force yet.
  void configure(const EngineConfig& config);
  void accept(std::shared_ptr<Link> link, std::size_t network_thread);
  /// Reads what arrived, one core turn, writes what was answered. Returns how much it did.
  std::size_t turn();
  /// Stops as after SIGTERM: takes no more, answers what is under way, closes the log. False when
  /// the log could not be closed.
  [[nodiscard]] bool stop();

  [[nodiscard]] bool has_failed() const { return log_.state() == JournalState::failed; }
  [[nodiscard]] persistence::WalWriter& log() { return log_; }
  /// The newest snapshot that was told to count; zero: none.
  [[nodiscard]] LogPosition newest_snapshot() const {
    return snapshots_ == nullptr ? LogPosition{} : snapshots_->report().newest_position;
  }
  [[nodiscard]] const StateMachine& engine() const { return engine_; }
  [[nodiscard]] const persistence::RecoveryReport& report() const { return opened_.report; }

 private:
  Server(persistence::SimFileIo& io, const DurabilityOptions& options, StateMachine machine,
         persistence::OpenedLog opened, const FaultMix& mix, SimClock& clock, Oracle& oracle,
         Coverage& coverage);
  [[nodiscard]] persistence::IoResult<void> keep_house();

  persistence::SimFileIo& io_;
  const DurabilityOptions options_;
  const FaultMix& mix_;
  SimClock& clock_;
  Coverage& coverage_;
  StateMachine engine_;
  persistence::OpenedLog opened_;
  persistence::WalWriter& log_;
  WatchedJournal journal_;
  Lanes lanes_;
  std::vector<NetworkSide> network_;
  std::unique_ptr<persistence::LogRecycler> recycler_;
  std::unique_ptr<persistence::SnapshotWriter> snapshots_;
  std::uint64_t turns_ = 0;
  struct Core;  // the real core loop; here only server.cc knows it
  std::unique_ptr<Core> core_;
};

}  // namespace holdfast::simulation
