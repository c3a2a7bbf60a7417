// holdfast-bench drive.
#include "bench/cli/subcommands.h"
#include "bench/traces/drive.h"
#include "bench/traces/wal_drive.h"

namespace holdfast::bench {
namespace {

class DriveCommand final : public Subcommand {
 public:
  explicit DriveCommand(CLI::App& app)
      : Subcommand(app, "drive", "Drive real payments at a server") {
    app_->add_option("--connect", connect_, "The server, HOST:PORT")
        ->type_name("HOST:PORT")->required();
    app_->add_option("--trace", trace_, "What is driven: berka, purchase-cards or wal")
        ->type_name("TRACE")
        ->required()
        ->check(CLI::IsMember({"berka", "purchase-cards", "wal"}));
    app_->add_option("file", options_.path,
                     "The file: CSV, .gz or .zst; wal: the data directory of a stopped server")
        ->type_name("FILE")
        ->required();
    app_->add_option("--speed", options_.speed,
                     "Send at the recorded times, so many times faster; latency counts from when "
                     "each was due. Without it: as fast as the window allows")
        ->check(CLI::PositiveNumber);
    app_->add_option("--archive-dir", archive_dir_, "wal: directory with older segments of the log")
        ->type_name("DIR");
    app_->add_option("--program", options_.trace.program.value, "Program of the cards")
        ->capture_default_str();
    app_->add_option("--in-flight", options_.in_flight, "Requests under way")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app_->add_option("--fund", options_.trace.fund_per_account.minor,
                     "purchase-cards: moved to each account first, in pence")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000'000}))
        ->capture_default_str();
    app_->add_option(
        "--mcc-file", options_.trace.mcc_file,
        "purchase-cards: merchant name to MCC; default: merchant_mcc.csv.gz beside the file")
        ->type_name("FILE");
    app_->add_flag("!--no-imputed-mcc", options_.trace.impute_mcc,
                   "purchase-cards: only the rows' own MCCs");
    app_->add_option("--acked", options_.acked_file,
                     "Keep each acknowledged command and answer for `verify`")
        ->type_name("FILE")->check(can_be_written());
    app_->add_flag("!--no-digest", options_.with_digest,
                   "Do not ask for the state digest at the end");
    add_output(*app_, output_);
  }

  int run() override {
    const auto endpoint = parse_endpoint(connect_);
    if (!endpoint) return refuse_usage(*app_, endpoint.error());
    options_.endpoint = *endpoint;
    if (trace_ == "wal") return run_wal();
    if (!archive_dir_.empty()) return refuse_usage(*app_, "--archive-dir is for --trace wal");
    options_.kind = *parse_trace_kind(trace_);
    const auto report = drive(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  int run_wal() {
    const auto report = drive_wal({.endpoint = options_.endpoint,
                                   .dir = options_.path,
                                   .archive_dir = archive_dir_,
                                   .in_flight = options_.in_flight,
                                   .speed = options_.speed,
                                   .acked_file = options_.acked_file,
                                   .with_digest = options_.with_digest});
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

  DriveOptions options_;
  std::string archive_dir_;
  Output output_;
  std::string connect_;
  std::string trace_;
};

}  // namespace

std::unique_ptr<Subcommand> make_drive(CLI::App& app) {
  return std::make_unique<DriveCommand>(app);
}

}  // namespace holdfast::bench
