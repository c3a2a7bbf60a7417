// holdfast-bench restart.
#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/processes/teardown.h"
#include "bench/restart/restart_bench.h"

namespace holdfast::bench {
namespace {

class RestartCommand final : public Subcommand {
 public:
  explicit RestartCommand(CLI::App& app)
      : Subcommand(app, "restart",
                   "Start a server on a snapshot and a log, and hold it against each part alone") {
    app_->add_option("--accounts", options_.accounts, "Accounts, each with a card, in the snapshot")
        ->check(CLI::Range(1U, 16'000'000U))
        ->capture_default_str();
    app_->add_option("--records", options_.records, "Log records behind the snapshot")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{60'000'000}))
        ->capture_default_str();
    app_->add_option("--runs", options_.runs, "Starts; figures are their medians")
        ->check(CLI::Range(1U, 100U))
        ->capture_default_str();
    app_->add_option("--data-dir", options_.dir,
                     "A data directory that no server uses: taken as it is, or filled when it "
                     "holds no log, and kept. Default: a temporary one")->type_name("DIR");
    app_->add_flag("--fill-only", options_.fill_only,
                   "Only fill --data-dir, for a later measurement");
    app_->add_option("--temp-dir", options_.temp_parent,
                     "Where temporary directories are made; must be on the disk that is measured")
        ->type_name("DIR");
    app_->add_option("--server", options_.server, "holdfastd; default: the one beside this program")
        ->type_name("FILE");
    add_server_options(*app_, options_.server_options);
    add_output(*app_, output_);
  }

  int run() override {
    if (options_.fill_only && options_.dir.empty()) {
      return refuse_usage(*app_, "--fill-only needs --data-dir, where what was filled is kept");
    }
    undo_on_signals();
    const auto report = run_restart(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  RestartOptions options_;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_restart(CLI::App& app) {
  return std::make_unique<RestartCommand>(app);
}

}  // namespace holdfast::bench
