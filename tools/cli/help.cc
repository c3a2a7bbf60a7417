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

std::string named_so_far(const CLI::App& app) {
  std::string name = "holdfast";
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    name.append(" ").append(at->get_name());
  }
  return name;
}

std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  const auto known = at->get_subcommands([](const CLI::App*) { return true; });
  // With nothing behind it a group has nothing to do; anything else was named wrongly.
  if (known.empty()) return error.what();
  std::string names;
  for (const CLI::App* subcommand : known) {
    if (!names.empty()) names += ", ";
    names += subcommand->get_name();
  }
  const auto extra = app.remaining(true);
  if (!extra.empty()) {
    return fmt::format("'{}' is not a subcommand of {}; there are {}", extra.front(),
                       named_so_far(app), names);
  }
  if (error.get_name() == "RequiredError") {
    return fmt::format("{} needs a subcommand: {}", named_so_far(app), names);
  }
  return error.what();
}

}  // namespace holdfast::tools
