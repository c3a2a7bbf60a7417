// holdfast-bench sweep.
#include "bench/cli/load_options.h"
#include "bench/cli/subcommands.h"
#include "bench/load/sweep.h"

namespace holdfast::bench {
namespace {

class SweepCommand final : public Subcommand {
 public:
  explicit SweepCommand(CLI::App& app)
      : Subcommand(app, "sweep", "Throughput against latency: open loops at rising rates") {
    load_.add_connect(*app_);
    load_.add_load(*app_);
    app_->add_option("--percent", options_.percents,
                     "Rates of the steps, in percent of saturation, rising")
        ->delimiter(',')
        ->capture_default_str();
    app_->add_option("--saturation", options_.saturation_per_s,
                     "Requests a second that count as saturation; without it a closed loop finds "
                     "it first");
    const auto seconds = [&](const char* name, double& value, const char* what) {
      app_->add_option(name, value, what)->check(CLI::PositiveNumber)->capture_default_str();
    };
    seconds("--step-duration", options_.step_s, "Seconds measured at each rate");
    seconds("--saturation-duration", options_.saturation_s, "Seconds of the closed loop");
    seconds("--unloaded-duration", options_.unloaded_s, "Seconds with one request at a time");
    app_->add_option("--warm-up", options_.warm_up_s, "Seconds before each, not measured")
        ->type_name("SECONDS")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app_->add_option("--histograms", histograms_,
                     "Write each step's latencies (us) as HdrHistogram text to PREFIX-PERCENT.hgrm")
        ->type_name("PREFIX");
    add_output(*app_, output_);
  }

  int run() override {
    if (const auto taken = load_.take(); !taken) return refuse_usage(*app_, taken.error());
    if (const auto wrong = options_.check(); !wrong.empty()) return refuse_usage(*app_, wrong);
    const auto report = sweep(options_);
    if (!report) return fail(report.error());
    if (!histograms_.empty()) {
      for (const SweepStep& step : report->steps) {
        const auto written =
            write_text_file(fmt::format("{}-{}.hgrm", histograms_, step.percent),
                            step.phase.counts.latency_ns.percentile_text(1000));
        if (!written) return fail(written.error());
      }
    }
    return tell(*report, output_);
  }

 private:
  SweepOptions options_;
  LoadOptions load_{options_.load};
  Output output_;
  std::string histograms_;
};

}  // namespace

std::unique_ptr<Subcommand> make_sweep(CLI::App& app) {
  return std::make_unique<SweepCommand>(app);
}

}  // namespace holdfast::bench
