#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "bench/pauses/pause_watch.h"
#include "bench/pauses/pauses_report.h"
#include "bench/report/latency.h"
#include "bench/report/progress.h"
#include "bench/report/run_report.h"
#include "bench/report/stage_report.h"
#include "bench/soak/soak.h"

namespace holdfast::bench {

namespace {

using Json = nlohmann::ordered_json;

/// Lines of samples in the table; the JSON has all.
constexpr std::size_t kLinesMax = 24;

Json or_null(const std::optional<bool>& value) { return value ? Json(*value) : Json(nullptr); }

Json by_stage_us(const std::array<std::uint64_t, kStages>& of_stage_ns) {
  Json object = Json::object();
  for (std::size_t i = 0; i < kStages; ++i) {
    object[std::string(kStageNames[i])] = static_cast<double>(of_stage_ns[i]) / 1000;
  }
  return object;
}

/// "queue 4.1 ms".
std::string slowest_stage_text(const SoakSample& sample) {
  if (!sample.stages) return "not told";
  const auto slowest = static_cast<std::size_t>(sample.stages->slowest);
  return fmt::format("{} {}", kStageNames[slowest],
                     time_for_people(sample.stages->p999_ns[slowest]));
}

Json sample_to_json(const SoakSample& sample) {
  const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1000; };
  return {{"at_s", sample.at_s},
          {"answered_per_s", sample.answered_per_s},
          {"p50_us", us(sample.p50_ns)},
          {"p99_us", us(sample.p99_ns)},
          {"p999_us", us(sample.p999_ns)},
          {"max_us", us(sample.max_ns)},
          {"longest_pause_us",
           sample.longest_pause_ns ? Json(us(*sample.longest_pause_ns)) : Json(nullptr)},
          {"stages_p999_us", sample.stages ? by_stage_us(sample.stages->p999_ns) : Json(nullptr)},
          {"stages_max_us", sample.stages ? by_stage_us(sample.stages->max_ns) : Json(nullptr)},
          {"resident_bytes", sample.resident_bytes},
          {"open_files", sample.open_files},
          {"files", sample.files},
          {"directory_bytes", sample.directory_bytes},
          {"open_authorizations", sample.open_authorizations},
          {"authorizations", sample.authorizations},
          {"request_ids", sample.request_ids},
          {"snapshots", sample.snapshots},
          {"snapshot_waits", sample.snapshot_waits}};
}

std::string_view flat_text(const std::optional<bool>& flat) {
  return !flat ? "not judged: too few samples or snapshots" : *flat ? "flat" : "NOT FLAT";
}

std::string longest_pause_text(const SoakSample& sample) {
  if (!sample.longest_pause_ns) return "";
  const std::uint64_t longest_ns = *sample.longest_pause_ns;
  return fmt::format(" {:>16}", longest_ns > 0
                                    ? time_for_people(longest_ns)
                                    : "< " + time_for_people(PauseSignal::kAbove_ns));
}

// A line stands for several samples when there are many: the worst of them is told.
void add_samples(std::back_insert_iterator<std::string> out, const SoakReport& report) {
  constexpr auto kLine =
      "  {:>7} {:>10} {:>10} {:>10} {:>10} {:>16} {:>12} {:>6} {:>6} {:>10} {:>10}{}\n";
  fmt::format_to(out, kLine, "s", "per s", "p50", "p99", "p99.9", "slowest stage", "resident MiB",
                 "open", "files", "disk MiB", "snapshots",
                 report.load.watch_pauses ? "    longest pause" : "");
  const std::span<const SoakSample> samples = report.samples;
  const std::size_t step = (samples.size() + kLinesMax - 1) / kLinesMax;
  for (std::size_t i = 0; i < samples.size(); i += step) {
    const auto group = samples.subspan(i, std::min(step, samples.size() - i));
    const SoakSample& s = *std::ranges::max_element(group, {}, &SoakSample::p999_ns);
    fmt::format_to(out, kLine, fmt::format("{:.1f}", s.at_s),
                   with_thousands(static_cast<std::uint64_t>(s.answered_per_s)),
                   time_for_people(s.p50_ns), time_for_people(s.p99_ns),
                   time_for_people(s.p999_ns), slowest_stage_text(s),
                   with_thousands(s.resident_bytes >> 20), s.open_files, s.files,
                   with_thousands(s.directory_bytes >> 20), s.snapshots, longest_pause_text(s));
  }
  if (step > 1) {
    fmt::format_to(out, "  each line is the sample of {} with the largest p99.9\n", step);
  }
}

}  // namespace

nlohmann::ordered_json to_json(const SoakReport& report) {
  const SoakJudgement& judgement = report.judgement;
  Json samples = Json::array();
  for (const SoakSample& sample : report.samples) samples.push_back(sample_to_json(sample));
  return {{"passed", report.passed()},
          {"rate_per_s", report.rate_per_s},
          {"calibrated_per_s", report.calibration
                                   ? Json(report.calibration->throughput_per_s())
                                   : Json(nullptr)},
          {"throughput_per_s", report.phase.throughput_per_s()},
          {"latency_us", latency_to_json(report.phase.counts.latency_ns)},
          {"found_no_room", report.phase.counts.found_no_room},
          {"stages_us", stages_to_json(report.phase.stages)},
          {"stages_slowest_p999", slowest_stage_to_json(report.phase.stages)},
          {"pauses", watched_to_json(report.phase.pauses, report.phase.counts.latency_ns,
                                     report.phase.counts.outside_pauses_ns)},
          {"pauses_error", watch_error_to_json(report.phase.pauses)},
          {"judged_samples", judgement.samples},
          {"memory_flat", or_null(judgement.memory_flat)},
          {"memory_slope_bytes_per_hour", judgement.memory_slope_bytes_per_hour},
          {"memory_growth", judgement.memory_growth},
          {"p999_flat", or_null(judgement.p999_flat)},
          {"p999_last_to_first_third", judgement.p999_ratio},
          {"files_flat", or_null(judgement.files_flat)},
          {"directory_last_to_first_third", judgement.directory_ratio},
          {"left_behind", report.left_behind},
          {"snapshots", report.snapshots},
          {"errors", report.errors},
          {"error_texts", report.error_texts},
          {"balances_conserved", or_null(report.books.balances_conserved)},
          {"balance_errors", report.books.errors},
          {"duration_s", report.options.duration_s},
          {"judged_from_s", report.options.judged_from_s()},
          {"hold_period_s", report.options.hold_period_s},
          {"retention_s", report.options.retention_s},
          {"segment_bytes", report.options.segment_bytes},
          {"snapshot_log_bytes", report.options.snapshot_log_bytes},
          {"settings", settings_to_json(report.load)},
          {"samples", samples}};
}

std::string to_table(const SoakReport& report) {
  const SoakJudgement& judgement = report.judgement;
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "soak: {:.0f} s at {} /s{}, holds for {} s, memory for {} s behind that\n",
                 report.options.duration_s,
                 with_thousands(static_cast<std::uint64_t>(report.rate_per_s)),
                 report.calibration
                     ? fmt::format(" ({:g} % of {})", report.options.percent,
                                   with_thousands(static_cast<std::uint64_t>(
                                       report.calibration->throughput_per_s())))
                     : std::string(),
                 report.options.hold_period_s, report.options.retention_s);
  add_samples(out, report);
  fmt::format_to(out, "  latency  {}\n", latency_line(report.phase.counts.latency_ns));
  text += found_no_room_line(report.phase.counts);
  fmt::format_to(out, "  {}\n", stages_line(report.phase.stages));
  text += watched_to_table(report.phase.pauses, report.phase.counts.latency_ns,
                           report.phase.counts.outside_pauses_ns);
  fmt::format_to(out, "  judged: {} samples from {:.0f} s on\n", judgement.samples,
                 report.options.judged_from_s());
  fmt::format_to(out, "  memory   {} ({:+.2f} % over the time judged, {:+.1f} MiB an hour)\n",
                 flat_text(judgement.memory_flat), judgement.memory_growth * 100,
                 judgement.memory_slope_bytes_per_hour / (1 << 20));
  fmt::format_to(out, "  p99.9    {} (last third {:.2f} times the first)\n",
                 flat_text(judgement.p999_flat), judgement.p999_ratio);
  fmt::format_to(out, "  files    {} (last third {:.2f} times the first), {} left behind\n",
                 flat_text(judgement.files_flat), judgement.directory_ratio,
                 report.left_behind.size());
  for (const std::string& name : report.left_behind) fmt::format_to(out, "  ! {}\n", name);
  fmt::format_to(out, "  snapshots {}; commands waited for their writer {} times\n",
                 report.snapshots,
                 report.samples.empty() ? 0 : report.samples.back().snapshot_waits);
  fmt::format_to(out, "  unexplained answers {}\n", with_thousands(report.errors));
  for (const std::string& error : report.error_texts) fmt::format_to(out, "  ! {}\n", error);
  fmt::format_to(out, "  books    {}\n",
                 !report.books.balances_conserved   ? "not checked"
                 : *report.books.balances_conserved ? "balanced, nothing held"
                                                    : "WRONG");
  for (const std::string& error : report.books.errors) fmt::format_to(out, "  ! {}\n", error);
  return text;
}

}  // namespace holdfast::bench
