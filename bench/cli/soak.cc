// holdfast-bench soak.
#include "bench/cli/load_options.h"
#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/processes/teardown.h"
#include "bench/soak/soak.h"
#include "tools/text/bytes_option.h"

namespace holdfast::bench {
namespace {

class SoakCommand final : public Subcommand {
 public:
  explicit SoakCommand(CLI::App& app)
      : Subcommand(app, "soak", "Half load for a long time: does the server stay as it is?") {
    options_.load.population.accounts = 100'000;
    // Room for what comes due in some ten milliseconds: what finds none waits in the generator, and
    // a short pause of the server becomes a long queue there.
    options_.load.connections = 8;
    options_.load.in_flight = 1024;
    const auto option = [&](const char* name, auto& value, const char* what) {
      return app_->add_option(name, value, what)->capture_default_str();
    };
    option("--duration", options_.duration_s, "Seconds of load")->type_name("SECONDS");
    option("--warm-up", options_.warm_up_s,
           "Seconds of these that are not judged; 0: three times hold period and retention")
        ->type_name("SECONDS");
    option("--percent", options_.percent, "Rate, in percent of what a closed loop reaches first");
    option("--calibrate", options_.calibrate_s, "Seconds of that closed loop")
        ->type_name("SECONDS");
    option("--rate", options_.rate_per_s, "Requests a second, instead of the closed loop; 0: not");
    option("--sample", options_.sample_s, "Seconds between samples")->type_name("SECONDS");
    option("--hold-period", options_.hold_period_s, "Seconds after which a hold is released")
        ->type_name("SECONDS");
    option("--retention", options_.retention_s,
           "Seconds for which request ids and ended authorizations are remembered")
        ->type_name("SECONDS");
    tools::in_bytes(option("--segment-bytes", options_.segment_bytes, "Size of a log segment"))
        ->default_str("16mb");
    tools::in_bytes(option("--snapshot-log-bytes", options_.snapshot_log_bytes,
                           "Bytes of log after which a snapshot is taken"))
        ->default_str("256mb");
    option("--server", options_.server, "holdfastd; the one beside this program unless given")
        ->type_name("FILE");
    option("--temp-dir", options_.temp_dir,
           "Where the server's directory is made; the system's temporary directory unless given")
        ->type_name("DIR");
    load_.add_load(*app_);
    add_server_options(*app_, options_.server_options);
    add_output(*app_, output_);
  }

  int run() override {
    if (const auto taken = load_.take(); !taken) return refuse_usage(*app_, taken.error());
    if (const auto wrong = options_.check(); !wrong.empty()) return refuse_usage(*app_, wrong);
    undo_on_signals();
    const auto report = soak(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  SoakOptions options_;
  LoadOptions load_{options_.load};
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_soak(CLI::App& app) { return std::make_unique<SoakCommand>(app); }

}  // namespace holdfast::bench
