// `holdfast-bench restart`: how long a start takes with a snapshot of so many accounts and so much
// log behind it, and what bounds it.
//
// A directory is filled (or one that is given is taken as it is), a holdfastd is started on it, and
// each part of what it did is then done alone: see restart_floors.h. Runs take turns with the
// floors; the report gives medians. Thread: the caller's.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/restart/restart_floors.h"
#include "bench/result.h"

namespace holdfast::bench {

struct RestartOptions {
  /// A server's data directory, taken as it is and kept; filled first when it holds no log. Empty:
  /// a temporary one, removed at the end.
  std::string dir;
  std::string temp_parent;           // where the temporary one is made; empty: the system's place
  std::string server;                // the program; empty: the one beside this
  std::vector<std::string> server_options;
  std::uint32_t accounts = 100'000;  // each with a card
  std::uint64_t records = 200'000;   // in the log behind the snapshot
  std::uint32_t runs = 1;
  bool fill_only = false;            // for a later run on `dir`
};

/// One start of a server, from its process to its line `ready`.
struct ServerStart {
  double seconds = 0;
  double snapshot_seconds = 0;  // as it told
  double replay_seconds = 0;
  std::uint64_t records = 0;
  std::uint64_t accounts = 0;
  std::uint64_t cards = 0;
  std::uint64_t resident_bytes = 0;
  LogPosition position;
  StateDigest digest;
};

struct RestartReport {
  RestartOptions options;
  double fill_seconds = 0;  // 0: it was filled before
  std::vector<ServerStart> starts;
  std::vector<RestartFloors> floors;  // one for each start

  /// The state of each start is the one that the floors came to, bit for bit.
  [[nodiscard]] bool passed() const;
};

[[nodiscard]] Result<RestartReport> run_restart(RestartOptions options);

[[nodiscard]] nlohmann::ordered_json to_json(const RestartReport& report);
[[nodiscard]] std::string to_table(const RestartReport& report);

}  // namespace holdfast::bench
