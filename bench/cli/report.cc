// holdfast-bench report.
#include "bench/cli/load_options.h"
#include "bench/cli/own_server.h"
#include "bench/cli/subcommands.h"
#include "bench/page/measure.h"
#include "bench/page/report_page.h"
#include "bench/pauses/processors.h"
#include "bench/processes/teardown.h"

namespace holdfast::bench {
namespace {

class ReportCommand final : public Subcommand {
 public:
  explicit ReportCommand(CLI::App& app)
      : Subcommand(app, "report", "All measurements on one page, and as JSON") {
    app_->add_option("--html", html_file_, "Write the page to this file; - is standard output")
        ->type_name("FILE")->check(can_be_written());
    app_->add_option("--json", json_file_, "Write the figures to this file; - is standard output")
        ->type_name("FILE")->check(can_be_written());
    app_->add_option("--from", from_,
                     "Measure nothing: take these, reports or what commands wrote with --json")
        ->type_name("FILE");
    app_->add_flag("--quick", options_.is_quick,
                   "Small and short: to see that all of it works, not to believe");
    app_->add_option("--repeat", options_.repeats, "Measure all of it so often, for `compare`")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app_->add_option("--parts", options_.parts, "Only these")->type_name("PART")
        ->delimiter(',')
        ->check(CLI::IsMember(
            std::vector<std::string>(std::begin(kReportParts), std::end(kReportParts))));
    app_->add_option("--temp-dir", options_.temp_parent,
                     "Servers' directories are made and removed here; the disk measured")
        ->type_name("DIR");
    app_->add_option("--against", options_.against,
                     "Directory of another build's programs: measured in turns with this one")
        ->type_name("DIR");
    app_->add_option("--against-json", against_file_,
                     "Write the other build's figures to this file")
        ->type_name("FILE")->check(can_be_written());
    add_load_processors(*app_, options_.load_processors);
    add_server_options(*app_, options_.server_options);
  }

  int run() override {
    if (html_file_.empty() && json_file_.empty()) {
      return refuse_usage(*app_, "--html FILE, --json FILE or both say where it goes");
    }
    if (options_.against.empty() != against_file_.empty()) {
      return refuse_usage(*app_, "--against and --against-json go together");
    }
    const std::string wrong = check_load_processors(options_.load_processors);
    if (!wrong.empty()) return refuse_usage(*app_, wrong);
    if (!from_.empty() && !(options_.load_processors.empty() && options_.server_options.empty())) {
      return refuse_usage(
          *app_, "--from measures nothing: no --load-processors, no options behind --");
    }
    undo_on_signals();
    const auto report = from_.empty() ? measure() : read();
    if (!report) return fail(report.error());
    if (!json_file_.empty()) {
      const auto written = write_text_file(json_file_, report->dump(2));
      if (!written) return fail(written.error());
    }
    if (!html_file_.empty()) {
      const auto written = write_text_file(html_file_, report_page(*report));
      if (!written) return fail(written.error());
    }
    for (const auto& [part, why] : (*report)["missing"].items()) {
      fmt::print(stderr, "not measured: {}: {}\n", part, why.get<std::string>());
    }
    return (*report)["missing"].empty() ? 0 : 1;
  }

 private:
  Result<Json> read() const {
    Json report = new_report();
    for (const std::string& path : from_) {
      const auto json = read_json_file(path);
      if (!json) return std::unexpected(json.error());
      if (const auto added = add_to_report(report, *json, path); !added) {
        return std::unexpected(added.error());
      }
    }
    return report;
  }

  Result<Json> measure() const {
    auto measured = measure_report(options_);
    if (!measured) return std::unexpected(measured.error());
    if (!against_file_.empty()) {
      const auto written = write_text_file(against_file_, measured->against.dump(2));
      if (!written) return std::unexpected(written.error());
    }
    return std::move(measured->report);
  }

  MeasureOptions options_;
  std::string html_file_;
  std::string json_file_;
  std::string against_file_;
  std::vector<std::string> from_;
};

}  // namespace

std::unique_ptr<Subcommand> make_report(CLI::App& app) {
  return std::make_unique<ReportCommand>(app);
}

}  // namespace holdfast::bench
