// Many connections with one request under way each, against one connection and against what the
// machine's TCP lets through.
//
// In each round, one after the other: the plain echo (see `run_many_echo`) with one connection,
// with many, with many and durable writes; then holdfastd with one connection and with many, by the
// load generator's closed loop, authorizations only. Same frame lengths, same disk. Holdfast's
// answers are judged, and its books at the end. Threads: the caller's (the main thread, which
// starts holdfastd), the echo's, the load's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/floors/many_echo.h"
#include "bench/floors/own_server.h"
#include "bench/report/spread.h"
#include "bench/result.h"

namespace holdfast::bench {

struct ManyOptions : OwnServerOptions {
  std::uint32_t connections = 64;  // 2 .. kEchoConnectionsMax

  [[nodiscard]] std::string check() const;
};

/// Answers a second.
struct ManyRound {
  double echo_one = 0;
  double echo_many = 0;
  double echo_many_durable = 0;
  double holdfast_one = 0;
  double holdfast_many = 0;
};

struct ManyReport {
  ManyOptions options;
  OwnServerFacts server;
  std::vector<ManyRound> rounds;
  std::uint64_t acknowledged = 0;
  std::vector<std::string> errors;  // answers that cannot be explained, books that do not balance

  [[nodiscard]] bool passed() const { return errors.empty(); }
  [[nodiscard]] Spread rate(double ManyRound::* of) const;
  /// Of each round's `above` to the same round's `below`.
  [[nodiscard]] Spread ratio(double ManyRound::* above, double ManyRound::* below) const;
};

[[nodiscard]] Result<ManyReport> measure_many(const ManyOptions& options);

}  // namespace holdfast::bench
