// holdfast-bench peers.
#include "bench/peers/peers.h"

#include "bench/cli/load_options.h"
#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/peers/peers_report.h"
#include "bench/processes/teardown.h"

namespace holdfast::bench {
namespace {

class PeersCommand final : public Subcommand {
 public:
  explicit PeersCommand(CLI::App& app)
      : Subcommand(app, "peers",
                   "Holdfast, Redis and PostgreSQL with the same rule, side by side in one run") {
    add_own_server(*app_, options_.data_dir, options_.holdfastd, options_.holdfastd_arguments);
    add_turns(*app_, options_.accounts, options_.rounds, options_.turn_s, options_.seed);
    app_->add_option("--trial", options_.trial_s,
                     "Seconds that each number of connections and requests is tried before; 0: "
                     "the first is taken untried")->type_name("SECONDS")
        ->capture_default_str();
    add_load_processors(*app_, options_.load_processors);
    add_output(*app_, output_);
  }

  int run() override {
    if (const auto wrong = options_.check(); !wrong.empty()) return refuse_usage(*app_, wrong);
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
