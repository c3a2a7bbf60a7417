// holdfast-bench run.
#include <charconv>

#include "bench/cli/load_options.h"
#include "bench/cli/subcommands.h"
#include "bench/load/run.h"

namespace holdfast::bench {
namespace {

class RunCommand final : public Subcommand {
 public:
  explicit RunCommand(CLI::App& app)
      : Subcommand(app, "run", "Load a server and check its answers") {
    load_.add_connect(*app_);
    load_.add_load(*app_);
    app_->add_option(
        "--rate", options_.rate_per_s,
        "Open loop: requests a second, all connections together; latency counts from the intended "
        "send time. Without it: closed loop");
    app_->add_option("--duration", options_.duration_s, "Seconds measured")
        ->type_name("SECONDS")->capture_default_str();
    app_->add_option("--warm-up", options_.warm_up_s, "Seconds before that, not measured")
        ->type_name("SECONDS")
        ->capture_default_str();
    app_->add_option("--run-id", run_id_,
                     "High half of the request ids, hexadecimal; random if not given")
        ->type_name("HEX");
    app_->add_flag("--repeats-expected", options_.repeats_expected,
                   "The run id was used before, on purpose");
    app_->add_option("--acked", options_.acked_file,
                     "Keep each acknowledged command and answer for `verify`")
        ->type_name("FILE")->check(can_be_written());
    app_->add_option(
        "--reconnect", options_.reconnect_s,
        "After a lost connection try so many seconds to go on, sending again what was under way")
        ->type_name("SECONDS");
    app_->add_flag("--allow-lost", options_.allow_lost,
                   "A lost connection ends the run but is not a failure");
    app_->add_option("--histogram", histogram_file_,
                     "Write latencies (us) as HdrHistogram text")
        ->type_name("FILE")->check(can_be_written());
    add_output(*app_, output_);
  }

  int run() override {
    if (const auto taken = load_.take(); !taken) return refuse_usage(*app_, taken.error());
    if (!run_id_.empty()) {
      const auto [end, error] =
          std::from_chars(run_id_.data(), run_id_.data() + run_id_.size(), options_.run_id, 16);
      if (error != std::errc{} || end != run_id_.data() + run_id_.size() || options_.run_id == 0) {
        return refuse_usage(
            *app_,
            fmt::format("--run-id \"{}\" is not a hexadecimal number of 64 bits above 0", run_id_));
      }
    }
    if (const auto wrong = options_.check(); !wrong.empty()) return refuse_usage(*app_, wrong);
    const auto report = run_load(options_);
    if (!report) return fail(report.error());
    if (!histogram_file_.empty()) {
      const auto written =
          write_text_file(histogram_file_, report->counts.latency_ns.percentile_text(1000));
      if (!written) return fail(written.error());
    }
    return tell(*report, output_);
  }

 private:
  RunOptions options_;
  LoadOptions load_{options_};
  Output output_;
  std::string histogram_file_;
  std::string run_id_;
};

}  // namespace

std::unique_ptr<Subcommand> make_run(CLI::App& app) {
  return std::make_unique<RunCommand>(app);
}

}  // namespace holdfast::bench
