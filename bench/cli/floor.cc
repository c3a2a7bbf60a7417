// holdfast-bench floor.
#include "bench/floors/floor.h"

#include "bench/cli/subcommands.h"
#include "bench/floors/floor_report.h"

namespace holdfast::bench {
namespace {

class FloorCommand final : public Subcommand {
 public:
  explicit FloorCommand(CLI::App& app)
      : Subcommand(app, "floor", "What this machine and a directory's disk allow") {
    app_->add_option("--data-dir", options_.data_dir, "A directory on the disk to measure")
        ->type_name("DIR")
        ->required()
        ->check(CLI::ExistingDirectory);
    app_->add_option("--duration", options_.duration_s, "Seconds measured, all together")
        ->type_name("SECONDS")
        ->capture_default_str();
    app_->add_option("--pauses-duration", options_.pauses_s,
                     "Seconds of looking for the processors' pauses, on top of that; 0: not")
        ->type_name("SECONDS")
        ->capture_default_str();
    app_->add_option("--rounds", options_.rounds, "Turns that every floor gets")
        ->capture_default_str();
    app_->add_option("--file-mb", file_mb_, "Size of the scratch files, MiB")
        ->check(CLI::Range(4, 1024))
        ->capture_default_str();
    app_->add_option("--echo-connections", options_.echo_connections,
                     "Connections of the echo with many, one request under way on each")
        ->check(CLI::Range(1U, kEchoConnectionsMax))
        ->capture_default_str();
    app_->add_option("--lookup-entries", options_.lookup_entries,
                     "Entries of the tables looked up in")
        ->delimiter(',')
        ->capture_default_str();
    add_output(*app_, output_);
  }

  int run() override {
    options_.file_bytes = file_mb_ * 1024 * 1024;
    if (const auto wrong = options_.check(); !wrong.empty()) return refuse_usage(*app_, wrong);
    const auto report = measure_floors(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  FloorOptions options_;
  std::uint64_t file_mb_ = 64;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_floor(CLI::App& app) {
  return std::make_unique<FloorCommand>(app);
}

}  // namespace holdfast::bench
