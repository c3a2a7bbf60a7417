// A program that runs beside this one: started with its own standard streams and in a process group
// of its own, waited for or stopped by its id, stopped also when this program ends (teardown.h).
//
// Thread: one owner. The thread that starts it must live as long as it shall run.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/processes/teardown.h"
#include "bench/result.h"

namespace holdfast::bench {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};
[[nodiscard]] std::optional<User> find_user(const std::string& name);
/// The first directory on the way to `path` that the user may not enter, going by its mode; nothing
/// when all are open to him.
[[nodiscard]] std::optional<std::string> directory_closed_to(const User& user,
                                                             const std::string& path);

struct ChildOptions {
  std::string program;  // a path
  std::vector<std::string> arguments = {};
  /// Its standard error is appended to this file; empty: to one that goes with the process.
  std::string log_path = {};
  bool pipes_output = false;  // its standard output is read by `read_line`, else it joins the log
  std::string working_directory = {};   // empty: that of this program
  std::optional<User> run_as = {};      // root only
  int stop_signal = 15;                 // SIGTERM
  /// After that it gets SIGKILL.
  std::chrono::milliseconds stop_longest = std::chrono::seconds(30);
  /// What the kernel sends it when the thread that started it ends.
  int death_signal = 9;                 // SIGKILL
};

class ChildProcess {
 public:
  [[nodiscard]] static Result<ChildProcess> start(ChildOptions options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// As `stop`.
  ~ChildProcess();

  [[nodiscard]] bool is_running();
  /// Its stop signal, then SIGKILL when it takes longer than it may. Returns the exit code, or
  /// 128 + signal.
  int stop();
  /// As `stop`, for one that should be there until now and end well: anything else is an error.
  [[nodiscard]] Result<void> finish();
  /// SIGKILL, and waits.
  int kill();
  void send_signal(int signal);
  /// Waits for its end by itself.
  int wait();
  /// The same; an error when it takes longer.
  [[nodiscard]] Result<int> wait(std::chrono::milliseconds longest);

  /// Waits for a line of a piped standard output; empty when it ended before.
  [[nodiscard]] std::string read_line();
  /// All of it, until it is closed.
  [[nodiscard]] std::string read_rest();
  /// The first line that begins so, whole, in its log; an error when it ends or takes longer.
  [[nodiscard]] Result<std::string> wait_for_line(const std::string& beginning,
                                                  std::chrono::milliseconds longest);
  /// What stands in its log now.
  [[nodiscard]] std::string log() const;
  /// The last lines of it, for messages.
  [[nodiscard]] std::string log_tail() const;
  /// The last one.
  [[nodiscard]] std::string last_words() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  ChildProcess() = default;
  [[nodiscard]] std::vector<std::string> log_lines() const;

  ChildOptions options_;
  std::optional<TemporaryDirectory> own_log_;
  pid_t pid_ = -1;  // -1: moved from, or not started
  int out_ = -1;    // the reading end of its standard output
  std::optional<int> exit_code_;
};

/// Runs a program to its end; its exit code 0, or an error with what it wrote.
[[nodiscard]] Result<void> run_to_end(const ChildOptions& options,
                                      std::chrono::milliseconds longest);

/// What `program --version` says.
[[nodiscard]] Result<std::string> version_of(const std::string& program);

/// The program that stands beside this one in its directory.
[[nodiscard]] std::string program_beside(const std::string& name);

/// A TCP port of 127.0.0.1 that was free a moment ago.
[[nodiscard]] Result<std::uint16_t> free_port();

}  // namespace holdfast::bench
