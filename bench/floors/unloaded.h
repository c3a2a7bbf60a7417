// One request at a time on an idle machine, held against the floor: how much of the answer's time
// is Holdfast's own.
//
// Turns alternate: the floor (an echo with a durable write in the middle, see `EchoServer`), then
// holdfastd, again and again. Both write to the same directory's disk, into files laid out in the
// same way; the client is the same code, on the same thread, with frames of the same length.
// Holdfast's answers are judged, and its books at the end. Threads: the caller's (the main thread,
// which starts holdfastd) and the echo's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/floors/own_server.h"
#include "bench/histogram.h"
#include "bench/result.h"

namespace holdfast::bench {

struct UnloadedOptions : OwnServerOptions {
  UnloadedOptions() { turn_s = 2; }
};

struct UnloadedRound {
  Histogram floor_ns;
  Histogram holdfast_ns;
  /// Holdfast's quantile divided by the floor's.
  [[nodiscard]] double ratio(double quantile) const;
};

struct UnloadedReport {
  UnloadedOptions options;
  OwnServerFacts server;
  std::vector<UnloadedRound> rounds;
  std::uint64_t approved = 0;
  std::uint64_t declined = 0;
  std::vector<std::string> errors;  // answers that cannot be explained, books that do not balance

  [[nodiscard]] bool passed() const { return errors.empty(); }
};

[[nodiscard]] Result<UnloadedReport> measure_unloaded(const UnloadedOptions& options);

}  // namespace holdfast::bench
