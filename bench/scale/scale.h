// `holdfast-bench scale`: what the number of accounts does to throughput, memory and start.
//
// For each size a data directory is filled and a holdfastd started on it; then all servers are up
// and take turns in rounds, so that a machine that drifts drifts for all. The load asks for
// authorizations on cards at random, keeps no state by account (its own misses would count as the
// server's) and checks that each is approved for exactly its amount. Thread: the caller's, and one
// for each connection.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/report/spread.h"
#include "bench/result.h"

namespace holdfast::bench {

struct ScaleOptions {
  std::vector<std::uint32_t> accounts{10'000, 100'000, 1'000'000};  // each with a card; rising
  std::uint32_t rounds = 5;
  double turn_s = 2;  // of one server in a round
  std::uint32_t connections = 2;
  std::uint32_t in_flight = 2'048;  // of each connection
  std::string temp_parent;          // where the directories are made; empty: the system's place
  std::string server;               // the program; empty: the one beside this
  std::vector<std::string> server_options;
  std::uint64_t seed = 1;
};

struct ScaleRow {
  std::uint32_t accounts = 0;
  double fill_s = 0;                  // making its directory
  double start_s = 0;                 // of its server, from the process to the line `ready`
  std::uint64_t resident_bytes = 0;   // of its server after the start: also what answered the setup
  double bytes_per_account = 0;       // account, card and their indexes; see `measure_table_bytes`
  std::vector<double> rates_per_s;    // by round
  std::vector<double> of_smallest;    // its rate to that of the first, by round
};

struct ScaleReport {
  ScaleOptions options;
  std::vector<ScaleRow> rows;
  std::uint64_t approved = 0;
  std::vector<std::string> errors;  // answers that cannot be explained, the first few

  [[nodiscard]] bool passed() const { return errors.empty() && approved > 0; }
};

[[nodiscard]] Result<ScaleReport> measure_scale(const ScaleOptions& options);

/// What this process grows by, for each account, when an engine in it gets so many with a card
/// each. The engine forgets request ids at once, so that they do not count.
[[nodiscard]] double measure_table_bytes(std::uint32_t accounts);

[[nodiscard]] nlohmann::ordered_json to_json(const ScaleReport& report);
[[nodiscard]] std::string to_table(const ScaleReport& report);

}  // namespace holdfast::bench
