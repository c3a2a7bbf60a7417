#include "bench/processes/server_process.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "bench/clock.h"

namespace holdfast::bench {

namespace {

std::string program_of(const HoldfastdOptions& options) {
  return options.program.empty() ? program_beside("holdfastd") : options.program;
}

}  // namespace

Result<ChildProcess> start_server(const HoldfastdOptions& options) {
  ChildOptions child{.program = program_of(options),
                     .arguments = {"--data-dir", options.data_dir, "--listen", "127.0.0.1:0"},
                     .log_path = options.log_path,
                     .pipes_output = true,
                     .stop_longest = std::chrono::minutes(5)};
  if (options.keeps_idle) child.arguments.insert(child.arguments.end(), {"--idle-timeout", "0"});
  child.arguments.insert(child.arguments.end(), options.arguments.begin(), options.arguments.end());
  return ChildProcess::start(std::move(child));
}

std::optional<ReadyLine> wait_until_ready(ChildProcess& server) {
  std::istringstream words(server.read_line());
  std::string word;
  words >> word;
  if (word != "ready") return std::nullopt;
  ReadyLine ready;
  while (words >> word) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) ready[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return ready;
}

Result<ServerProcess> ServerProcess::start(const HoldfastdOptions& options) {
  const std::uint64_t start_ns = monotonic_ns();
  auto process = start_server(options);
  if (!process) return std::unexpected(process.error() + "; name it with --server");
  auto ready = wait_until_ready(*process);
  const double start_seconds = static_cast<double>(monotonic_ns() - start_ns) / 1e9;
  if (!ready) {
    process->wait();
    return std::unexpected("holdfastd did not start:\n" + process->log_tail());
  }
  const auto endpoint = parse_endpoint((*ready)["listen"]);
  if (!endpoint) {
    return std::unexpected("holdfastd does not say where it listens: " + endpoint.error());
  }
  return ServerProcess(std::move(*process), program_of(options), std::move(*ready), *endpoint,
                       start_seconds);
}

std::uint64_t ServerProcess::ready(const std::string& name) const {
  std::uint64_t number = 0;
  if (const auto word = ready_.find(name); word != ready_.end()) {
    std::from_chars(word->second.data(), word->second.data() + word->second.size(), number);
  }
  return number;
}

// Of the line "… info log ID: io_uring, write with RWF_DSYNC, past the page cache".
std::string ServerProcess::log_facts() const {
  std::istringstream lines(process_.log());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t start = line.find(" info log ");
    const std::size_t colon = start == std::string::npos ? start : line.find(": ", start);
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
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
    if (name == "Anonymous:") memory.anonymous_bytes = kib * 1024;
  }
  return memory;
}

}  // namespace holdfast::bench
