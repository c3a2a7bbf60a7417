#include "engine/stage_times.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace holdfast {

std::uint64_t StageCounts::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

double StageCounts::mean_ns() const {
  const std::uint64_t n = count();
  return n == 0 ? 0.0 : static_cast<double>(sum_ns) / static_cast<double>(n);
}

std::uint64_t StageCounts::value_at_ns(double quantile) const {
  const std::uint64_t n = count();
  if (n == 0) return 0;
  const double wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(n));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, n);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += buckets[bucket]) < rank) ++bucket;
  return std::min(stage_bucket_highest_ns(bucket), max_ns);
}

StageCounts StageCounts::since(const StageCounts& before) const {
  StageCounts difference;
  std::uint64_t highest_ns = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    difference.buckets[i] = buckets[i] - before.buckets[i];
    if (difference.buckets[i] > 0) highest_ns = stage_bucket_highest_ns(i);
  }
  difference.sum_ns = sum_ns - before.sum_ns;
  // A maximum cannot be taken apart: it is exact if it rose, and else as good as its bucket.
  difference.max_ns = max_ns > before.max_ns ? max_ns : std::min(highest_ns, max_ns);
  return difference;
}

StageProfile StageProfile::since(const StageProfile& before) const {
  StageProfile difference;
  difference.uptime_ns = uptime_ns - before.uptime_ns;
  for (std::size_t i = 0; i < kStages; ++i) {
    difference.stages[i] = stages[i].since(before.stages[i]);
  }
  return difference;
}

Stage StageProfile::slowest_at(double quantile) const {
  Stage slowest = Stage::total;
  std::uint64_t slowest_ns = 0;
  for (std::size_t i = 0; i < kStages; ++i) {
    const auto stage = static_cast<Stage>(i);
    if (stage == Stage::total || stages[i].count() == 0) continue;
    const std::uint64_t value_ns = stages[i].value_at_ns(quantile);
    if (slowest != Stage::total && value_ns <= slowest_ns) continue;
    slowest = stage;
    slowest_ns = value_ns;
  }
  return slowest;
}

std::uint64_t StageBoard::bucket(Stage stage, std::size_t index) const {
  std::uint64_t sum = 0;
  for (const StageTimes& thread : threads_) sum += thread[stage].bucket(index);
  return sum;
}

std::uint64_t StageBoard::sum_ns(Stage stage) const {
  std::uint64_t sum = 0;
  for (const StageTimes& thread : threads_) sum += thread[stage].sum_ns();
  return sum;
}

std::uint64_t StageBoard::max_ns(Stage stage) const {
  std::uint64_t max = 0;
  for (const StageTimes& thread : threads_) max = std::max(max, thread[stage].max_ns());
  return max;
}

}  // namespace holdfast
