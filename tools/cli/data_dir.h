// Where the log is that a subcommand reads when it is asked about a server. Thread: the only one.
#pragma once

#include <cstdlib>
#include <string>

#include "tools/cli/options.h"
#include "tools/cli/wal_options.h"

namespace holdfast::tools {

/// --dir and --archive-dir.
inline void add_data_dir(CLI::App& app, LogPlace& target) {
  app.add_option("--dir", target.dir,
                 "Data directory of the server, running or not; HOLDFAST_DATA_DIR unless given")
      ->type_name("DATA_DIR");
  add_archives(app, target.archives);
}

/// What was given, else HOLDFAST_DATA_DIR; fails as usage when there is neither.
[[nodiscard]] inline LogPlace chosen_place(LogPlace given) {
  if (!given.dir.empty()) return given;
  const char* from_environment = std::getenv("HOLDFAST_DATA_DIR");
  if (from_environment == nullptr || *from_environment == '\0') {
    fail_usage("it is not said where the log is",
               "Give --dir DATA_DIR (what holdfastd was given as --data-dir) or set "
               "HOLDFAST_DATA_DIR.");
  }
  given.dir = from_environment;
  return given;
}

}  // namespace holdfast::tools
