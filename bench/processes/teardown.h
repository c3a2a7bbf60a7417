// What has to be undone however the program ends: processes that it started, directories it made.
//
// A normal end undoes by destructors. On SIGINT, SIGTERM and SIGHUP a thread of its own stops every
// child, removes every directory and ends the process with 128 + signal. Against SIGKILL there is
// what the kernel offers (see `ChildOptions::death_signal`); a directory then stays, and says in
// its name whose it was. Threads: any, but for `undo_on_signals`.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "bench/result.h"

namespace holdfast::bench {

/// To be called before any other thread is started, so that all inherit the blocked signals.
void undo_on_signals();

/// A new directory, removed with all in it when this goes.
class TemporaryDirectory {
 public:
  /// Below `parent`, which exists (empty: the system's temporary one). Its name begins with `name`.
  [[nodiscard]] static Result<TemporaryDirectory> make(const std::string& parent,
                                                       const std::string& name = "holdfast-bench");
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// The children that are stopped on a signal; for `ChildProcess`.
struct RunningChild {
  pid_t pid = -1;
  int stop_signal = 0;
  std::chrono::milliseconds stop_longest{};
};
/// Starts one by `fork_it`, which returns its pid or -1. None is started once a signal has come.
[[nodiscard]] pid_t start_child(const std::function<pid_t()>& fork_it, const RunningChild& child);
/// Its exit code (128 + the signal that ended it), if it has ended; then it is forgotten.
[[nodiscard]] std::optional<int> reap_child(pid_t pid);
/// Its stop signal, then SIGKILL when it takes longer than it may. Returns its exit code.
int stop_child(const RunningChild& child);

}  // namespace holdfast::bench
