// How many connections a server has open files for.
//
// Sockets and the log's files count against the same limit of the process. If connections could use
// it up, the next log segment could not be opened, and the server would have to stop. So some are
// kept apart, and connections get the rest. Thread: the main one, at start.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <expected>
#include <string>

namespace holdfast::tools {

/// Kept apart: the log's segments, a snapshot and an archive copy under way, what each thread waits
/// on, and connections that are being told that there are too many.
inline constexpr std::uint64_t kFilesKeptApart = 256;

/// How many of `wanted` connections fit below `files`, and what to do about it when not all do.
struct ConnectionsFit {
  std::uint32_t connections = 0;
  std::string advice;  // empty: all fit
};
[[nodiscard]] ConnectionsFit fit_connections(std::uint32_t wanted, rlim_t files);

/// Raises the process's soft limit of open files as far as `wanted` connections need and the hard
/// limit allows.
[[nodiscard]] ConnectionsFit make_room_for_connections(std::uint32_t wanted);

}  // namespace holdfast::tools
