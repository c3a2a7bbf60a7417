// holdfast-bench snapshot-cost.
#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/processes/teardown.h"
#include "bench/snapshots/snapshot_cost.h"
#include "engine/limits.h"

namespace holdfast::bench {
namespace {

class SnapshotCostCommand final : public Subcommand {
 public:
  explicit SnapshotCostCommand(CLI::App& app)
      : Subcommand(app, "snapshot-cost",
                   "Load a server with and without a snapshot under way, in turns") {
    app_->add_option("--accounts", options_.accounts, "Accounts, each with a card")
        ->check(CLI::Range(1U, 16'000'000U))
        ->capture_default_str();
    app_->add_option("--connections", options_.connections, "Connections of the load")
        ->check(CLI::Range(1U, 1'000U))
        ->capture_default_str();
    app_->add_option("--in-flight", options_.in_flight, "Requests under way on each")
        ->check(CLI::Range(1U, limits::session_in_flight_max))
        ->capture_default_str();
    app_->add_option("--rate", options_.rate_per_s,
                     "Open loop: requests a second. Without it: closed loop")
        ->check(CLI::PositiveNumber);
    app_->add_option("--duration", options_.load_seconds, "Seconds of load; as many windows as fit")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.1, 86'400.0))
        ->capture_default_str();
    app_->add_option("--window", options_.window_seconds, "Seconds of each window of load alone")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.01, 3'600.0))
        ->capture_default_str();
    app_->add_option("--data-dir", options_.dir,
                     "A data directory that no server uses, of as many accounts: used and kept, "
                     "filled when it holds no log. Default: a temporary one")->type_name("DIR");
    app_->add_option("--temp-dir", options_.temp_parent,
                     "Where temporary directories are made; must be on the disk that is measured")
        ->type_name("DIR");
    app_->add_option("--server", options_.server, "holdfastd; default: the one beside this program")
        ->type_name("FILE");
    add_server_options(*app_, options_.server_options);
    add_output(*app_, output_);
  }

  int run() override {
    undo_on_signals();
    const auto report = run_snapshot_cost(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  SnapshotCostOptions options_;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_snapshot_cost(CLI::App& app) {
  return std::make_unique<SnapshotCostCommand>(app);
}

}  // namespace holdfast::bench
