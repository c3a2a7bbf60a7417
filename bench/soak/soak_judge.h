// What the samples of a soak say: whether memory, p99.9 and files stay where they were.
//
// Judged are the samples behind the warm-up. Memory: the slope over them (Theil and Sen's median of
// the slopes between all pairs, which a few odd samples do not move), carried over the time judged,
// against the median. p99.9: the median of the last third against that of the first. Files: the
// most in the last third against the most in the first, as the log grows and is let go with every
// snapshot; both thirds must have seen some. Too few samples or snapshots are not judged, and said
// so. No state; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/stage_times.h"

namespace holdfast::bench {

/// Inside the server, of one sample: by `Stage`.
struct SoakStages {
  std::array<std::uint64_t, kStages> p999_ns{};
  std::array<std::uint64_t, kStages> max_ns{};
  Stage slowest = Stage::total;  // of the largest p99.9; `total`: nothing was recorded
};

struct SoakSample {
  double at_s = 0;  // behind the start of the load
  double answered_per_s = 0;
  std::uint64_t p50_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t p999_ns = 0;
  std::uint64_t max_ns = 0;
  /// Of the machine's pauses above `PauseSignal::kAbove_ns`; nothing: they were not watched.
  std::optional<std::uint64_t> longest_pause_ns;
  std::optional<SoakStages> stages;  // nothing: the server did not tell them
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t files = 0;            // in the data directory
  std::uint64_t directory_bytes = 0;  // of it
  std::uint64_t open_authorizations = 0;
  std::uint64_t authorizations = 0;
  std::uint64_t request_ids = 0;
  std::uint64_t snapshots = 0;        // completed since start
  std::uint64_t snapshot_waits = 0;   // since start: commands that waited for the snapshot's writer
};

struct SoakLimits {
  std::size_t samples_min = 12;        // fewer say nothing
  double memory_growth_max = 0.02;     // of the median, over the time judged
  std::uint64_t memory_spare_bytes = 16 << 20;  // or so much, when that is more
  double p999_growth_max = 0.5;
  double directory_growth_max = 0.25;
  std::uint64_t open_files_spare = 2;
  std::uint64_t snapshots_min = 2;  // in the first third and in the last
};

struct SoakJudgement {
  std::size_t samples = 0;  // judged
  double memory_slope_bytes_per_hour = 0;
  double memory_growth = 0;  // over the time judged, as a part of the median
  double p999_ratio = 0;       // last third to first
  double directory_ratio = 0;  // most of the last third to most of the first
  /// Nothing: too few samples, or for files too few snapshots.
  std::optional<bool> memory_flat;
  std::optional<bool> p999_flat;
  std::optional<bool> files_flat;

  [[nodiscard]] bool all_flat() const {
    return memory_flat.value_or(true) && p999_flat.value_or(true) && files_flat.value_or(true);
  }
};

/// Samples in the order of time; those before `from_s` are the warm-up.
[[nodiscard]] SoakJudgement judge_soak(std::span<const SoakSample> samples, double from_s,
                                       const SoakLimits& limits = {});

/// Median of the slopes between all pairs of points; 0 for fewer than two.
[[nodiscard]] double theil_sen_slope(std::span<const double> x, std::span<const double> y);

}  // namespace holdfast::bench
