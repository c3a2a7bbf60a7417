// The options of subcommands that start a holdfastd of their own. Thread: the main thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace holdfast::bench {

/// `--data-dir`, `--holdfastd`, and behind `--` what goes to holdfastd.
inline void add_own_server(CLI::App& command, std::string& data_dir, std::string& holdfastd,
                           std::vector<std::string>& arguments) {
  command
      .add_option("--data-dir", data_dir,
                  "A directory on the disk to use; all is removed from it at the end")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  command.add_option("--holdfastd", holdfastd, "The server's program; default: beside this one")
      ->type_name("PATH");
  command.add_option("server-options", arguments, "After --: options for holdfastd");
}

}  // namespace holdfast::bench
