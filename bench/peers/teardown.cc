#include "bench/peers/teardown.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

namespace holdfast::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kStopLongest = std::chrono::seconds(10);
constexpr auto kPoll = std::chrono::milliseconds(5);
constexpr std::size_t kTailLines = 12;

struct Registry {
  struct Child {
    pid_t pid;
    int stop_signal;
  };
  std::mutex mutex;  // guards all below, and that nobody reaps while children are signalled
  std::vector<Child> children;
  std::vector<std::string> directories;
};

Registry& registry() {
  static Registry all;
  return all;
}

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// The registry is locked. The exit code, if the child has ended.
std::optional<int> reap(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) return std::nullopt;
  std::erase_if(registry().children,
                [&](const Registry::Child& child) { return child.pid == pid; });
  return exit_code_of(status);
}

/// The registry is locked. Stop signal, then SIGKILL.
int stop_child(const Registry::Child& child) {
  ::kill(child.pid, child.stop_signal);
  const auto until = Clock::now() + kStopLongest;
  while (true) {
    if (const auto code = reap(child.pid)) return *code;
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
  while (!registry().children.empty()) stop_child(registry().children.back());
  for (const std::string& path : registry().directories) remove_tree(path);
  ::_exit(128 + signal);
}

sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

/// What the new process does before it becomes the program. Only calls that are safe after fork.
[[noreturn]] void become(const ChildOptions& options, char* const* argv, int log, pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setpgid(0, 0);  // a Ctrl-C is for holdfast-bench alone, which then stops its children
  if (options.run_as) {
    const User& user = *options.run_as;
    if (::setgroups(1, &user.gid) != 0 || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0) {
      ::_exit(126);
    }
  }
  ::prctl(PR_SET_PDEATHSIG, options.stop_signal);  // after setuid, which forgets it
  if (::getppid() != parent) ::_exit(126);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (::chdir(options.working_directory.c_str()) != 0) ::_exit(126);
  ::execv(argv[0], argv);
  ::_exit(127);
}

}  // namespace

void undo_on_signals() {
  const sigset_t signals = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::thread([signals] {
    int signal = 0;
    while (::sigwait(&signals, &signal) != 0) {
    }
    undo_all_and_exit(signal);
  }).detach();
}

Result<WorkDirectory> WorkDirectory::make(const std::string& parent) {
  std::string path = (std::filesystem::absolute(parent) /
                      fmt::format("holdfast-bench-{}-XXXXXX", ::getpid()))
                         .string();
  const std::lock_guard guard(registry().mutex);
  if (::mkdtemp(path.data()) == nullptr || ::chmod(path.c_str(), 0711) != 0) {
    return std::unexpected(
        fmt::format("cannot make a directory in {}: {}", parent, std::strerror(errno)));
  }
  registry().directories.push_back(path);
  return WorkDirectory(path);
}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

WorkDirectory::~WorkDirectory() {
  if (path_.empty()) return;
  const std::lock_guard guard(registry().mutex);
  remove_tree(path_);
  std::erase(registry().directories, path_);
}

std::optional<User> find_user(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return User{.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid};
}

Result<PeerProcess> PeerProcess::start(const ChildOptions& options) {
  std::vector<char*> argv;
  for (const std::string& text : options.arguments) argv.push_back(const_cast<char*>(text.c_str()));
  argv.push_back(nullptr);
  const int log =
      ::open(options.log_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    return std::unexpected(
        fmt::format("cannot write {}: {}", options.log_path, std::strerror(errno)));
  }
  const std::lock_guard guard(registry().mutex);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(options, argv.data(), log, parent);
  const int error_number = errno;
  ::close(log);
  if (pid < 0) {
    return std::unexpected(
        fmt::format("cannot start {}: {}", argv[0], std::strerror(error_number)));
  }
  registry().children.push_back({.pid = pid, .stop_signal = options.stop_signal});
  return PeerProcess(pid, options);
}

PeerProcess::PeerProcess(PeerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      options_(std::move(other.options_)),
      exit_code_(other.exit_code_) {}

PeerProcess::~PeerProcess() {
  if (pid_ >= 0) stop();
}

bool PeerProcess::is_running() {
  const std::lock_guard guard(registry().mutex);
  if (!exit_code_) exit_code_ = reap(pid_);
  return !exit_code_;
}

int PeerProcess::stop() {
  const std::lock_guard guard(registry().mutex);
  if (!exit_code_) exit_code_ = stop_child({.pid = pid_, .stop_signal = options_.stop_signal});
  return *exit_code_;
}

Result<void> PeerProcess::finish() {
  const std::string& name = options_.arguments[0];
  if (!is_running()) {
    return std::unexpected(fmt::format("{} ended early:\n{}", name, log_tail()));
  }
  const int code = stop();
  if (code == 0) return {};
  return std::unexpected(fmt::format("{} ended with exit code {}:\n{}", name, code, log_tail()));
}

Result<int> PeerProcess::wait(std::chrono::milliseconds longest) {
  const auto until = Clock::now() + longest;
  while (is_running()) {
    if (Clock::now() > until) {
      return std::unexpected(fmt::format("{} did not end within {} s\n{}", options_.arguments[0],
                                         longest.count() / 1000, log_tail()));
    }
    std::this_thread::sleep_for(kPoll);
  }
  return *exit_code_;
}

Result<std::string> PeerProcess::wait_for_line(const std::string& beginning,
                                                std::chrono::milliseconds longest) {
  const auto until = Clock::now() + longest;
  while (true) {
    const bool was_running = is_running();
    std::ifstream log(options_.log_path);
    // Without a line end it is not whole yet.
    for (std::string line; std::getline(log, line) && !log.eof();) {
      if (line.starts_with(beginning)) return line;
    }
    if (!was_running || Clock::now() > until) {
      return std::unexpected(fmt::format("{} {}:\n{}", options_.arguments[0],
                                         was_running ? "took too long to start" : "ended",
                                         log_tail()));
    }
    std::this_thread::sleep_for(kPoll);
  }
}

std::string PeerProcess::log_tail() const {
  std::ifstream log(options_.log_path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  const std::size_t first = lines.size() - std::min(lines.size(), kTailLines);
  std::string text;
  for (std::size_t i = first; i < lines.size(); ++i) text += fmt::format("  | {}\n", lines[i]);
  return text.empty() ? "  (it wrote nothing)\n" : text;
}

Result<void> run_to_end(const ChildOptions& options, std::chrono::milliseconds longest) {
  auto child = PeerProcess::start(options);
  if (!child) return std::unexpected(child.error());
  const auto code = child->wait(longest);
  if (!code) return std::unexpected(code.error());
  if (*code == 0) return {};
  return std::unexpected(fmt::format("{} failed with exit code {}:\n{}", options.arguments[0],
                                     *code, child->log_tail()));
}

Result<std::uint16_t> free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = listener >= 0 && ::bind(listener, generic, length) == 0 &&
                        ::getsockname(listener, generic, &length) == 0;
  const int error_number = errno;
  if (listener >= 0) ::close(listener);
  if (!is_bound) {
    return std::unexpected(fmt::format("no free port: {}", std::strerror(error_number)));
  }
  return ntohs(address.sin_port);
}

}  // namespace holdfast::bench
