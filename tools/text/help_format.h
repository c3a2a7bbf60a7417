// How --help of every executable looks, and its words for a command line that could not be read.
//
// Option and value on the left, on the right the description with its range, default and
// environment variable, wrapped so that no line is longer than 100 columns.
// Thread: the only one.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>

namespace holdfast::tools {

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();

  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* subcommand) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

/// CLI11's own words for a command line that could not be read, or better ones where it only says
/// that "a subcommand is required".
[[nodiscard]] std::string usage_message(const CLI::App& app, const CLI::ParseError& error);

/// "holdfast account show": the program and the deepest subcommand that was named.
[[nodiscard]] std::string named_so_far(const CLI::App& app);

}  // namespace holdfast::tools
