// holdfast-bench unloaded.
#include "bench/floors/unloaded.h"

#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/floors/unloaded_report.h"
#include "bench/processes/teardown.h"

namespace holdfast::bench {
namespace {

class UnloadedCommand final : public Subcommand {
 public:
  explicit UnloadedCommand(CLI::App& app)
      : Subcommand(app, "unloaded",
                   "One request at a time on a holdfastd of its own, against the machine's floor") {
    add_own_server(*app_, options_.data_dir, options_.holdfastd, options_.holdfastd_arguments);
    add_turns(*app_, options_.population.accounts, options_.rounds, options_.turn_s, options_.seed);
    add_output(*app_, output_);
  }

  int run() override {
    if (const auto wrong = options_.check(); !wrong.empty()) return refuse_usage(*app_, wrong);
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
