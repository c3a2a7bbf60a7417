// The report of `holdfast-bench restart`. JSON keys are stable: `seconds`, `rates_per_s`, `ratios`
// hold medians, `runs` each run's figures.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/report/progress.h"
#include "bench/restart/restart_bench.h"
#include "tools/text/ids_text.h"

namespace holdfast::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMiB = 1024.0 * 1024.0;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

template <class Each, class Of>
double median_of(const std::vector<Each>& all, const Of& of) {
  std::vector<double> values;
  for (const Each& one : all) values.push_back(of(one));
  return median(std::move(values));
}

double per_second(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

/// Medians over the runs; ratios are medians of each run's own.
struct Summary {
  explicit Summary(const RestartReport& report) {
    const auto& starts = report.starts;
    const auto& floors = report.floors;
    total = median_of(starts, [](const auto& s) { return s.seconds; });
    snapshot = median_of(starts, [](const auto& s) { return s.snapshot_seconds; });
    replay = median_of(starts, [](const auto& s) { return s.replay_seconds; });
    raw_read = median_of(floors, [](const auto& f) { return f.raw_read_seconds; });
    verified_read = median_of(floors, [](const auto& f) { return f.verified_read_seconds; });
    indexes = median_of(floors, [](const auto& f) { return f.indexes_seconds; });
    load = median_of(floors, [](const auto& f) { return f.load_seconds; });
    apply = median_of(floors, [](const auto& f) { return f.apply_seconds; });
    std::vector<double> replays, raws, keys;
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const auto add = [](std::vector<double>& ratios, double seconds, double of_seconds) {
        if (of_seconds > 0) ratios.push_back(seconds / of_seconds);
      };
      add(replays, floors[i].apply_seconds, starts[i].replay_seconds);
      add(raws, starts[i].snapshot_seconds, floors[i].raw_read_seconds);
      add(keys, starts[i].snapshot_seconds, floors[i].indexes_seconds);
    }
    replay_to_apply = median(std::move(replays));
    load_to_raw_read = median(std::move(raws));
    load_to_indexes = median(std::move(keys));
  }
  double total = 0, snapshot = 0, replay = 0;
  double raw_read = 0, verified_read = 0, indexes = 0, load = 0, apply = 0;
  double replay_to_apply = 0, load_to_raw_read = 0, load_to_indexes = 0;
};

}  // namespace

Json to_json(const RestartReport& report) {
  const Summary summary(report);
  const RestartFloors floors = report.floors.empty() ? RestartFloors{} : report.floors.back();
  const ServerStart start = report.starts.empty() ? ServerStart{} : report.starts.back();
  Json runs = Json::array();
  for (std::size_t i = 0; i < report.starts.size(); ++i) {
    runs.push_back({{"start_s", report.starts[i].seconds},
                    {"snapshot_s", report.starts[i].snapshot_seconds},
                    {"replay_s", report.starts[i].replay_seconds},
                    {"raw_read_s", report.floors[i].raw_read_seconds},
                    {"verified_read_s", report.floors[i].verified_read_seconds},
                    {"indexes_s", report.floors[i].indexes_seconds},
                    {"load_s", report.floors[i].load_seconds},
                    {"apply_s", report.floors[i].apply_seconds}});
  }
  return {{"passed", report.passed()},
          {"accounts", start.accounts},
          {"cards", start.cards},
          {"records", start.records},
          {"snapshot_bytes", floors.snapshot_bytes},
          {"index_keys", floors.index_keys},
          {"resident_bytes", start.resident_bytes},
          {"position", start.position.value},
          {"digest", tools::digest_text(start.digest)},
          {"fill_s", report.fill_seconds},
          {"seconds",
           {{"start", summary.total},
            {"snapshot", summary.snapshot},
            {"replay", summary.replay},
            {"raw_read", summary.raw_read},
            {"verified_read", summary.verified_read},
            {"indexes", summary.indexes},
            {"load", summary.load},
            {"apply", summary.apply}}},
          {"rates_per_s",
           {{"replay", per_second(start.records, summary.replay)},
            {"apply", per_second(floors.commands, summary.apply)}}},
          {"ratios",
           {{"replay_to_apply", summary.replay_to_apply},
            {"load_to_raw_read", summary.load_to_raw_read},
            {"load_to_indexes", summary.load_to_indexes}}},
          {"runs", runs}};
}

std::string to_table(const RestartReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  if (report.fill_seconds > 0) {
    fmt::format_to(out, "filled {} in {:.1f} s\n", report.options.dir, report.fill_seconds);
  }
  if (report.starts.empty()) return text;
  const Summary s(report);
  const ServerStart& start = report.starts.back();
  const RestartFloors& floors = report.floors.back();
  const double snapshot_mib = static_cast<double>(floors.snapshot_bytes) / kMiB;
  fmt::format_to(
      out,
      "start with {} accounts and {} cards: a snapshot of {:.0f} MiB, {} log records behind "
      "it; medians of {} run(s)\n\n",
      with_thousands(start.accounts), with_thousands(start.cards), snapshot_mib,
      with_thousands(start.records), report.starts.size());
  const auto line = [&](std::string_view what, double seconds, const std::string& rate) {
    fmt::format_to(out, "  {:<44} {:>9.3f} s  {:>22}\n", what, seconds, rate);
  };
  const auto bytes = [&](double seconds) {
    return fmt::format("{:.0f} MiB/s", seconds > 0 ? snapshot_mib / seconds : 0);
  };
  const auto rate = [](std::uint64_t count, double seconds, std::string_view unit) {
    return fmt::format(
        "{} {}/s", with_thousands(static_cast<std::uint64_t>(per_second(count, seconds))), unit);
  };
  line("process to ready", s.total, "");
  line("  snapshot loaded", s.snapshot, bytes(s.snapshot));
  line("  log replayed", s.replay, rate(start.records, s.replay, "records"));
  fmt::format_to(out, "alone:\n");
  line("  snapshot read raw", s.raw_read, bytes(s.raw_read));
  line("  snapshot read and verified", s.verified_read, bytes(s.verified_read));
  line("  indexes built from keys in memory", s.indexes,
       rate(floors.index_keys, s.indexes, "keys"));
  line("  snapshot loaded, in this process", s.load, bytes(s.load));
  line("  the same commands applied, from memory", s.apply,
       rate(floors.commands, s.apply, "commands"));
  fmt::format_to(out, "ratios:\n");
  fmt::format_to(out, "  {:<44} {:>9.2f}    of the rate of apply alone\n", "replay",
                 s.replay_to_apply);
  fmt::format_to(out, "  {:<44} {:>9.2f}    times a raw read of the same bytes\n", "snapshot load",
                 s.load_to_raw_read);
  fmt::format_to(out, "  {:<44} {:>9.2f}    times building the indexes alone\n", "snapshot load",
                 s.load_to_indexes);
  fmt::format_to(out, "resident memory when ready: {:.0f} MiB\n",
                 static_cast<double>(start.resident_bytes) / kMiB);
  fmt::format_to(out, "state: {}\n", report.passed() ? "the same digest by each way"
                                                     : "THE DIGESTS DIFFER");
  return text;
}

}  // namespace holdfast::bench
