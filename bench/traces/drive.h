// `holdfast-bench drive`: a trace's payments sent to a server, in the order of the file, and the
// sums that come back.
//
// One connection, pipelined: a capture follows its authorization without waiting, since it names it
// by request id. As fast as the window allows, or each row at its own time, so many times faster
// than it was recorded: then latency counts from the time at which it was due.
// Thread: the caller's.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/endpoint.h"
#include "bench/load/acked_file.h"
#include "bench/load/run_options.h"
#include "bench/result.h"
#include "bench/traces/trace.h"

namespace holdfast::bench {

struct DriveOptions {
  Endpoint endpoint;
  TraceKind kind{};
  std::string path;
  TraceOptions trace;
  std::size_t in_flight = 2048;  // lowered to what the server allows
  std::string acked_file;        // empty: none
  bool with_digest = true;
  double speed = 0;              // times the recorded speed; 0: as fast as the window allows
};

struct DriveReport {
  TraceKind kind{};
  std::string path;
  std::uint64_t rows = 0;
  std::uint64_t approved = 0;  // rows of which every step was approved
  /// Rows not approved, by the decision of the step that failed first.
  std::array<std::uint64_t, kDecisionNumbers> declined{};
  std::uint64_t repeated = 0;            // commands of rows answered as repeats
  std::uint64_t accounts = 0;            // customers
  std::uint64_t rows_balance_equal = 0;  // Berka
  Money balances_sum;                    // Berka: customers' ledgers at the end
  std::optional<Money> balance_min;      // Berka: lowest customer's ledger in any reply
  Money purchases_sum;                   // purchase cards: captured
  Money refunds_sum;                     // purchase cards
  Money currency_sum;                    // all ledgers of the trace's accounts: zero
  Money fund_per_account;
  std::uint64_t mcc_from_row = 0;
  std::uint64_t mcc_imputed = 0;
  std::uint64_t mcc_absent = 0;
  bool has_digest = false;
  StateDigest digest;
  LogPosition position;
  double seconds = 0;  // of the rows alone
  double setup_seconds = 0;
  double speed = 0;              // 0: not paced, and there are no latencies
  double recorded_seconds = 0;   // between the times of the first row and the last
  Histogram latency_ns;          // from the time at which the row was due
  std::uint64_t errors = 0;  // answers that cannot be explained
  std::vector<std::string> error_texts;

  [[nodiscard]] bool passed() const { return errors == 0 && currency_sum.minor == 0; }
};

[[nodiscard]] Result<DriveReport> drive(const DriveOptions& options);

/// Keys that do not apply to the trace are null.
[[nodiscard]] nlohmann::ordered_json to_json(const DriveReport& report);
[[nodiscard]] std::string to_table(const DriveReport& report);

}  // namespace holdfast::bench
