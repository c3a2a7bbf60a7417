// A load against one server from beginning to end: the population is set up, its balances are read,
// connections are made; then any number of phases, each at its own rate; at the end the books are
// checked over all of them together.
//
// Thread: the caller's; each phase runs its load threads and returns when they have ended.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bench/load/load_thread.h"
#include "bench/load/run_options.h"
#include "bench/result.h"
#include "engine/stage_times.h"

namespace holdfast::bench {

struct PhaseReport {
  LoadCounts counts;
  double measured_s = 0;
  /// The server's stage times in the measured time, or why there are none.
  Result<StageProfile> stages = std::unexpected(std::string("they were not asked for"));
  WatchedPauses pauses;

  [[nodiscard]] double throughput_per_s() const {
    return measured_s > 0 ? static_cast<double>(counts.completions) / measured_s : 0;
  }
};

struct BooksReport {
  /// Nothing: not checked, because the outcome of some requests is unknown.
  std::optional<bool> balances_conserved;
  std::vector<std::string> errors;
};

class LoadSession {
 public:
  /// Checks the options, sets up, connects. `options.rate_per_s`, `warm_up_s` and `duration_s` are
  /// left to the phases.
  [[nodiscard]] static Result<LoadSession> prepare(RunOptions options);

  /// Called by the phase's own thread every 20 ms or so, on a terminal every 200 ms.
  using Watch = std::function<void(LiveProgress& live, std::uint64_t start_ns)>;
  /// `phase.start_ns` is set here: now.
  [[nodiscard]] PhaseReport run(LoadPhase phase, const Watch& watch = {});
  [[nodiscard]] BooksReport check_books();

  [[nodiscard]] const RunOptions& options() const { return *options_; }
  [[nodiscard]] const SetupCounts& setup() const { return setup_; }
  [[nodiscard]] double setup_s() const { return setup_s_; }
  /// A connection was lost for good, or answers never came: no phase can follow.
  [[nodiscard]] bool is_lost() const { return is_lost_; }

 private:
  LoadSession() = default;

  std::unique_ptr<RunOptions> options_;  // threads refer to it
  std::unique_ptr<LiveProgress> live_;
  std::unique_ptr<AckedFile> acked_;
  std::vector<LoadThread> threads_;
  std::vector<AccountBalance> before_;
  SetupCounts setup_;
  double setup_s_ = 0;
  std::uint64_t unknown_outcome_ = 0;
  bool is_lost_ = false;
};

}  // namespace holdfast::bench
