// What has to be undone however the program ends: servers that it started, directories it made.
//
// A normal end undoes by destructors. On SIGINT, SIGTERM and SIGHUP a thread of its own stops every
// child, removes every directory and ends the process with 128 + signal. Against SIGKILL there is
// what the kernel offers: children get their stop signal when the thread that started them ends, so
// they are to be started by the main thread. A directory then stays, and says in its name whose it
// was.
// Threads: any, but for `undo_on_signals`.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bench/result.h"

namespace holdfast::bench {

/// To be called before any other thread is started, so that all inherit the blocked signals.
void undo_on_signals();

/// A new directory, removed with all in it when this goes.
class WorkDirectory {
 public:
  /// Below `parent`, which exists. Anyone may pass through it, so that servers that run as another
  /// user reach what is theirs in it.
  [[nodiscard]] static Result<WorkDirectory> make(const std::string& parent);
  WorkDirectory(WorkDirectory&& other) noexcept;
  WorkDirectory& operator=(WorkDirectory&&) = delete;
  ~WorkDirectory();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit WorkDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};
[[nodiscard]] std::optional<User> find_user(const std::string& name);

struct ChildOptions {
  std::vector<std::string> arguments;  // [0] is the program's path
  std::string log_path;                // its standard output and error; emptied first
  std::string working_directory = "/";
  std::optional<User> run_as;          // root only
  int stop_signal = 15;                // SIGTERM
};

/// A program that runs beside this one, in a process group of its own.
class PeerProcess {
 public:
  [[nodiscard]] static Result<PeerProcess> start(const ChildOptions& options);
  PeerProcess(PeerProcess&& other) noexcept;
  PeerProcess& operator=(PeerProcess&&) = delete;
  /// As `stop`.
  ~PeerProcess();

  /// Still there.
  [[nodiscard]] bool is_running();
  /// Its stop signal, then SIGKILL when it takes longer than ten seconds. Returns the exit code, or
  /// 128 + signal.
  int stop();
  /// As `stop`, for one that should be there until now and end well: anything else is an error.
  [[nodiscard]] Result<void> finish();
  /// Waits for its end by itself; an error when it takes longer.
  [[nodiscard]] Result<int> wait(std::chrono::milliseconds longest);
  /// The first line that begins so, whole, in what it wrote; an error when it ends or takes longer.
  [[nodiscard]] Result<std::string> wait_for_line(const std::string& beginning,
                                                  std::chrono::milliseconds longest);
  /// The last lines that it wrote, for messages.
  [[nodiscard]] std::string log_tail() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  PeerProcess(pid_t pid, ChildOptions options) : pid_(pid), options_(std::move(options)) {}
  pid_t pid_;  // -1: moved from
  ChildOptions options_;
  std::optional<int> exit_code_;
};

/// Runs a program to its end; its exit code 0, or an error with what it wrote.
[[nodiscard]] Result<void> run_to_end(const ChildOptions& options,
                                      std::chrono::milliseconds longest);

/// A TCP port of 127.0.0.1 that was free a moment ago.
[[nodiscard]] Result<std::uint16_t> free_port();

}  // namespace holdfast::bench
