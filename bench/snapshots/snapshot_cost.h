// `holdfast-bench snapshot-cost`: what a server under load pays for a snapshot, in throughput, in
// memory and in stalls of its core.
//
// A directory is filled (or one that is given is used), a holdfastd is started on it, and
// `holdfast-bench run` loads it from a process of its own, which checks every answer. Meanwhile
// windows take turns: some seconds of load alone, then a snapshot from the asking until it counts.
// Rates are the server's own count of commands applied. Thread: the caller's.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/result.h"

namespace holdfast::bench {

struct SnapshotCostOptions {
  /// Used and kept, filled first when it holds no log; its accounts must be those of `accounts`.
  /// Empty: a temporary one, removed at the end.
  std::string dir;
  std::string temp_parent;
  std::string server;                       // the program; empty: the one beside this
  std::vector<std::string> server_options;  // besides those that this command needs
  std::uint32_t accounts = 100'000;         // each with a card
  std::uint32_t connections = 4;
  std::uint32_t in_flight = 512;
  double rate_per_s = 0;                    // open loop; 0: closed
  double load_seconds = 20;                 // windows are measured for so long
  double window_seconds = 3;                // of load alone
};

struct CostWindow {
  bool has_snapshot = false;
  double seconds = 0;
  std::uint64_t applied = 0;             // commands
  std::uint64_t turns = 0;               // of the core
  std::uint64_t long_turns = 0;          // above 1 ms by the wall clock, whatever the reason
  std::uint64_t resident_begin_bytes = 0;
  std::uint64_t resident_max_bytes = 0;
  std::uint64_t pages_ahead = 0;         // with a snapshot: copied because they were to change

  [[nodiscard]] double per_second() const {
    return seconds > 0 ? static_cast<double>(applied) / seconds : 0;
  }
};

struct SnapshotCostReport {
  SnapshotCostOptions options;
  double fill_seconds = 0;  // 0: it was filled before
  std::uint64_t accounts = 0;
  std::uint64_t cards = 0;
  std::uint64_t snapshot_bytes = 0;
  std::vector<CostWindow> windows;
  // That a snapshot's steps took of one turn, as the core says.
  std::uint64_t longest_copying_ns = 0;
  std::uint64_t longest_turn_ns = 0;           // without a snapshot under way
  std::uint64_t longest_snapshot_turn_ns = 0;  // with one
  std::uint64_t snapshots_failed = 0;
  bool load_passed = false;  // every answer right, the books balanced

  [[nodiscard]] bool passed() const {
    return load_passed && snapshots_failed == 0 && count(true) > 0;
  }
  [[nodiscard]] std::size_t count(bool has_snapshot) const;
};

[[nodiscard]] Result<SnapshotCostReport> run_snapshot_cost(SnapshotCostOptions options);

[[nodiscard]] nlohmann::ordered_json to_json(const SnapshotCostReport& report);
[[nodiscard]] std::string to_table(const SnapshotCostReport& report);

}  // namespace holdfast::bench
