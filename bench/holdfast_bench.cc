// holdfast-bench: load, traces, verification and measurement of holdfastd.
//
// Exit codes: 0 all well; 1 the run happened and found something wrong (or could not happen);
// 2 the command line is wrong.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "bench/cli/subcommands.h"
#include "tools/text/help_format.h"

namespace holdfast::bench {
namespace {

int run(int argc, char** argv) {
  CLI::App app("Load, real traces, verification and measurement of holdfastd", "holdfast-bench");
  app.formatter(std::make_shared<tools::HelpFormatter>());
  app.set_version_flag("--version", "holdfast-bench " HOLDFAST_VERSION);
  app.require_subcommand(1);
  app.fallthrough(false);
  std::vector<std::unique_ptr<Subcommand>> subcommands;
#define HOLDFAST_MAKE_SUBCOMMAND(name) subcommands.push_back(make_##name(app));
  HOLDFAST_BENCH_SUBCOMMANDS(HOLDFAST_MAKE_SUBCOMMAND)
#undef HOLDFAST_MAKE_SUBCOMMAND
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "holdfast-bench: {}\n  Run {} --help.\n", tools::usage_message(app, error),
               tools::named_so_far(app));
    return 2;
  }
  for (const auto& subcommand : subcommands) {
    if (subcommand->is_chosen()) return subcommand->run();
  }
  return 2;  // `require_subcommand` leaves no such case
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) { return holdfast::bench::run(argc, argv); }
