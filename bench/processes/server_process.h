// A holdfastd of ours: started on a data directory, port 0 of loopback, stopped by its id and with
// this program. Thread: one owner, as `ChildProcess`.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/endpoint.h"
#include "bench/processes/child_process.h"
#include "bench/result.h"

namespace holdfast::bench {

struct HoldfastdOptions {
  std::string program = {};  // empty: the holdfastd that was built beside this program
  std::string data_dir;
  std::vector<std::string> arguments = {};  // more than where it listens and what it keeps
  std::string log_path = {};                // see `ChildOptions`
  bool keeps_idle = false;                  // connections may be silent for as long as they want
};

/// Starts it and does not wait.
[[nodiscard]] Result<ChildProcess> start_server(const HoldfastdOptions& options);

/// What a server tells in its line `ready`, by name: listen, data_dir, position, …
using ReadyLine = std::map<std::string, std::string>;
/// Waits for it; nothing when the server ended before.
[[nodiscard]] std::optional<ReadyLine> wait_until_ready(ChildProcess& server);

class ServerProcess {
 public:
  /// Starts it and waits until it is ready; an error tells what it said last.
  [[nodiscard]] static Result<ServerProcess> start(const HoldfastdOptions& options);
  /// SIGTERM, and waits. An error when it does not end with success.
  [[nodiscard]] Result<void> stop() { return process_.finish(); }

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  /// A number of the line `ready`, as `position`; 0 when it is not there.
  [[nodiscard]] std::uint64_t ready(const std::string& name) const;
  /// From its start to the line `ready`.
  [[nodiscard]] double start_seconds() const { return start_seconds_; }
  /// What its program says of itself.
  [[nodiscard]] Result<std::string> version() const { return version_of(program_); }
  /// How its log writes: the method, and whether past the page cache; as it says itself.
  [[nodiscard]] std::string log_facts() const;
  [[nodiscard]] pid_t pid() const { return process_.pid(); }

 private:
  ServerProcess(ChildProcess process, std::string program, ReadyLine ready, Endpoint endpoint,
                double start_seconds)
      : process_(std::move(process)),
        program_(std::move(program)),
        ready_(std::move(ready)),
        endpoint_(std::move(endpoint)),
        start_seconds_(start_seconds) {}

  ChildProcess process_;
  std::string program_;
  ReadyLine ready_;
  Endpoint endpoint_;
  double start_seconds_;
};

/// What a process holds of memory now, from /proc/PID/smaps_rollup; zeroes when it cannot be read.
struct ProcessMemory {
  std::uint64_t resident_bytes = 0;
  std::uint64_t proportional_bytes = 0;  // shared pages divided by those who share them
  std::uint64_t anonymous_bytes = 0;     // of the resident ones: no file stands behind them
};
[[nodiscard]] ProcessMemory memory_of(pid_t pid);

}  // namespace holdfast::bench
