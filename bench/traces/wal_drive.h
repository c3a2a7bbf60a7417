// `holdfast-bench drive --trace wal`: a recorded log sent to another server, at its own times or
// faster, and whether that one decides as the first did.
//
// One connection, pipelined, in the order of the log. At the end each account must hold what the
// last answer about it told: nobody else may move money meanwhile. Thread: the caller's.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bench/endpoint.h"
#include "bench/histogram.h"
#include "bench/result.h"
#include "bench/traces/wal_trace.h"

namespace holdfast::bench {

struct WalDriveOptions {
  Endpoint endpoint;
  std::string dir;
  std::string archive_dir;       // empty: none
  std::size_t in_flight = 2048;  // lowered to what the server allows
  double speed = 0;              // times the recorded speed; 0: as fast as the window allows
  std::string acked_file;        // empty: none
  bool with_digest = true;
};

struct WalDriveReport {
  std::string dir;
  std::uint64_t records = 0;
  std::uint64_t left_out_own = 0;
  std::uint64_t left_out_unknown = 0;
  std::uint64_t renamed = 0;
  std::uint64_t sent = 0;
  std::uint64_t approved = 0;
  std::uint64_t repeated = 0;
  std::uint64_t as_recorded = 0;  // same decision and amount
  /// Decision in the log, decision now → how often, where they differ.
  std::map<std::pair<Decision, Decision>, std::uint64_t> otherwise;
  std::uint64_t accounts = 0;
  std::uint64_t accounts_judged = 0;  // an answer told their ledger
  double speed = 0;                   // 0: not paced
  double recorded_seconds = 0;
  double seconds = 0;
  Histogram latency_ns;               // from the time at which a command was due; paced only
  bool has_digest = false;
  StateDigest digest;
  LogPosition position;
  std::uint64_t errors = 0;
  std::vector<std::string> error_texts;

  /// Each answer explicable, each ledger as told. Deciding otherwise than before is a finding, no
  /// failure: windows and releases by time depend on the speed.
  [[nodiscard]] bool passed() const { return errors == 0; }
};

[[nodiscard]] Result<WalDriveReport> drive_wal(const WalDriveOptions& options);

[[nodiscard]] nlohmann::ordered_json to_json(const WalDriveReport& report);
[[nodiscard]] std::string to_table(const WalDriveReport& report);

}  // namespace holdfast::bench
