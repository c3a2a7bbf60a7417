#include "bench/cli/subcommand.h"

namespace holdfast::bench {

void add_output(CLI::App& command, Output& output) {
  command.add_option("--json", output.json_file,
                     "Write the report as JSON to this file; - is standard output")
      ->type_name("FILE");
  command.add_flag("--quiet", output.quiet, "No table");
}

int fail(const std::string& what) {
  fmt::print(stderr, "holdfast-bench: {}\n", what);
  return 1;
}

}  // namespace holdfast::bench
