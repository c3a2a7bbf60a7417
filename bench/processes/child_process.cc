#include "bench/processes/child_process.h"

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
#include <sstream>
#include <thread>
#include <utility>

namespace holdfast::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPoll = std::chrono::milliseconds(5);
constexpr std::size_t kTailLines = 12;

struct Streams {
  int out;
  int err;
};

/// What the new process does before it becomes the program. Only calls that are safe after fork.
[[noreturn]] void become(const ChildOptions& options, char* const* argv, Streams streams,
                         pid_t parent) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::setpgid(0, 0);  // a Ctrl-C is for this program alone, which then stops its children
  if (options.run_as) {
    const User& user = *options.run_as;
    if (::setgroups(1, &user.gid) != 0 || ::setgid(user.gid) != 0 || ::setuid(user.uid) != 0) {
      ::_exit(126);
    }
  }
  ::prctl(PR_SET_PDEATHSIG, options.death_signal);  // after setuid, which forgets it
  if (::getppid() != parent) ::_exit(126);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(streams.out, STDOUT_FILENO);
  ::dup2(streams.err, STDERR_FILENO);
  if (!options.working_directory.empty() && ::chdir(options.working_directory.c_str()) != 0) {
    ::_exit(126);
  }
  ::execv(argv[0], argv);
  ::_exit(127);
}

}  // namespace

std::optional<User> find_user(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return User{.name = name, .uid = entry->pw_uid, .gid = entry->pw_gid};
}

std::optional<std::string> directory_closed_to(const User& user, const std::string& path) {
  if (user.uid == 0) return std::nullopt;
  std::filesystem::path reached;
  for (const auto& part : std::filesystem::absolute(path)) {
    reached /= part;
    struct stat is{};
    if (::stat(reached.c_str(), &is) != 0 || !S_ISDIR(is.st_mode)) continue;
    const mode_t needed = is.st_uid == user.uid   ? S_IXUSR
                          : is.st_gid == user.gid ? S_IXGRP
                                                  : S_IXOTH;
    if ((is.st_mode & needed) == 0) return reached.string();
  }
  return std::nullopt;
}

Result<ChildProcess> ChildProcess::start(ChildOptions options) {
  ChildProcess child;
  child.options_ = std::move(options);
  ChildOptions& own = child.options_;
  const auto failed = [&own](const std::string& what) {
    return std::unexpected(fmt::format("cannot start {}: {}: {}", own.program, what,
                                       std::strerror(errno)));
  };
  if (::access(own.program.c_str(), X_OK) != 0) return failed("it is not there to be run");
  if (own.log_path.empty()) {
    auto made = TemporaryDirectory::make("", "holdfast-log");
    if (!made) return std::unexpected(made.error());
    own.log_path = made->path() + "/log";
    child.own_log_.emplace(std::move(*made));
  }
  std::vector<char*> argv{own.program.data()};
  for (std::string& argument : own.arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const int log = ::open(own.log_path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return failed("cannot write " + own.log_path);
  int ends[2] = {-1, log};
  if (own.pipes_output && ::pipe2(ends, O_CLOEXEC) != 0) {
    ::close(log);
    return failed("no pipe");
  }
  const pid_t parent = ::getpid();
  child.pid_ = start_child(
      [&] {
        const pid_t pid = ::fork();
        if (pid == 0) become(own, argv.data(), {.out = ends[1], .err = log}, parent);
        return pid;
      },
      {.stop_signal = own.stop_signal, .stop_longest = own.stop_longest});
  child.out_ = ends[0];
  ::close(log);
  if (own.pipes_output) ::close(ends[1]);
  if (child.pid_ < 0) return failed("no new process");
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : options_(std::move(other.options_)),
      own_log_(std::move(other.own_log_)),
      pid_(std::exchange(other.pid_, -1)),
      out_(std::exchange(other.out_, -1)),
      exit_code_(other.exit_code_) {}

ChildProcess::~ChildProcess() {
  if (pid_ >= 0) stop();
  if (out_ >= 0) ::close(out_);
}

bool ChildProcess::is_running() {
  if (!exit_code_) exit_code_ = reap_child(pid_);
  return !exit_code_;
}

int ChildProcess::stop() {
  if (!exit_code_) {
    exit_code_ = stop_child(
        {.pid = pid_, .stop_signal = options_.stop_signal, .stop_longest = options_.stop_longest});
  }
  return *exit_code_;
}

Result<void> ChildProcess::finish() {
  if (!is_running()) {
    return std::unexpected(fmt::format("{} ended early:\n{}", options_.program, log_tail()));
  }
  const int code = stop();
  if (code == 0) return {};
  return std::unexpected(fmt::format("{} ended with exit code {}:\n{}", options_.program, code,
                                     log_tail()));
}

int ChildProcess::kill() {
  send_signal(SIGKILL);
  return wait();
}

void ChildProcess::send_signal(int signal) {
  if (is_running()) ::kill(pid_, signal);
}

int ChildProcess::wait() {
  while (is_running()) {
    siginfo_t ended;  // left to be reaped, which is done under the registry's lock
    ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT);
  }
  return *exit_code_;
}

Result<int> ChildProcess::wait(std::chrono::milliseconds longest) {
  const auto until = Clock::now() + longest;
  while (is_running()) {
    if (Clock::now() > until) {
      return std::unexpected(fmt::format("{} did not end within {} s\n{}", options_.program,
                                         longest.count() / 1000, log_tail()));
    }
    std::this_thread::sleep_for(kPoll);
  }
  return *exit_code_;
}

std::string ChildProcess::read_line() {
  std::string line;
  for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) line.push_back(c);
  return line;
}

std::string ChildProcess::read_rest() {
  std::string text;
  char piece[4096];
  for (ssize_t count = 0; (count = ::read(out_, piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<std::size_t>(count));
  }
  return text;
}

Result<std::string> ChildProcess::wait_for_line(const std::string& beginning,
                                                std::chrono::milliseconds longest) {
  const auto until = Clock::now() + longest;
  while (true) {
    const bool was_running = is_running();
    std::ifstream file(options_.log_path);
    // Without a line end it is not whole yet.
    for (std::string line; std::getline(file, line) && !file.eof();) {
      if (line.starts_with(beginning)) return line;
    }
    if (!was_running || Clock::now() > until) {
      return std::unexpected(fmt::format("{} {}:\n{}", options_.program,
                                         was_running ? "took too long to start" : "ended",
                                         log_tail()));
    }
    std::this_thread::sleep_for(kPoll);
  }
}

std::string ChildProcess::log() const {
  std::ifstream file(options_.log_path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> ChildProcess::log_lines() const {
  std::ifstream file(options_.log_path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string ChildProcess::log_tail() const {
  const std::vector<std::string> lines = log_lines();
  const std::size_t first = lines.size() - std::min(lines.size(), kTailLines);
  std::string text;
  for (std::size_t i = first; i < lines.size(); ++i) text += fmt::format("  | {}\n", lines[i]);
  return text.empty() ? "  (it wrote nothing)\n" : text;
}

std::string ChildProcess::last_words() const {
  const std::vector<std::string> lines = log_lines();
  return lines.empty() ? "it said nothing" : lines.back();
}

Result<void> run_to_end(const ChildOptions& options, std::chrono::milliseconds longest) {
  auto child = ChildProcess::start(options);
  if (!child) return std::unexpected(child.error());
  const auto code = child->wait(longest);
  if (!code) return std::unexpected(code.error());
  if (*code == 0) return {};
  return std::unexpected(
      fmt::format("{} failed with exit code {}:\n{}", options.program, *code, child->log_tail()));
}

Result<std::string> version_of(const std::string& program) {
  auto child =
      ChildProcess::start({.program = program, .arguments = {"--version"}, .pipes_output = true});
  if (!child) return std::unexpected(child.error());
  const std::string line = child->read_line();
  if (child->wait() == 0 && !line.empty()) return line;
  return std::unexpected(
      fmt::format("{} does not tell its version: {}", program, child->last_words()));
}

std::string program_beside(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / name).string();
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
