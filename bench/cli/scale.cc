// holdfast-bench scale.
#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/processes/teardown.h"
#include "bench/scale/scale.h"

namespace holdfast::bench {
namespace {

class ScaleCommand final : public Subcommand {
 public:
  explicit ScaleCommand(CLI::App& app)
      : Subcommand(app, "scale", "Throughput, memory and start by the number of accounts") {
    app_->add_option("--accounts", options_.accounts,
                     "Sizes, each with a server of its own; about 700 bytes of memory an account")
        ->delimiter(',')
        ->check(CLI::Range(1, 15'000'000))
        ->capture_default_str();
    app_->add_option("--rounds", options_.rounds, "In each, every server has a turn")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app_->add_option("--turn", options_.turn_s, "Seconds of one turn")->type_name("SECONDS")
        ->check(CLI::Range(0.01, 600.0))
        ->capture_default_str();
    app_->add_option("--connections", options_.connections, "To each server, a thread each")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app_->add_option("--in-flight", options_.in_flight, "Requests under way on each connection")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    app_->add_option("--temp-dir", options_.temp_parent,
                     "The data directories are made and removed here; the disk measured")
        ->type_name("DIR");
    app_->add_option("--server", options_.server, "The holdfastd; default: the one beside this")
        ->type_name("FILE");
    add_server_options(*app_, options_.server_options);
    add_output(*app_, output_);
  }

  int run() override {
    undo_on_signals();
    const auto report = measure_scale(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  ScaleOptions options_;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_scale(CLI::App& app) {
  return std::make_unique<ScaleCommand>(app);
}

}  // namespace holdfast::bench
