// A process of ours: started with its own standard streams, waited for or killed by its id.
//
// Standard output comes through a pipe to who asked for it, else it joins standard error in a file
// that goes with this object. Thread: one owner.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "bench/result.h"

namespace holdfast::bench {

class ChildProcess {
 public:
  enum class Output { joined, piped };
  /// `program`: a path.
  [[nodiscard]] static Result<ChildProcess> start(const std::string& program,
                                                  const std::vector<std::string>& arguments,
                                                  Output output = Output::joined);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Kills it if it still runs.
  ~ChildProcess();

  /// Waits for a line of a piped standard output; empty when it ended before.
  [[nodiscard]] std::string read_line();
  [[nodiscard]] bool has_ended();
  /// Waits for its end; its exit code, or 128 and the signal that ended it.
  int wait();
  void send_signal(int signal) const;
  /// The last line of its standard error.
  [[nodiscard]] std::string last_words() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  ChildProcess() = default;

  pid_t pid_ = -1;  // -1: it was waited for
  int exit_code_ = -1;
  int out_ = -1;
  std::string log_path_;
};

}  // namespace holdfast::bench
