#include "bench/restart/server_process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/load/load_thread.h"

namespace holdfast::bench {

Result<ServerProcess> ServerProcess::start(const std::string& program, const std::string& data_dir,
                                           const std::vector<std::string>& options) {
  std::vector<std::string> words{"--data-dir", data_dir, "--listen", "127.0.0.1:0"};
  words.insert(words.end(), options.begin(), options.end());
  const std::uint64_t start_ns = monotonic_ns();
  auto process = ChildProcess::start(program, words, ChildProcess::Output::piped);
  if (!process) return std::unexpected(process.error() + "; name it with --server");
  ServerProcess server(std::move(*process));
  std::istringstream line(server.process_.read_line());
  server.start_seconds_ = static_cast<double>(monotonic_ns() - start_ns) / 1e9;
  std::string word;
  line >> word;
  if (word != "ready") {
    server.process_.wait();
    return std::unexpected(fmt::format("{} did not start: {}", program, server.process_.last_words()));
  }
  while (line >> word) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) server.ready_[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return server;
}

Result<void> ServerProcess::stop() {
  process_.send_signal(SIGTERM);
  const int code = process_.wait();
  if (code == 0) return {};
  return std::unexpected(
      fmt::format("the server ended with exit code {}: {}", code, process_.last_words()));
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
