// A holdfastd of ours: started on a data directory, port 0 of loopback, stopped by its id, killed with
// this object if it still runs. Thread: one owner.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/endpoint.h"
#include "bench/restart/child_process.h"
#include "bench/result.h"

namespace holdfast::bench {

class ServerProcess {
 public:
  /// Starts `program` and waits for its line `ready`; an error tells its last words.
  [[nodiscard]] static Result<ServerProcess> start(const std::string& program, const std::string& data_dir,
                                                   const std::vector<std::string>& options);
  /// SIGTERM, and waits. An error when it does not end with success.
  [[nodiscard]] Result<void> stop();

  [[nodiscard]] Endpoint endpoint() const;
  /// A number of the line `ready`, as `position`; 0 when it is not there.
  [[nodiscard]] std::uint64_t ready(const std::string& name) const;
  /// From its start to the line `ready`.
  [[nodiscard]] double start_seconds() const { return start_seconds_; }
  [[nodiscard]] pid_t pid() const { return process_.pid(); }

 private:
  explicit ServerProcess(ChildProcess process) : process_(std::move(process)) {}

  ChildProcess process_;
  std::map<std::string, std::string> ready_;
  double start_seconds_ = 0;
};

/// The holdfastd that was built beside this program.
[[nodiscard]] std::string server_beside_this_program();

/// What a process holds of memory now, from /proc/PID/smaps_rollup; zeroes when it cannot be read.
struct ProcessMemory {
  std::uint64_t resident_bytes = 0;
  std::uint64_t proportional_bytes = 0;  // shared pages divided by those who share them
};
[[nodiscard]] ProcessMemory memory_of(pid_t pid);

/// A directory under `parent` (empty: the system's temporary one), removed with all that is in it.
class TemporaryDirectory {
 public:
  [[nodiscard]] static Result<TemporaryDirectory> make(const std::string& parent);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  TemporaryDirectory() = default;
  std::string path_;
};

}  // namespace holdfast::bench
