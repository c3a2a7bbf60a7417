// One subcommand of holdfast-bench: its options on the command line, and what it does.
//
// A new one is a file here with `make_NAME`, and one line in `subcommands.h`. Thread: the main
// thread only.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/report/run_report.h"

namespace holdfast::bench {

class Subcommand {
 public:
  virtual ~Subcommand() = default;
  Subcommand(const Subcommand&) = delete;
  Subcommand& operator=(const Subcommand&) = delete;

  [[nodiscard]] bool is_chosen() const { return app_->parsed(); }
  /// After the command line was read. Returns the exit code: 0 all well; 1 it happened and found
  /// something wrong, or it could not happen; 2 the options do not make sense.
  [[nodiscard]] virtual int run() = 0;

 protected:
  /// Adds itself to `app`; the constructor of the subcommand then adds its options to `*app_`.
  Subcommand(CLI::App& app, const std::string& name, const std::string& description)
      : app_(app.add_subcommand(name, description)) {}

  CLI::App* app_;  // owned by the `app` above, which outlives this
};

/// Where a report goes.
struct Output {
  std::string json_file;  // "-": standard output; empty: none
  bool quiet = false;
};

/// Checks before anything is measured that the file can be written: its directory is there and may
/// be written. "-" is standard output.
[[nodiscard]] CLI::Validator can_be_written();

/// `--json` and `--quiet`.
void add_output(CLI::App& command, Output& output);

/// Says what was wrong on standard error; returns exit code 1.
[[nodiscard]] int fail(const std::string& what);

/// Options that cannot be meant so: says which, and what is allowed; returns exit code 2.
[[nodiscard]] int refuse_usage(const CLI::App& command, const std::string& what);

/// Table to standard output (to standard error when the JSON goes there), JSON where it was asked
/// for. Returns the exit code. For a `Report` with `to_table`, `to_json` and `passed`.
template <class Report>
[[nodiscard]] int tell(const Report& report, const Output& output) {
  if (!output.quiet) fmt::print(output.json_file == "-" ? stderr : stdout, "{}", to_table(report));
  if (!output.json_file.empty()) {
    const auto written = write_text_file(output.json_file, to_json(report).dump(2));
    if (!written) return fail(written.error());
  }
  return report.passed() ? 0 : 1;
}

}  // namespace holdfast::bench
