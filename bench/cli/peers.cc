// holdfast-bench peers.
#include "bench/peers/peers.h"

#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/peers/peers_report.h"
#include "bench/peers/teardown.h"

namespace holdfast::bench {
namespace {

class PeersCommand final : public Subcommand {
 public:
  explicit PeersCommand(CLI::App& app)
      : Subcommand(app, "peers",
                   "Holdfast, Redis and PostgreSQL with the same rule, side by side in one run") {
    add_own_server(*app_, options_.data_dir, options_.holdfastd, options_.holdfastd_arguments);
    app_->add_option("--accounts", options_.accounts, "Accounts, each with a card")
        ->capture_default_str();
    app_->add_option("--rounds", options_.rounds, "Turns that each gets")->capture_default_str();
    app_->add_option("--turn", options_.turn_s, "Seconds of each turn")->capture_default_str();
    app_->add_option("--trial", options_.trial_s,
                     "Seconds that each number of connections and requests is tried before")
        ->capture_default_str();
    app_->add_option("--seed", options_.seed, "The same seed asks for the same things")
        ->capture_default_str();
    add_output(*app_, output_);
  }

  int run() override {
    undo_on_signals();
    const auto report = measure_peers(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  PeersOptions options_;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_peers(CLI::App& app) {
  return std::make_unique<PeersCommand>(app);
}

}  // namespace holdfast::bench
