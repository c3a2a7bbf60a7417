// holdfast-bench unloaded.
#include "bench/floors/unloaded.h"

#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/floors/unloaded_report.h"

namespace holdfast::bench {
namespace {

class UnloadedCommand final : public Subcommand {
 public:
  explicit UnloadedCommand(CLI::App& app)
      : Subcommand(app, "unloaded",
                   "One request at a time on a holdfastd of its own, against the machine's floor") {
    add_own_server(*app_, options_.data_dir, options_.holdfastd, options_.holdfastd_arguments);
    app_->add_option("--rounds", options_.rounds, "Turns that the floor and holdfastd get")
        ->capture_default_str();
    app_->add_option("--turn", options_.turn_s, "Seconds of each turn")->capture_default_str();
    app_->add_option("--accounts", options_.population.accounts, "Accounts, each with a card")
        ->capture_default_str();
    app_->add_option("--seed", options_.seed, "The same seed asks for the same things")
        ->capture_default_str();
    add_output(*app_, output_);
  }

  int run() override {
    undo_on_signals();
    const auto report = measure_unloaded(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  UnloadedOptions options_;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_unloaded(CLI::App& app) {
  return std::make_unique<UnloadedCommand>(app);
}

}  // namespace holdfast::bench
