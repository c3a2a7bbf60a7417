// The help of `holdfast`, and its words for a command line that could not be read.
// Thread: the only one.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace holdfast::tools {

/// Sets the look of --help for `app` and all subcommands added to it afterwards.
void set_help_format(CLI::App& app);

/// CLI11's own words for a command line that could not be read, or better ones where it only says
/// that "a subcommand is required".
[[nodiscard]] std::string usage_message(const CLI::App& app, const CLI::ParseError& error);

/// "holdfast account show": the deepest subcommand that was named.
[[nodiscard]] std::string named_so_far(const CLI::App& app);

}  // namespace holdfast::tools
