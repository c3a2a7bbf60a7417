// holdfast-bench many.
#include "bench/floors/many.h"

#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/floors/many_report.h"
#include "bench/processes/teardown.h"

namespace holdfast::bench {
namespace {

class ManyCommand final : public Subcommand {
 public:
  explicit ManyCommand(CLI::App& app)
      : Subcommand(app, "many",
                   "Many connections with one request each on a holdfastd of its own, against one "
                   "connection and the machine's TCP") {
    add_own_server(*app_, options_.data_dir, options_.holdfastd, options_.holdfastd_arguments);
    app_->add_option("--connections", options_.connections, "How many are many")
        ->check(CLI::Range(2U, kEchoConnectionsMax))
        ->capture_default_str();
    add_turns(*app_, options_.population.accounts, options_.rounds, options_.turn_s, options_.seed);
    add_output(*app_, output_);
  }

  int run() override {
    if (const auto wrong = options_.check(); !wrong.empty()) return refuse_usage(*app_, wrong);
    undo_on_signals();
    const auto report = measure_many(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  ManyOptions options_;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_many(CLI::App& app) { return std::make_unique<ManyCommand>(app); }

}  // namespace holdfast::bench
