#include "tools/cli/help.h"

#include <memory>

#include <fmt/core.h>

#include "tools/text/help_format.h"

namespace holdfast::tools {
namespace {

/// Beside what every executable's help has: a word on the options that stand with every subcommand.
class CliHelpFormatter : public HelpFormatter {
 public:
  std::string make_footer(const CLI::App* app) const override {
    std::string footer = CLI::Formatter::make_footer(app);
    if (app->get_parent() != nullptr && app->get_subcommands([](auto*) { return true; }).empty()) {
      footer += "\n--connect, --json and --timeout may stand here too: see holdfast --help.\n";
    }
    return footer;
  }
};

}  // namespace

void set_help_format(CLI::App& app) { app.formatter(std::make_shared<CliHelpFormatter>()); }

}  // namespace holdfast::tools
