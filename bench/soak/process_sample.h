// What the kernel tells of a running server and its directory, cheaply enough to be asked every
// second: /proc/PID/statm and fd, and one walk over the directory. Any thread; no state.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::bench {

/// Zero when the process is gone.
[[nodiscard]] std::uint64_t resident_bytes_of(pid_t pid);
[[nodiscard]] std::uint64_t open_files_of(pid_t pid);

struct DirectorySize {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;  // taken on the disk
};
[[nodiscard]] DirectorySize size_of_directory(const std::string& path);

/// Files of a data directory that a server which was stopped in order should not have left:
/// anything but its log, snapshots, identity and lock.
[[nodiscard]] std::vector<std::string> strange_files(const std::string& data_dir);

}  // namespace holdfast::bench
