// The help of `holdfast`: that of every executable, and a word on the options of every subcommand.
// Thread: the only one.
#pragma once

#include <CLI/App.hpp>

namespace holdfast::tools {

/// Sets the look of --help for `app` and all subcommands added to it afterwards.
void set_help_format(CLI::App& app);

}  // namespace holdfast::tools
