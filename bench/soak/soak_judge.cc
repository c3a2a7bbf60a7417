#include "bench/soak/soak_judge.h"

#include <algorithm>

#include "bench/report/spread.h"

namespace holdfast::bench {

namespace {

template <class Get>
std::vector<double> values_of(std::span<const SoakSample> samples, Get get) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const SoakSample& sample : samples) values.push_back(static_cast<double>(get(sample)));
  return values;
}

double median_of(std::vector<double> values) { return spread_of(std::move(values)).median; }

/// Median of the last third to that of the first; 1 when there is nothing to divide by.
template <class Get>
double last_to_first(std::span<const SoakSample> samples, Get get) {
  const std::size_t third = samples.size() / 3;
  const double first = median_of(values_of(samples.first(third), get));
  const double last = median_of(values_of(samples.last(third), get));
  return first > 0 ? last / first : 1;
}

template <class Get>
double most_of(std::span<const SoakSample> samples, Get get) {
  return std::ranges::max(values_of(samples, get));
}

void judge_files(std::span<const SoakSample> samples, const SoakLimits& limits,
                 SoakJudgement& judgement) {
  const auto first = samples.first(samples.size() / 3);
  const auto last = samples.last(samples.size() / 3);
  const auto grown = [&](auto get) {
    const double before = most_of(first, get);
    return before > 0 ? most_of(last, get) / before : 1.0;
  };
  judgement.directory_ratio = grown([](const SoakSample& s) { return s.directory_bytes; });
  for (const auto third : {first, last}) {
    if (third.back().snapshots - third.front().snapshots < limits.snapshots_min) return;
  }
  const double growth_max = 1 + limits.directory_growth_max;
  const auto open = [](const SoakSample& s) { return s.open_files; };
  judgement.files_flat =
      judgement.directory_ratio <= growth_max &&
      grown([](const SoakSample& s) { return s.files; }) <= growth_max &&
      most_of(last, open) <= most_of(first, open) + static_cast<double>(limits.open_files_spare);
}

}  // namespace

double theil_sen_slope(std::span<const double> x, std::span<const double> y) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (x[j] != x[i]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  return slopes.empty() ? 0 : median_of(std::move(slopes));
}

SoakJudgement judge_soak(std::span<const SoakSample> samples, double from_s,
                         const SoakLimits& limits) {
  const auto first = std::find_if(samples.begin(), samples.end(),
                                  [&](const SoakSample& sample) { return sample.at_s >= from_s; });
  samples = samples.subspan(static_cast<std::size_t>(first - samples.begin()));
  SoakJudgement judgement;
  judgement.samples = samples.size();
  if (samples.size() < limits.samples_min) return judgement;

  const auto times = values_of(samples, [](const SoakSample& s) { return s.at_s; });
  const auto memory = values_of(samples, [](const SoakSample& s) { return s.resident_bytes; });
  const double slope = theil_sen_slope(times, memory);
  const double grown = slope * (times.back() - times.front());
  const double median = median_of(memory);
  judgement.memory_slope_bytes_per_hour = slope * 3600;
  judgement.memory_growth = median > 0 ? grown / median : 0;
  judgement.memory_flat =
      grown <= std::max(limits.memory_growth_max * median,
                        static_cast<double>(limits.memory_spare_bytes));
  judgement.p999_ratio = last_to_first(samples, [](const SoakSample& s) { return s.p999_ns; });
  judgement.p999_flat = judgement.p999_ratio <= 1 + limits.p999_growth_max;
  judge_files(samples, limits, judgement);
  return judgement;
}

}  // namespace holdfast::bench
