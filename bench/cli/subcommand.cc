#include "bench/cli/subcommand.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace holdfast::bench {

CLI::Validator can_be_written() {
  const auto fault = [](const std::string& file) -> std::string {
    if (file == "-") return {};
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) return file + " is a directory; name a file";
    std::filesystem::path directory = std::filesystem::path(file).parent_path();
    if (directory.empty()) directory = ".";
    if (::access(directory.c_str(), W_OK | X_OK) == 0) return {};
    return fmt::format("{} cannot be written: {}: {}", file, directory.string(),
                       std::strerror(errno));
  };
  return {fault, ""};
}

void add_output(CLI::App& command, Output& output) {
  command.add_option("--json", output.json_file,
                     "Write the report as JSON to this file; - is standard output")
      ->type_name("FILE")->check(can_be_written());
  command.add_flag("--quiet", output.quiet, "No table");
}

int fail(const std::string& what) {
  fmt::print(stderr, "holdfast-bench: {}\n", what);
  return 1;
}

int refuse_usage(const CLI::App& command, const std::string& what) {
  fmt::print(stderr, "holdfast-bench: {}\n  Run holdfast-bench {} --help.\n", what,
             command.get_name());
  return 2;
}

}  // namespace holdfast::bench
