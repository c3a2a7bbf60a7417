#include "tools/cli/help.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>

#include <fmt/core.h>

namespace holdfast::tools {
namespace {

constexpr std::size_t kNameColumns = 30;
constexpr std::size_t kLineColumns = 100;

/// Breaks at spaces so that no line is longer than the description column.
std::string wrapped(const std::string& text) {
  constexpr std::size_t kWidth = kLineColumns - kNameColumns;
  std::string out;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find(' ', at);
    if (end == std::string::npos) end = text.size();
    if (out.size() > line_start && out.size() - line_start + 1 + (end - at) > kWidth) {
      out += '\n';
      line_start = out.size();
    } else if (at > 0) {
      out += ' ';
    }
    out.append(text, at, end - at);
    at = end + 1;
  }
  return out;
}

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(kNameColumns); }

  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_size() == 0 ? "" : " " + option->get_type_name();
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    std::string notes;
    const auto note = [&notes](const std::string& what) {
      if (!notes.empty()) notes += "; ";
      notes += what;
    };
    if (option->get_required()) note("required");
    if (!option->get_default_str().empty()) note(fmt::format("default {}", option->get_default_str()));
    if (!option->get_envname().empty()) note(fmt::format("environment {}", option->get_envname()));
    if (!notes.empty()) text += fmt::format(" ({})", notes);
    return wrapped(text);
  }

  std::string make_footer(const CLI::App* app) const override {
    std::string footer = CLI::Formatter::make_footer(app);
    if (app->get_parent() != nullptr && app->get_subcommands([](auto*) { return true; }).empty()) {
      footer += "\n--connect, --json and --timeout may stand here too: see holdfast --help.\n";
    }
    return footer;
  }
};

}  // namespace

void set_help_format(CLI::App& app) { app.formatter(std::make_shared<HelpFormatter>()); }

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
