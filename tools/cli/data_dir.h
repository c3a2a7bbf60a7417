// Which data directory a subcommand reads that is asked for a server's log. Thread: the only one.
#pragma once

#include <cstdlib>
#include <string>

#include "tools/cli/options.h"

namespace holdfast::tools {

/// --dir.
inline CLI::Option* add_data_dir(CLI::App& app, std::string& target) {
  return app
      .add_option("--dir", target,
                  "Data directory of the server, running or not; HOLDFAST_DATA_DIR unless given")
      ->type_name("DATA_DIR");
}

/// What was given, else HOLDFAST_DATA_DIR; fails as usage when there is neither.
[[nodiscard]] inline std::string chosen_data_dir(const std::string& given) {
  if (!given.empty()) return given;
  const char* from_environment = std::getenv("HOLDFAST_DATA_DIR");
  if (from_environment == nullptr || *from_environment == '\0') {
    fail_usage("it is not said where the log is",
               "Give --dir DATA_DIR (what holdfastd was given as --data-dir) or set "
               "HOLDFAST_DATA_DIR.");
  }
  return from_environment;
}

}  // namespace holdfast::tools
