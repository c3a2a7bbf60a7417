// Real processes for a test: holdfastd in a temporary directory, on port 0, stopped by its id; and
// the programs of the build, run to their end. How they are started: bench/processes.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/processes/server_process.h"
#include "net/client/client.h"

namespace holdfast::test {

/// A directory under the system's temporary one, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  [[nodiscard]] const std::string& path() const { return directory_.path(); }

 private:
  bench::TemporaryDirectory directory_;
};

struct ProcessResult {
  int exit_code = -1;  // 128 + signal if a signal ended it
  std::string out;
  std::string err;
};

/// Runs a program of the build (`holdfast`, `holdfast-bench`, `holdfastd`) to its end.
[[nodiscard]] ProcessResult run_program(const std::string& program,
                                        const std::vector<std::string>& arguments);

/// Runs any program, given by its path, to its end.
[[nodiscard]] ProcessResult run_command(const std::string& path,
                                        const std::vector<std::string>& arguments);
/// Where a program of the build stands.
[[nodiscard]] std::string program_path(const std::string& program);

/// Waits as long as it takes, within reason, for something that a server does by itself.
template <class Done>
void wait_for(const std::string& what, Done&& done) {
  constexpr int kTries = 6'000;
  constexpr useconds_t kPauseUs = 50'000;
  for (int i = 0; i < kTries; ++i) {
    if (done()) return;
    ASSERT_FALSE(testing::Test::HasFatalFailure());
    ::usleep(kPauseUs);
  }
  FAIL() << "not within five minutes: " << what;
}

class ServerProcess {
 public:
  /// Does not start it yet. `program`: a holdfastd, or a script that becomes one.
  explicit ServerProcess(std::string data_dir, std::vector<std::string> options = {},
                         std::string program = program_path("holdfastd"));
  /// Kills it if it runs.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Starts it and waits for its line `ready`; false (see `log`) when it ends before.
  [[nodiscard]] bool start();
  /// SIGKILL, and waits.
  void kill();
  /// SIGTERM, and waits; returns the exit code.
  int terminate();
  /// Waits until it ends by itself; returns the exit code.
  int wait();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : -1; }
  /// What the line `ready` told: listen, data_dir, position, …
  [[nodiscard]] const bench::ReadyLine& ready() const { return ready_; }
  /// Its standard error so far, all starts together.
  [[nodiscard]] std::string log() const;
  /// A connected client; a failed connection fails the test.
  [[nodiscard]] net::Client connect() const;

 private:
  int ended(int exit_code);
  std::string data_dir_;
  std::vector<std::string> options_;
  std::string program_;
  TemporaryDirectory scratch_;
  std::string log_path_;
  std::optional<bench::ChildProcess> process_;  // from a start until its end is known
  std::uint16_t port_ = 0;
  bench::ReadyLine ready_;
};

}  // namespace holdfast::test
