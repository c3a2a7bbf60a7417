// The options of a load: whom it asks for what. Shared by the subcommands that make load.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bench/load/run_options.h"
#include "bench/result.h"

namespace holdfast::bench {

/// "70,20,5,5" or "authorize=70,capture=20"; what is not named is 0.
[[nodiscard]] Result<Mix> parse_mix(const std::string& text);

/// `--load-processors`.
void add_load_processors(CLI::App& command, std::vector<unsigned>& processors);

/// The options that `run`, `sweep` and `soak` have in common.
class LoadOptions {
 public:
  explicit LoadOptions(RunOptions& options) : options_(options) {}

  /// `--connect`; not for a subcommand that starts its own server.
  void add_connect(CLI::App& command);
  /// Connections, population, what is asked for.
  void add_load(CLI::App& command);
  /// What the texts on the command line mean, into the options.
  [[nodiscard]] Result<void> take();

 private:
  RunOptions& options_;
  std::string connect_;
  std::string mix_;
};

}  // namespace holdfast::bench
