// `holdfast-bench soak`: whether a server stays as it is under half load for a long time.
//
// It starts a holdfastd of its own in a temporary directory, with short hold periods and retention
// and small segments and snapshots, so that everything that lets go of something runs all the time
// and the tables reach a steady state. Half of what a short closed loop reached is then asked for
// at even intervals, samples are taken every few seconds, and at the end memory, p99.9 and files
// must be as they were after the warm-up. Thread: the caller's.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/load_session.h"
#include "bench/result.h"
#include "bench/soak/soak_judge.h"

namespace holdfast::bench {

struct SoakOptions {
  RunOptions load;        // its rate, warm-up and duration are not used
  std::string server;     // path of holdfastd; empty: the one beside this program
  std::string temp_dir;   // where the data directory is made; empty: the system's
  double duration_s = 600;
  double warm_up_s = 0;   // of these: not judged; 0: three times what holds and memory last
  double calibrate_s = 10;
  double percent = 50;    // of what the calibration reached
  double rate_per_s = 0;  // instead of the calibration
  double sample_s = 5;
  std::uint32_t hold_period_s = 5;
  std::uint32_t retention_s = 5;              // of request ids and of authorizations
  std::uint64_t segment_bytes = 16 << 20;
  std::uint64_t snapshot_log_bytes = 256 << 20;
  std::vector<std::string> server_options;  // besides those that this command needs

  /// Empty when the options agree with each other, else a sentence.
  [[nodiscard]] std::string check() const;
  [[nodiscard]] double judged_from_s() const;
};

struct SoakReport {
  SoakOptions options;
  RunOptions load;
  std::optional<PhaseReport> calibration;
  double rate_per_s = 0;
  PhaseReport phase;
  std::vector<SoakSample> samples;
  SoakJudgement judgement;
  std::uint64_t snapshots = 0;
  std::vector<std::string> left_behind;  // files that should not be there after the server stopped
  BooksReport books;
  std::uint64_t errors = 0;
  std::vector<std::string> error_texts;

  [[nodiscard]] bool passed() const;
};

[[nodiscard]] Result<SoakReport> soak(const SoakOptions& options);

[[nodiscard]] nlohmann::ordered_json to_json(const SoakReport& report);
[[nodiscard]] std::string to_table(const SoakReport& report);

}  // namespace holdfast::bench
