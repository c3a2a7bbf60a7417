#include "bench/load/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/load/load_session.h"
#include "bench/report/progress.h"

namespace holdfast::bench {

namespace {

constexpr std::uint64_t kShowEveryNs = 200'000'000;
constexpr double kNsPerSecondReal = 1e9;

/// The line on a terminal.
class LoadProgress {
 public:
  explicit LoadProgress(const RunOptions& options) : options_(options) {}

  void show(const LiveProgress& live, std::uint64_t start_ns) {
    const std::uint64_t now_ns = monotonic_ns();
    if (last_ns_ == 0) last_ns_ = start_ns;
    if (!line_.is_shown() || now_ns - last_ns_ < kShowEveryNs) return;
    const std::uint64_t answered = live.answered.load(std::memory_order_relaxed);
    const double per_s = static_cast<double>(answered - last_) * kNsPerSecondReal /
                         static_cast<double>(now_ns - last_ns_);
    const double at_s = static_cast<double>(now_ns - start_ns) / kNsPerSecondReal;
    const std::uint64_t lost = live.connections_lost.load(std::memory_order_relaxed);
    line_.show(fmt::format("{:5.1f} of {:.1f} s  {:>11} /s  {:>13} answered  {} errors{}{}", at_s,
                           options_.warm_up_s + options_.duration_s,
                           with_thousands(static_cast<std::uint64_t>(per_s)),
                           with_thousands(answered), live.errors.load(std::memory_order_relaxed),
                           at_s < options_.warm_up_s ? "  (warming up)" : "",
                           lost > 0 ? fmt::format("  connection lost {} time(s)", lost) : ""));
    last_ = answered;
    last_ns_ = now_ns;
  }

 private:
  const RunOptions& options_;
  ProgressLine line_;
  std::uint64_t last_ = 0;
  std::uint64_t last_ns_ = 0;
};

}  // namespace

Result<RunReport> run_load(RunOptions options) {
  auto session = LoadSession::prepare(std::move(options));
  if (!session) return std::unexpected(session.error());
  RunReport report;
  report.options = session->options();
  report.setup = session->setup();
  report.setup_s = session->setup_s();
  {
    LoadProgress progress(report.options);
    PhaseReport phase =
        session->run({.rate_per_s = report.options.rate_per_s,
                      .warm_up_s = report.options.warm_up_s,
                      .duration_s = report.options.duration_s},
                     [&](const LiveProgress& live, std::uint64_t start_ns) {
                       progress.show(live, start_ns);
                     });
    report.counts = std::move(phase.counts);
    report.stages = std::move(phase.stages);
    report.pauses = std::move(phase.pauses);
    report.measured_s = phase.measured_s;
  }
  BooksReport books = session->check_books();
  report.balances_conserved = books.balances_conserved;
  report.balance_errors = std::move(books.errors);
  return report;
}

}  // namespace holdfast::bench
