// holdfast-bench compare.
#include "bench/cli/subcommands.h"
#include "bench/page/compare.h"

namespace holdfast::bench {
namespace {

class CompareCommand final : public Subcommand {
 public:
  explicit CompareCommand(CLI::App& app)
      : Subcommand(app, "compare", "What changed between two reports beyond noise") {
    app_->add_option("a", a_path_, "Before: a report, or the JSON of one command")
        ->type_name("FILE")->required();
    app_->add_option("b", b_path_, "After")->type_name("FILE")->required();
    app_->add_flag("--fail-on-worse", fails_on_worse_,
                   "Exit with 1 when a figure is worse beyond noise");
    add_output(*app_, output_);
  }

  int run() override {
    const auto a = read(a_path_);
    if (!a) return fail(a.error());
    const auto b = read(b_path_);
    if (!b) return fail(b.error());
    Comparison comparison = compare_reports(*a, *b);
    if (comparison.figures.empty()) {
      return fail(fmt::format("{} and {} hold no figures to compare", a_path_, b_path_));
    }
    comparison.a_path = a_path_;
    comparison.b_path = b_path_;
    comparison.fails_on_worse = fails_on_worse_;
    return tell(comparison, output_);
  }

 private:
  static Result<Json> read(const std::string& path) {
    const auto json = read_json_file(path);
    if (!json) return std::unexpected(json.error());
    Json report = new_report();
    if (const auto added = add_to_report(report, *json, path); !added) {
      return std::unexpected(added.error());
    }
    return report;
  }

  std::string a_path_;
  std::string b_path_;
  bool fails_on_worse_ = false;
  Output output_;
};

}  // namespace

std::unique_ptr<Subcommand> make_compare(CLI::App& app) {
  return std::make_unique<CompareCommand>(app);
}

}  // namespace holdfast::bench
