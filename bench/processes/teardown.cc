#include "bench/processes/teardown.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace holdfast::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPoll = std::chrono::milliseconds(5);

struct Registry {
  std::mutex mutex;  // guards all below, and that nobody reaps while children are signalled
  std::vector<RunningChild> children;
  std::vector<std::string> directories;
};

Registry& registry() {
  static Registry all;
  return all;
}

/// The registry is locked.
std::optional<int> reap(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  std::erase_if(registry().children, [&](const RunningChild& child) { return child.pid == pid; });
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// The registry is locked.
int stop(RunningChild child) {
  ::kill(child.pid, child.stop_signal);
  const auto until = Clock::now() + child.stop_longest;
  while (true) {
    if (const auto code = reap(child.pid)) {
      ::kill(-child.pid, SIGKILL);  // what it started itself and left behind, as initdb may
      return *code;
    }
    if (Clock::now() > until) ::kill(child.pid, SIGKILL);
    std::this_thread::sleep_for(kPoll);
  }
}

/// Several times, should something still be written into it. Nothing can be done about an error on
/// the way out.
void remove_tree(const std::string& path) {
  std::error_code error;
  for (int tries = 0; tries < 20; ++tries) {
    std::filesystem::remove_all(path, error);
    if (!error && !std::filesystem::exists(path, error)) return;
    std::this_thread::sleep_for(kPoll);
  }
}

[[noreturn]] void undo_all_and_exit(int signal) {
  registry().mutex.lock();  // for good: nobody starts anything any more
  while (!registry().children.empty()) stop(registry().children.back());
  for (const std::string& path : registry().directories) remove_tree(path);
  ::_exit(128 + signal);
}

}  // namespace

void undo_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::thread([signals] {
    int signal = 0;
    while (::sigwait(&signals, &signal) != 0) {
    }
    undo_all_and_exit(signal);
  }).detach();
}

Result<TemporaryDirectory> TemporaryDirectory::make(const std::string& parent,
                                                    const std::string& name) {
  std::error_code error;
  const std::filesystem::path place = parent.empty()
                                          ? std::filesystem::temp_directory_path(error)
                                          : std::filesystem::absolute(parent, error);
  std::string path = (place / fmt::format("{}-{}-XXXXXX", name, ::getpid())).string();
  const std::lock_guard guard(registry().mutex);
  if (::mkdtemp(path.data()) == nullptr) {
    return std::unexpected(fmt::format("cannot make a directory in {}: {}; name another place",
                                       place.string(), std::strerror(errno)));
  }
  registry().directories.push_back(path);
  return TemporaryDirectory(path);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  const std::lock_guard guard(registry().mutex);
  remove_tree(path_);
  std::erase(registry().directories, path_);
}

pid_t start_child(const std::function<pid_t()>& fork_it, const RunningChild& child) {
  const std::lock_guard guard(registry().mutex);
  const pid_t pid = fork_it();
  if (pid > 0) registry().children.push_back({pid, child.stop_signal, child.stop_longest});
  return pid;
}

std::optional<int> reap_child(pid_t pid) {
  const std::lock_guard guard(registry().mutex);
  return reap(pid);
}

int stop_child(const RunningChild& child) {
  const std::lock_guard guard(registry().mutex);
  return stop(child);
}

}  // namespace holdfast::bench
