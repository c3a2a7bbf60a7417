// holdfast-bench apply-ratio.
#include "bench/apply/apply_ratio.h"
#include "bench/cli/subcommands.h"

namespace holdfast::bench {
namespace {

class ApplyRatioCommand final : public Subcommand {
 public:
  explicit ApplyRatioCommand(CLI::App& app)
      : Subcommand(app, "apply-ratio",
                   "What an authorization costs in the engine against its memory work alone") {
    app_->add_option("--accounts", options_.accounts,
                     "Accounts, several sizes after each other; about 1 KiB of memory each")
        ->delimiter(',')
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{15'000'000}))
        ->capture_default_str();
    app_->add_option("--pairs", options_.pairs, "Interleaved pairs of measurements")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app_->add_option("--batches", options_.batches, "Batches of 256 commands in a measurement")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app_->add_option("--max", options_.ratio_max, "Exit with 1 when a median ratio is above it")
        ->check(CLI::PositiveNumber);
    app_->add_flag("--grows", options_.grows,
                   "Never give back or forget: tables grow, and first touches of memory count");
    add_output(*app_, output_);
  }

  int run() override { return tell(measure_apply_ratio(options_), output_); }

 private:
  ApplyRatioOptions options_;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_apply_ratio(CLI::App& app) {
  return std::make_unique<ApplyRatioCommand>(app);
}

}  // namespace holdfast::bench
