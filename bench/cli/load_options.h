// The options of a load: whom it asks for what. Shared by the subcommands that make load.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "bench/load/run_options.h"
#include "bench/result.h"

namespace holdfast::bench {

/// "70,20,5,5" or "authorize=70,capture=20"; what is not named is 0.
[[nodiscard]] Result<Mix> parse_mix(const std::string& text);

}  // namespace holdfast::bench
