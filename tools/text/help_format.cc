#include "tools/text/help_format.h"

#include <fmt/core.h>

#include <string_view>
#include <vector>

namespace holdfast::tools {
namespace {

constexpr std::size_t kNameColumns = 30;
constexpr std::size_t kLineColumns = 100;

/// Breaks at spaces so that no line is longer than `width` columns; the description's unless told.
std::string wrapped(const std::string& text, std::size_t width = kLineColumns - kNameColumns) {
  std::string out;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find(' ', at);
    if (end == std::string::npos) end = text.size();
    if (out.size() > line_start && out.size() - line_start + 1 + (end - at) > width) {
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

/// What CLI11 calls the type of an option, taken apart: "UINT:UINT in [1 - 16]" is N and "1 to 16".
struct ValueText {
  std::string name;
  std::string allowed;
};

std::string_view people_name(std::string_view type) {
  if (type == "UINT" || type == "INT") return "N";
  if (type == "FLOAT") return "NUMBER";
  return type;
}

/// What a validator says of itself, in words; empty: it is not known, and may be part of a name
/// (HOST:PORT).
std::string allowed_by(std::string_view validator) {
  if (validator == "POSITIVE") return "above 0";
  if (validator == "NONNEGATIVE") return "0 or more";
  if (validator.starts_with('{')) {
    std::string names;
    for (const char c : validator.substr(1, validator.size() - 2)) {
      names += c;
      if (c == ',') names += ' ';
    }
    return names;
  }
  const std::size_t in = validator.find(" in [");
  const std::size_t dash = validator.find(" - ");
  if (in == std::string_view::npos || dash == std::string_view::npos) return "";
  const std::string_view least = validator.substr(in + 5, dash - in - 5);
  return fmt::format("{} to {}", least, validator.substr(dash + 3, validator.size() - dash - 4));
}

ValueText value_text(const CLI::Option* option) {
  ValueText value;
  for (const std::string& part : CLI::detail::split(option->get_type_name(), ':')) {
    if (value.name.empty()) {
      value.name = people_name(part);
    } else if (value.name == "TEXT" && (part == "DIR" || part == "FILE")) {
      value.name = part;
    } else if (std::string allowed = allowed_by(part); !allowed.empty()) {
      value.allowed += (value.allowed.empty() ? "" : ", ") + allowed;
    } else if (part != value.name) {
      value.name += ":" + part;
    }
  }
  return value;
}

/// Of several values CLI11 writes "[1,2]"; on the command line it is 1,2.
std::string default_text(const CLI::Option* option) {
  std::string text = option->get_default_str();
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

HelpFormatter::HelpFormatter() { column_width(kNameColumns); }

/// A flag that turns something off has the value that it sets behind its name:
/// "--no-digest{false}".
std::string HelpFormatter::make_option_name(const CLI::Option* option, bool is_positional) const {
  std::string name = CLI::Formatter::make_option_name(option, is_positional);
  if (const std::size_t brace = name.find('{'); brace != std::string::npos) name.resize(brace);
  return name;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0) return "";
  const bool has_several = option->get_expected_max() >= CLI::detail::expected_max_vector_size;
  return " " + value_text(option).name + (has_several ? " ..." : "");
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string text = option->get_description();
  std::string notes;
  const auto note = [&notes](const std::string& what) {
    if (!notes.empty()) notes += "; ";
    notes += what;
  };
  if (option->get_required()) note("required");
  if (option->get_type_size() != 0) {
    if (const std::string allowed = value_text(option).allowed; !allowed.empty()) note(allowed);
    if (const std::string value = default_text(option); !value.empty()) note("default " + value);
  }
  if (!option->get_envname().empty()) note(fmt::format("environment {}", option->get_envname()));
  if (!notes.empty()) text += fmt::format(" ({})", notes);
  return wrapped(text);
}

std::string HelpFormatter::make_subcommand(const CLI::App* subcommand) const {
  std::stringstream out;
  CLI::detail::format_help(out, subcommand->get_display_name(true),
                           wrapped(subcommand->get_description()), get_column_width());
  return out.str();
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return wrapped(CLI::Formatter::make_description(app), kLineColumns);
}

/// CLI11 leaves two empty lines between groups of options, and one more at the end.
std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode mode) const {
  std::string help = CLI::detail::find_and_replace(
      CLI::Formatter::make_help(app, std::move(name), mode), "\n\n\n", "\n\n");
  while (help.ends_with("\n\n")) help.pop_back();
  return help;
}

std::string named_so_far(const CLI::App& app) {
  std::string name = app.get_name();
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
