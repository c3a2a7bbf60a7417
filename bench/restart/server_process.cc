#include "bench/restart/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "bench/load/load_thread.h"

extern char** environ;

namespace holdfast::bench {
namespace {

// Standard output goes to `out`, standard error to `log`; both are closed on exec.
Result<pid_t> spawn(const std::vector<std::string>& words, int out, int log) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, log, STDERR_FILENO);
  pid_t pid = -1;
  const int failure = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure == 0) return pid;
  return std::unexpected(fmt::format("cannot start {}: {}; name it with --server", words[0],
                                     std::strerror(failure)));
}

}  // namespace

Result<ServerProcess> ServerProcess::start(const std::string& program, const std::string& data_dir,
                                           const std::vector<std::string>& options) {
  ServerProcess server;
  std::string log_path = std::filesystem::temp_directory_path() / "holdfastd-log-XXXXXX";
  const int log = ::mkostemp(log_path.data(), O_CLOEXEC);
  if (log < 0) return std::unexpected(fmt::format("cannot make {}: {}", log_path, std::strerror(errno)));
  server.log_path_ = log_path;
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) {
    ::close(log);
    return std::unexpected(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  server.out_ = pipe_ends[0];
  std::vector<std::string> words{program, "--data-dir", data_dir, "--listen", "127.0.0.1:0"};
  words.insert(words.end(), options.begin(), options.end());
  const std::uint64_t start_ns = monotonic_ns();
  const auto pid = spawn(words, pipe_ends[1], log);
  ::close(pipe_ends[1]);
  ::close(log);
  if (!pid) return std::unexpected(pid.error());
  server.pid_ = *pid;

  std::string line;
  for (char c = 0; ::read(server.out_, &c, 1) == 1 && c != '\n';) line.push_back(c);
  server.start_seconds_ = static_cast<double>(monotonic_ns() - start_ns) / 1e9;
  std::istringstream text(line);
  std::string word;
  text >> word;
  if (word != "ready") {
    server.reap();
    return std::unexpected(fmt::format("{} did not start: {}", program, server.last_words()));
  }
  while (text >> word) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) server.ready_[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return server;
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), out_(std::exchange(other.out_, -1)),
      log_path_(std::exchange(other.log_path_, {})), ready_(std::move(other.ready_)),
      start_seconds_(other.start_seconds_) {}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  reap();
  if (out_ >= 0) ::close(out_);
  if (!log_path_.empty()) ::unlink(log_path_.c_str());
}

int ServerProcess::reap() {
  if (pid_ < 0) return -1;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<void> ServerProcess::stop() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
  const int code = reap();
  if (code == 0) return {};
  return std::unexpected(fmt::format("the server ended with exit code {}: {}", code, last_words()));
}

std::string ServerProcess::last_words() const {
  std::ifstream file(log_path_);
  std::string line;
  std::string last = "it said nothing";
  while (std::getline(file, line)) last = line;
  return last;
}

Endpoint ServerProcess::endpoint() const {
  const auto endpoint = parse_endpoint(ready_.at("listen"));
  return endpoint ? *endpoint : Endpoint{};
}

std::uint64_t ServerProcess::ready(const std::string& name) const {
  std::uint64_t number = 0;
  if (const auto word = ready_.find(name); word != ready_.end()) {
    std::from_chars(word->second.data(), word->second.data() + word->second.size(), number);
  }
  return number;
}

std::string server_beside_this_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "holdfastd" : (self.parent_path() / "holdfastd").string();
}

ProcessMemory memory_of(pid_t pid) {
  ProcessMemory memory;
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t kib = 0;
    words >> name >> kib;
    if (name == "Rss:") memory.resident_bytes = kib * 1024;
    if (name == "Pss:") memory.proportional_bytes = kib * 1024;
  }
  return memory;
}

Result<TemporaryDirectory> TemporaryDirectory::make(const std::string& parent) {
  std::error_code error;
  auto base = parent.empty() ? std::filesystem::temp_directory_path(error) : std::filesystem::path(parent);
  std::string pattern = base / "holdfast-bench-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) {
    return std::unexpected(fmt::format("cannot make a directory in {}: {}; name another place with "
                                       "--temp-dir",
                                       base.string(), std::strerror(errno)));
  }
  TemporaryDirectory directory;
  directory.path_ = pattern;
  return directory;
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace holdfast::bench
