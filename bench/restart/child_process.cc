#include "bench/restart/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

extern char** environ;

namespace holdfast::bench {
namespace {

// All descriptors are closed on exec but those that become its streams.
Result<pid_t> spawn(const std::string& program, const std::vector<std::string>& arguments, int out, int err) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int failure = posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure == 0) return pid;
  return std::unexpected(fmt::format("cannot start {}: {}", program, std::strerror(failure)));
}

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::string& program,
                                         const std::vector<std::string>& arguments, Output output) {
  ChildProcess child;
  std::string log_path = std::filesystem::temp_directory_path() / "holdfast-bench-log-XXXXXX";
  const int log = ::mkostemp(log_path.data(), O_CLOEXEC);
  if (log < 0) return std::unexpected(fmt::format("cannot make {}: {}", log_path, std::strerror(errno)));
  child.log_path_ = log_path;
  int ends[2] = {-1, log};
  if (output == Output::piped && ::pipe2(ends, O_CLOEXEC) != 0) {
    ::close(log);
    return std::unexpected(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  child.out_ = ends[0];
  const auto pid = spawn(program, arguments, ends[1], log);
  ::close(log);
  if (output == Output::piped) ::close(ends[1]);
  if (!pid) return std::unexpected(pid.error());
  child.pid_ = *pid;
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_),
      out_(std::exchange(other.out_, -1)), log_path_(std::exchange(other.log_path_, {})) {}

ChildProcess::~ChildProcess() {
  send_signal(SIGKILL);
  wait();
  if (out_ >= 0) ::close(out_);
  if (!log_path_.empty()) ::unlink(log_path_.c_str());
}

std::string ChildProcess::read_line() {
  std::string line;
  for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) line.push_back(c);
  return line;
}

bool ChildProcess::has_ended() {
  int status = 0;
  if (pid_ < 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return pid_ < 0;
  pid_ = -1;
  exit_code_ = exit_code_of(status);
  return true;
}

int ChildProcess::wait() {
  int status = 0;
  if (pid_ < 0) return exit_code_;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return exit_code_ = exit_code_of(status);
}

void ChildProcess::send_signal(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

std::string ChildProcess::last_words() const {
  std::ifstream file(log_path_);
  std::string line;
  std::string last = "it said nothing";
  while (std::getline(file, line)) last = line;
  return last;
}

}  // namespace holdfast::bench
