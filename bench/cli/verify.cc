// holdfast-bench verify.
#include "bench/cli/subcommands.h"
#include "bench/load/verify.h"

namespace holdfast::bench {
namespace {

class VerifyCommand final : public Subcommand {
 public:
  explicit VerifyCommand(CLI::App& app)
      : Subcommand(app, "verify", "Check that nothing acknowledged was lost") {
    app_->add_option("--connect", connect_, "The server, HOST:PORT")
        ->type_name("HOST:PORT")->required();
    app_->add_option("file", options_.acked_file, "What `run --acked` or `drive --acked` wrote")
        ->type_name("FILE")
        ->required();
    app_->add_flag("!--no-digest", options_.with_digest,
                   "Do not compare the state digest before and after");
    add_output(*app_, output_);
  }

  int run() override {
    const auto endpoint = parse_endpoint(connect_);
    if (!endpoint) return refuse_usage(*app_, endpoint.error());
    options_.endpoint = *endpoint;
    const auto report = verify_acked(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  VerifyOptions options_;
  Output output_;
  std::string connect_;
};

}  // namespace

std::unique_ptr<Subcommand> make_verify(CLI::App& app) {
  return std::make_unique<VerifyCommand>(app);
}

}  // namespace holdfast::bench
