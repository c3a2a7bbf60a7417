// The options of subcommands that start a holdfastd of their own. Thread: the main thread.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::bench {

/// Behind `--`: what goes to holdfastd, as its words. `--server-option`, which some subcommands
/// had for it, says where it went.
inline void add_server_options(CLI::App& command, std::vector<std::string>& arguments) {
  command.add_option("server-options", arguments, "After --: options for holdfastd");
  const auto tell = [&command](const std::string& option) {
    throw CLI::ValidationError(
        "--server-option",
        fmt::format("options for holdfastd stand behind --: holdfast-bench {} ... -- {}",
                    command.get_name(), option));
  };
  command.add_option_function<std::string>("--server-option", tell)->group("");
}

/// `--data-dir`, `--server`, and behind `--` what goes to holdfastd.
inline void add_own_server(CLI::App& command, std::string& data_dir, std::string& holdfastd,
                           std::vector<std::string>& arguments) {
  command
      .add_option("--data-dir", data_dir,
                  "A directory on the disk to use; all is removed from it at the end")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  command
      .add_option("--server,--holdfastd", holdfastd,
                  "holdfastd; default: the one beside this program")
      ->type_name("PATH");
  add_server_options(command, arguments);
}

/// `--accounts`, `--rounds`, `--turn` and `--seed` of what is measured in turns.
inline void add_turns(CLI::App& command, std::uint32_t& accounts, std::uint32_t& rounds,
                      double& turn_s, std::uint64_t& seed) {
  command.add_option("--accounts", accounts, "Accounts, each with a card")->capture_default_str();
  command.add_option("--rounds", rounds, "Turns that each gets")->capture_default_str();
  command.add_option("--turn", turn_s, "Seconds of each turn")
      ->type_name("SECONDS")->capture_default_str();
  command.add_option("--seed", seed, "The same seed asks for the same things")
      ->capture_default_str();
}

}  // namespace holdfast::bench
