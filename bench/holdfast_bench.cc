// holdfast-bench: load, traces and verification against a running holdfastd.
//
// Exit codes: 0 all well; 1 the run happened and found something wrong (or could not happen);
// 2 the command line is wrong.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "bench/load/run.h"
#include "bench/load/verify.h"
#include "bench/report/run_report.h"
#include "bench/traces/drive.h"

namespace holdfast::bench {
namespace {

struct Output {
  std::string json_file;
  std::string histogram_file;
  bool quiet = false;
};

int fail(const std::string& what) {
  fmt::print(stderr, "holdfast-bench: {}\n", what);
  return 1;
}

/// Table to standard output (to standard error when the JSON goes there), JSON where it was asked
/// for.
template <class Report>
int tell(const Report& report, const Output& output) {
  if (!output.quiet) fmt::print(output.json_file == "-" ? stderr : stdout, "{}", to_table(report));
  if (!output.json_file.empty()) {
    const auto written = write_text_file(output.json_file, to_json(report).dump(2));
    if (!written) return fail(written.error());
  }
  return report.passed() ? 0 : 1;
}

/// "70,20,5,5" or "authorize=70,capture=20"; what is not named is 0.
Result<Mix> parse_mix(const std::string& text) {
  Mix mix;
  mix.weights = {};
  std::size_t place = 0;
  for (const std::string& part : CLI::detail::split(text, ',')) {
    const std::size_t equals = part.find('=');
    std::size_t kind = place++;
    std::string number = part;
    if (equals != std::string::npos) {
      const auto name = std::find(kStepNames.begin(), kStepNames.end(), part.substr(0, equals));
      kind = static_cast<std::size_t>(name - kStepNames.begin());
      number = part.substr(equals + 1);
    }
    std::uint32_t weight = 0;
    if (kind >= kStepKinds || !CLI::detail::lexical_cast(number, weight) || weight > 1'000'000) {
      return std::unexpected(
          fmt::format("--mix: \"{}\" is not a weight of 0..1000000 of authorize, capture, reverse "
                      "or inquiry; write "
                      "70,20,5,5 or authorize=70,capture=20",
                      part));
    }
    mix.weights[kind] = weight;
  }
  return mix;
}

void add_output(CLI::App& command, Output& output) {
  command.add_option("--json", output.json_file,
                     "Write the report as JSON to this file; - is standard output");
  command.add_flag("--quiet", output.quiet, "No table");
}

class RunCommand {
 public:
  explicit RunCommand(CLI::App& app)
      : app_(app.add_subcommand("run", "Load a server and check its answers")) {
    app_->add_option("--connect", connect_, "The server, HOST:PORT")->required();
    app_->add_option("--connections", options_.connections, "Connections")->capture_default_str();
    app_->add_option("--in-flight", options_.in_flight, "Requests under way on each connection")
        ->capture_default_str();
    app_->add_option("--threads", options_.threads, "Load threads")->capture_default_str();
    app_->add_option(
        "--rate", options_.rate_per_s,
        "Open loop: requests a second, all connections together; latency counts from the intended "
        "send time. Without it: closed loop");
    app_->add_option("--duration", options_.duration_s, "Seconds measured")->capture_default_str();
    app_->add_option("--warm-up", options_.warm_up_s, "Seconds before that, not measured")
        ->capture_default_str();
    app_->add_option("--accounts", options_.population.accounts,
                     "Accounts, each with a card; made if missing")
        ->capture_default_str();
    app_->add_option("--population", options_.population.number,
                     "Number of the set of accounts; runs at the same time need different ones")
        ->capture_default_str();
    app_->add_option("--fund", options_.population.fund.minor,
                     "Moved to each account once, in minor units")
        ->capture_default_str();
    app_->add_option("--currency", options_.population.currency.numeric, "ISO 4217 number")
        ->check(CLI::Range(1, 999))
        ->capture_default_str();
    app_->add_option("--program", options_.population.program.value, "Program of the cards")
        ->capture_default_str();
    app_->add_option("--zipf", options_.zipf_exponent,
                     "Choose accounts by Zipf's law with this exponent; 0: alike")
        ->check(CLI::Range(0.0, 10.0))
        ->capture_default_str();
    app_->add_option("--mix", mix_, "Weights of authorize, capture, reverse, inquiry")
        ->capture_default_str();
    app_->add_option("--amount-min", options_.amount_min, "Smallest amount, minor units")
        ->capture_default_str();
    app_->add_option("--amount-max", options_.amount_max, "Largest amount, minor units")
        ->capture_default_str();
    app_->add_option("--seed", options_.seed, "The same seed asks for the same things")
        ->capture_default_str();
    app_->add_option("--run-id", run_id_,
                     "High half of the request ids, hexadecimal; random if not given");
    app_->add_flag("--repeats-expected", options_.repeats_expected,
                   "The run id was used before, on purpose");
    app_->add_option("--acked", options_.acked_file,
                     "Keep each acknowledged command and answer for `verify`");
    app_->add_option(
        "--reconnect", options_.reconnect_s,
        "After a lost connection try so many seconds to go on, sending again what was under way");
    app_->add_flag("--allow-lost", options_.allow_lost,
                   "A lost connection ends the run but is not a failure");
    app_->add_option("--histogram", output_.histogram_file,
                     "Write latencies (us) as HdrHistogram text");
    add_output(*app_, output_);
  }

  [[nodiscard]] bool is_chosen() const { return app_->parsed(); }

  int run() {
    const auto endpoint = parse_endpoint(connect_);
    if (!endpoint) return fail(endpoint.error());
    options_.endpoint = *endpoint;
    const auto mix = parse_mix(mix_);
    if (!mix) return fail(mix.error());
    options_.mix = *mix;
    if (!run_id_.empty()) {
      const auto [end, error] =
          std::from_chars(run_id_.data(), run_id_.data() + run_id_.size(), options_.run_id, 16);
      if (error != std::errc{} || end != run_id_.data() + run_id_.size() || options_.run_id == 0) {
        return fail(
            fmt::format("--run-id \"{}\" is not a hexadecimal number of 64 bits above 0", run_id_));
      }
    }
    const auto report = run_load(options_);
    if (!report) return fail(report.error());
    if (!output_.histogram_file.empty()) {
      const auto written =
          write_text_file(output_.histogram_file, report->counts.latency_ns.percentile_text(1000));
      if (!written) return fail(written.error());
    }
    return tell(*report, output_);
  }

 private:
  CLI::App* app_;
  RunOptions options_;
  Output output_;
  std::string connect_;
  std::string mix_ = "70,20,5,5";
  std::string run_id_;
};

class DriveCommand {
 public:
  explicit DriveCommand(CLI::App& app)
      : app_(app.add_subcommand("drive", "Drive real payments at a server")) {
    app_->add_option("--connect", connect_, "The server, HOST:PORT")->required();
    app_->add_option("--trace", trace_, "What the file is: berka or purchase-cards")
        ->required()
        ->check(CLI::IsMember({"berka", "purchase-cards"}));
    app_->add_option("file", options_.path, "The file: CSV, .gz or .zst")->required();
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
        "purchase-cards: merchant name to MCC; default: merchant_mcc.csv.gz beside the file");
    app_->add_flag("!--no-imputed-mcc", options_.trace.impute_mcc,
                   "purchase-cards: only the rows' own MCCs");
    app_->add_option("--acked", options_.acked_file,
                     "Keep each acknowledged command and answer for `verify`");
    app_->add_flag("!--no-digest", options_.with_digest,
                   "Do not ask for the state digest at the end");
    add_output(*app_, output_);
  }

  [[nodiscard]] bool is_chosen() const { return app_->parsed(); }

  int run() {
    const auto endpoint = parse_endpoint(connect_);
    if (!endpoint) return fail(endpoint.error());
    options_.endpoint = *endpoint;
    options_.kind = *parse_trace_kind(trace_);
    const auto report = drive(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  CLI::App* app_;
  DriveOptions options_;
  Output output_;
  std::string connect_;
  std::string trace_;
};

class VerifyCommand {
 public:
  explicit VerifyCommand(CLI::App& app)
      : app_(app.add_subcommand("verify", "Check that nothing acknowledged was lost")) {
    app_->add_option("--connect", connect_, "The server, HOST:PORT")->required();
    app_->add_option("file", options_.acked_file, "What `run --acked` or `drive --acked` wrote")
        ->required();
    app_->add_flag("!--no-digest", options_.with_digest,
                   "Do not compare the state digest before and after");
    add_output(*app_, output_);
  }

  [[nodiscard]] bool is_chosen() const { return app_->parsed(); }

  int run() {
    const auto endpoint = parse_endpoint(connect_);
    if (!endpoint) return fail(endpoint.error());
    options_.endpoint = *endpoint;
    const auto report = verify_acked(options_);
    if (!report) return fail(report.error());
    return tell(*report, output_);
  }

 private:
  CLI::App* app_;
  VerifyOptions options_;
  Output output_;
  std::string connect_;
};

int run(int argc, char** argv) {
  CLI::App app("Load, real traces and verification against a running holdfastd");
  app.require_subcommand(1);
  app.fallthrough(false);
  RunCommand run_command(app);
  DriveCommand drive_command(app);
  VerifyCommand verify_command(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (run_command.is_chosen()) return run_command.run();
  if (drive_command.is_chosen()) return drive_command.run();
  return verify_command.run();
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) { return holdfast::bench::run(argc, argv); }
