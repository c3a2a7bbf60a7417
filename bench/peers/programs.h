// Where the programs of the peers are. Thread: any; nothing here has state.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace holdfast::bench {

/// The program's path: in the first of `directories` that has it, else in PATH.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name,
                                                      const std::vector<std::string>& directories);

/// Where Debian and others put the programs of PostgreSQL's versions, 15 first, then the newest.
[[nodiscard]] std::vector<std::string> postgresql_directories();

}  // namespace holdfast::bench
