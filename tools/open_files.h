// How many files holdfastd may have open, and for what.
#pragma once

#include <cstdint>

namespace holdfast::tools {

/// Raises the soft limit on open files (RLIMIT_NOFILE) as far as the hard one allows, so that
/// `wanted` connections have room beside the files of log, snapshots and archive. Returns how many
/// connections do, 1 to `wanted`; logs a warning when it is fewer, since connections must never
/// take the files that the log needs. At start-up, before any connection.
[[nodiscard]] std::uint32_t allow_connections(std::uint32_t wanted);

}  // namespace holdfast::tools
