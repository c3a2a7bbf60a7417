// The report of `holdfast-bench snapshot-cost`. JSON keys are stable: `ratios` are of medians.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/report/progress.h"
#include "bench/snapshots/snapshot_cost.h"

namespace holdfast::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMiB = 1024.0 * 1024.0;

template <class Of>
double median_of(const SnapshotCostReport& report, bool has_snapshot, const Of& of) {
  std::vector<double> values;
  for (const CostWindow& window : report.windows) {
    if (window.has_snapshot == has_snapshot) values.push_back(of(window));
  }
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double ratio(double of, double to) { return to > 0 ? of / to : 0; }

/// The most of a window to what it began with, and what the load alone would have added to that.
double growth(const CostWindow& window, double alone_bytes_per_s) {
  return ratio(
      static_cast<double>(window.resident_max_bytes),
      static_cast<double>(window.resident_begin_bytes) + alone_bytes_per_s * window.seconds);
}

struct Summary {
  explicit Summary(const SnapshotCostReport& report) {
    const auto rate = [](const CostWindow& w) { return w.per_second(); };
    const auto stalls = [](const CostWindow& w) {
      return ratio(static_cast<double>(w.long_turns), w.seconds);
    };
    quiet_per_s = median_of(report, false, rate);
    snapshot_per_s = median_of(report, true, rate);
    seconds = median_of(report, true, [](const CostWindow& w) { return w.seconds; });
    quiet_growth_bytes_per_s = median_of(report, false, [](const CostWindow& w) {
      return ratio(static_cast<double>(w.resident_max_bytes - w.resident_begin_bytes), w.seconds);
    });
    for (const CostWindow& window : report.windows) {
      if (!window.has_snapshot) continue;
      memory_ratio = std::max(memory_ratio, growth(window, quiet_growth_bytes_per_s));
      memory_with_load_ratio = std::max(memory_with_load_ratio, growth(window, 0));
    }
    quiet_long_turns_per_s = median_of(report, false, stalls);
    snapshot_long_turns_per_s = median_of(report, true, stalls);
  }
  double quiet_per_s = 0, snapshot_per_s = 0, seconds = 0;
  double memory_ratio = 0;            // the worst; what the load adds by itself does not count
  double memory_with_load_ratio = 0;  // it does
  double quiet_growth_bytes_per_s = 0;
  double quiet_long_turns_per_s = 0, snapshot_long_turns_per_s = 0;
};

}  // namespace

Json to_json(const SnapshotCostReport& report) {
  const Summary summary(report);
  Json windows = Json::array();
  for (const CostWindow& w : report.windows) {
    windows.push_back({{"snapshot", w.has_snapshot},
                       {"seconds", w.seconds},
                       {"applied", w.applied},
                       {"applied_per_s", w.per_second()},
                       {"turns", w.turns},
                       {"turns_long", w.long_turns},
                       {"resident_begin_bytes", w.resident_begin_bytes},
                       {"resident_max_bytes", w.resident_max_bytes},
                       {"pages_ahead", w.pages_ahead}});
  }
  return {{"passed", report.passed()},
          {"accounts", report.accounts},
          {"cards", report.cards},
          {"fill_s", report.fill_seconds},
          {"snapshots", report.count(true)},
          {"snapshot_bytes", report.snapshot_bytes},
          {"snapshot_s", summary.seconds},
          {"applied_per_s",
           {{"alone", summary.quiet_per_s}, {"with_snapshot", summary.snapshot_per_s}}},
          {"turns_long_per_s",
           {{"alone", summary.quiet_long_turns_per_s},
            {"with_snapshot", summary.snapshot_long_turns_per_s}}},
          {"copying_longest_ns", report.longest_copying_ns},
          {"turn_longest_ns", report.longest_turn_ns},
          {"snapshot_turn_longest_ns", report.longest_snapshot_turn_ns},
          {"growth_alone_bytes_per_s", summary.quiet_growth_bytes_per_s},
          {"ratios",
           {{"throughput", ratio(summary.snapshot_per_s, summary.quiet_per_s)},
            {"memory", summary.memory_ratio},
            {"memory_with_load", summary.memory_with_load_ratio}}},
          {"windows", windows}};
}

std::string to_table(const SnapshotCostReport& report) {
  const Summary s(report);
  std::string text;
  auto out = std::back_inserter(text);
  if (report.fill_seconds > 0) fmt::format_to(out, "filled in {:.1f} s\n", report.fill_seconds);
  fmt::format_to(
      out,
      "{} snapshot(s) of {} accounts and {} cards under load: {:.0f} MiB each, {:.1f} s "
      "until it counts\n\n",
      report.count(true), with_thousands(report.accounts), with_thousands(report.cards),
      static_cast<double>(report.snapshot_bytes) / kMiB, s.seconds);
  fmt::format_to(
      out, "  window     seconds     commands/s   turns > 1 ms    resident, MiB     at most\n");
  for (const CostWindow& w : report.windows) {
    fmt::format_to(out, "  {:<9} {:>8.2f} {:>14} {:>14} {:>16.0f} {:>11.0f}\n",
                   w.has_snapshot ? "snapshot" : "alone", w.seconds,
                   with_thousands(static_cast<std::uint64_t>(w.per_second())),
                   with_thousands(w.long_turns), static_cast<double>(w.resident_begin_bytes) / kMiB,
                   static_cast<double>(w.resident_max_bytes) / kMiB);
  }
  fmt::format_to(out, "\nthroughput with a snapshot:        {:.2f} of that without (medians)\n",
                 ratio(s.snapshot_per_s, s.quiet_per_s));
  fmt::format_to(out,
                 "memory at most:                    {:.2f} of that without ({:.2f} of that at its "
                 "begin: the load alone adds {:.0f} MiB/s)\n",
                 s.memory_ratio, s.memory_with_load_ratio, s.quiet_growth_bytes_per_s / kMiB);
  fmt::format_to(out, "longest copying in one core turn:  {:.0f} us\n",
                 static_cast<double>(report.longest_copying_ns) / 1e3);
  fmt::format_to(
      out, "core turns above 1 ms, any cause:  {:.1f} a second alone, {:.1f} with a snapshot\n",
      s.quiet_long_turns_per_s, s.snapshot_long_turns_per_s);
  fmt::format_to(out,
                 "longest core turn:                 {:.1f} ms alone, {:.1f} ms with a snapshot\n",
                 static_cast<double>(report.longest_turn_ns) / 1e6,
                 static_cast<double>(report.longest_snapshot_turn_ns) / 1e6);
  if (report.count(true) == 0) fmt::format_to(out, "NO SNAPSHOT WAS COMPLETE: load for longer\n");
  return text;
}

}  // namespace holdfast::bench
