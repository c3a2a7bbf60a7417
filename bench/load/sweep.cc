#include "bench/load/sweep.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/report/progress.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kErrorTextsMax = 10;

class Sweeper {
 public:
  Sweeper(LoadSession& session, SweepReport& report) : session_(session), report_(report) {}

  PhaseReport run(LoadPhase phase, std::string_view what) {
    phase.warm_up_s = report_.options.warm_up_s;
    line_.show(fmt::format("{}, {:.1f} s", what, phase.warm_up_s + phase.duration_s));
    PhaseReport result = session_.run(phase);
    LoadCounts& counts = result.counts;
    report_.errors += counts.errors;
    for (const std::string& text : counts.error_texts) {
      if (report_.error_texts.size() < kErrorTextsMax) report_.error_texts.push_back(text);
    }
    if (!report_.lost) report_.lost = counts.lost;
    if (!report_.pauses_error && !result.pauses) report_.pauses_error = result.pauses.error();
    return result;
  }

 private:
  LoadSession& session_;
  SweepReport& report_;
  ProgressLine line_;
};

void run_steps(Sweeper& sweeper, const LoadSession& session, SweepReport& report) {
  for (const double percent : report.options.percents) {
    if (session.is_lost()) return;
    SweepStep step{.percent = percent,
                   .offered_per_s = report.saturation_per_s * percent / 100.0};
    step.phase = sweeper.run(
        {.rate_per_s = step.offered_per_s, .duration_s = report.options.step_s},
        fmt::format("{} % of saturation, {} /s", percent,
                    with_thousands(static_cast<std::uint64_t>(step.offered_per_s))));
    const bool kept_up = step.kept_up();
    report.steps.push_back(std::move(step));
    if (!kept_up) return;
  }
}

}  // namespace

std::string SweepOptions::check() const {
  if (percents.empty()) return "--percent names no step";
  for (std::size_t i = 0; i < percents.size(); ++i) {
    if (percents[i] <= 0 || percents[i] > 1'000 || (i > 0 && percents[i] <= percents[i - 1])) {
      return "--percent must be numbers above 0 and up to 1000 that rise, as 10,50,80,100";
    }
  }
  if (!(saturation_per_s >= 0)) return "--saturation must be above 0";
  return load.check();
}

const SweepStep* SweepReport::step_at(double percent) const {
  const auto step = std::find_if(steps.begin(), steps.end(),
                                 [&](const SweepStep& s) { return s.percent == percent; });
  return step == steps.end() ? nullptr : &*step;
}

bool SweepReport::passed() const {
  return errors == 0 && !lost && !pauses_error && books.balances_conserved.value_or(false);
}

Result<SweepReport> sweep(const SweepOptions& options) {
  if (const std::string wrong = options.check(); !wrong.empty()) return std::unexpected(wrong);
  auto session = LoadSession::prepare(options.load);
  if (!session) return std::unexpected(session.error());
  SweepReport report;
  report.options = options;
  report.load = session->options();
  Sweeper sweeper(*session, report);
  report.unloaded = sweeper.run(
      {.duration_s = options.unloaded_s, .connections = 1, .in_flight = 1},
      "one request at a time");
  report.saturation_per_s = options.saturation_per_s;
  if (options.saturation_per_s == 0 && !session->is_lost()) {
    report.closed_loop = sweeper.run({.duration_s = options.saturation_s}, "closed loop");
    report.saturation_per_s = report.closed_loop->throughput_per_s();
  }
  if (report.saturation_per_s > 0) run_steps(sweeper, *session, report);
  report.books = session->check_books();
  return report;
}

}  // namespace holdfast::bench
