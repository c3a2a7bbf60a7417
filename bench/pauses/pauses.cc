#include "bench/pauses/pauses.h"

#include <algorithm>

namespace holdfast::bench {

namespace {

constexpr std::uint64_t kLong_ns = 1'000'000;  // of pauses whose rhythm is looked for
constexpr std::uint64_t kRhythmPart = 50;      // "one point" is one part in so many of a period

double share_of(double part, std::uint64_t whole) {
  return whole == 0 ? 0 : part / static_cast<double>(whole);
}

/// Of all moments in the pause, in nanoseconds, those from which more than `wait_ns` is left.
std::uint64_t late_ns(const Pause& pause, std::uint64_t wait_ns, std::uint64_t tick_ns) {
  if (pause.length_ns() <= wait_ns) return 0;
  const std::uint64_t left_ns = pause.length_ns() - wait_ns;
  return tick_ns == 0 ? left_ns : (left_ns + tick_ns - 1) / tick_ns * tick_ns;
}

double late_share(const Pauses& pauses, std::uint64_t wait_ns, std::uint64_t looked_ns,
                  std::uint64_t tick_ns) {
  std::uint64_t sum_ns = 0;
  for (const Pause& pause : pauses) sum_ns += late_ns(pause, wait_ns, tick_ns);
  return share_of(static_cast<double>(sum_ns), looked_ns);
}

/// The smallest wait above which no more than `share` of all moments are; 0: below `kPauseMin_ns`.
std::uint64_t wait_at(const Pauses& pauses, double share, std::uint64_t looked_ns,
                      std::uint64_t tick_ns, std::uint64_t longest_ns) {
  const auto is_rare = [&](std::uint64_t wait_ns) {
    return late_share(pauses, wait_ns, looked_ns, tick_ns) <= share;
  };
  if (is_rare(kPauseMin_ns)) return 0;
  std::uint64_t low_ns = kPauseMin_ns, high_ns = longest_ns;  // not rare; rare
  while (high_ns - low_ns > 1) {
    const std::uint64_t middle_ns = low_ns + (high_ns - low_ns) / 2;
    (is_rare(middle_ns) ? high_ns : low_ns) = middle_ns;
  }
  return high_ns;
}

std::vector<const Pauses*> lists_of(const std::vector<ProcessorPauses>& processors) {
  std::vector<const Pauses*> lists;
  for (const ProcessorPauses& one : processors) lists.push_back(&one.pauses);
  return lists;
}

/// The processors are looked at together, so for as long as the one that was looked at least.
std::uint64_t looked_at_all_ns(const std::vector<ProcessorPauses>& processors) {
  std::uint64_t looked_ns = processors.empty() ? 0 : ~0ULL;
  for (const ProcessorPauses& one : processors) looked_ns = std::min(looked_ns, one.looked_ns);
  return looked_ns;
}

}  // namespace

Pauses any_of(std::span<const Pauses* const> of_processors) {
  Pauses all;
  for (const Pauses* pauses : of_processors) all.insert(all.end(), pauses->begin(), pauses->end());
  std::sort(all.begin(), all.end(),
            [](const Pause& a, const Pause& b) { return a.from_ns < b.from_ns; });
  Pauses merged;
  for (const Pause& pause : all) {
    if (merged.empty() || pause.from_ns > merged.back().until_ns) {
      merged.push_back(pause);
      continue;
    }
    Pause& last = merged.back();
    last.until_ns = std::max(last.until_ns, pause.until_ns);
    last.was_switched_out = last.was_switched_out || pause.was_switched_out;
  }
  return merged;
}

Pauses all_of(std::span<const Pauses* const> of_processors) {
  if (of_processors.empty()) return {};
  Pauses common = *of_processors.front();
  for (const Pauses* pauses : of_processors.subspan(1)) {
    Pauses both;
    auto one = common.cbegin();
    auto other = pauses->cbegin();
    while (one != common.cend() && other != pauses->cend()) {
      const std::uint64_t from_ns = std::max(one->from_ns, other->from_ns);
      const std::uint64_t until_ns = std::min(one->until_ns, other->until_ns);
      if (from_ns < until_ns) {
        both.push_back({from_ns, until_ns, one->was_switched_out || other->was_switched_out});
      }
      ++(one->until_ns < other->until_ns ? one : other);
    }
    common = std::move(both);
  }
  return common;
}

PauseFigures figures_of(const Pauses& pauses, std::uint64_t looked_ns, std::uint64_t tick_ns) {
  PauseFigures figures;
  for (const Pause& pause : pauses) {
    figures.longest_ns = std::max(figures.longest_ns, pause.length_ns());
  }
  for (std::size_t i = 0; i < kPauseThresholds_ns.size(); ++i) {
    PauseFigures::Above& above = figures.above[i];
    std::uint64_t sum_ns = 0;
    for (const Pause& pause : pauses) {
      if (pause.length_ns() <= kPauseThresholds_ns[i]) continue;
      ++above.count;
      sum_ns += pause.length_ns();
    }
    above.share = share_of(static_cast<double>(sum_ns), looked_ns);
    above.late_share = late_share(pauses, kPauseThresholds_ns[i], looked_ns, tick_ns);
  }
  figures.wait_p99_ns = wait_at(pauses, 0.01, looked_ns, tick_ns, figures.longest_ns);
  figures.wait_p999_ns = wait_at(pauses, 0.001, looked_ns, tick_ns, figures.longest_ns);
  return figures;
}

// The part of the period, as it goes round, in which pauses end that lost the most time together.
Rhythm rhythm_of(const Pauses& pauses, std::uint64_t period_ns) {
  struct End {
    std::uint64_t at_ns;  // within the period
    std::uint64_t lost_ns;
  };
  std::vector<End> ends;
  std::uint64_t all_ns = 0;
  for (const Pause& pause : pauses) {
    if (pause.length_ns() <= kLong_ns) continue;
    ends.push_back({pause.until_ns % period_ns, pause.length_ns()});
    all_ns += pause.length_ns();
  }
  const std::size_t count = ends.size();
  std::sort(ends.begin(), ends.end(), [](const End& a, const End& b) { return a.at_ns < b.at_ns; });
  for (std::size_t i = 0; i < count; ++i) {
    ends.push_back({ends[i].at_ns + period_ns, ends[i].lost_ns});
  }
  Rhythm rhythm{.pauses = count};
  std::uint64_t lost_ns = 0, most_ns = 0;
  for (std::size_t first = 0, behind = 0; first < count; ++first) {
    while (behind < first + count &&
           ends[behind].at_ns - ends[first].at_ns < period_ns / kRhythmPart) {
      lost_ns += ends[behind++].lost_ns;
    }
    if (lost_ns > most_ns) {
      most_ns = lost_ns;
      rhythm.at_one_point = behind - first;
    }
    lost_ns -= ends[first].lost_ns;
  }
  rhythm.share = share_of(static_cast<double>(most_ns), all_ns);
  return rhythm;
}

PauseFigures ProcessorPauses::figures(std::uint64_t tick_ns) const {
  PauseFigures figures = figures_of(pauses, looked_ns, tick_ns);
  figures.longest_ns = std::max(figures.longest_ns, longest_ns);
  return figures;
}

double ProcessorPauses::switched_out_share() const {
  std::uint64_t sum_ns = 0;
  for (const Pause& pause : pauses) sum_ns += pause.was_switched_out ? pause.length_ns() : 0;
  return share_of(static_cast<double>(sum_ns), looked_ns);
}

PauseFigures PausesSeen::in_any() const {
  PauseFigures figures = figures_of(any_of(lists_of(processors)),
                                    looked_at_all_ns(processors), tick_ns);
  for (const ProcessorPauses& one : processors) {
    figures.longest_ns = std::max(figures.longest_ns, one.longest_ns);
  }
  return figures;
}

PauseFigures PausesSeen::in_all() const {
  return figures_of(all_of(lists_of(processors)), looked_at_all_ns(processors), tick_ns);
}

Rhythm PausesSeen::rhythm() const { return rhythm_of(any_of(lists_of(processors))); }

std::optional<double> PausesSeen::steal_share() const {
  std::uint64_t steal_ns = 0, looked_ns = 0;
  for (const ProcessorPauses& one : processors) {
    if (!one.steal_ns) return std::nullopt;
    steal_ns += *one.steal_ns;
    looked_ns += one.looked_ns;
  }
  return share_of(static_cast<double>(steal_ns), looked_ns);
}

}  // namespace holdfast::bench
