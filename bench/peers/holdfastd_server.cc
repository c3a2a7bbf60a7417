#include "bench/peers/holdfastd_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace holdfast::bench {

namespace {

constexpr auto kStartLongest = std::chrono::seconds(60);
constexpr auto kVersionLongest = std::chrono::seconds(10);

std::string whole_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Of the line "… info log ID: io_uring, write with RWF_DSYNC, past the page cache".
std::string log_facts_of(const std::string& log) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t start = line.find(" info log ");
    const std::size_t colon = line.find(": ", start);
    if (start != std::string::npos && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

std::string program_beside(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / name).string();
}

Result<HoldfastdServer> HoldfastdServer::start(const HoldfastdOptions& options) {
  const std::string program =
      options.program.empty() ? program_beside("holdfastd") : options.program;
  if (::access(program.c_str(), X_OK) != 0) {
    return std::unexpected(
        fmt::format("{} is not there to be started; name it with --holdfastd PATH", program));
  }
  const std::string version_path = options.directory + "/holdfastd-version";
  ChildOptions ask{.arguments = {program, "--version"}, .log_path = version_path};
  if (auto asked = run_to_end(ask, kVersionLongest); !asked) {
    return std::unexpected(asked.error());
  }
  std::string version = whole_file(version_path);
  while (!version.empty() && version.back() == '\n') version.pop_back();

  ChildOptions child;
  // Connections wait for their turn longer than an idle gateway's may.
  child.arguments = {program,          "--data-dir", options.directory + "/holdfastd-data",
                     "--listen",       "127.0.0.1:0",
                     "--idle-timeout", "0"};
  child.arguments.insert(child.arguments.end(), options.arguments.begin(),
                         options.arguments.end());
  child.log_path = options.directory + "/holdfastd.log";
  auto started = PeerProcess::start(child);
  if (!started) return std::unexpected(started.error());
  const auto ready = started->wait_for_line("ready ", kStartLongest);
  if (!ready) return std::unexpected(ready.error());
  const std::size_t listen = ready->find("listen=");
  const std::size_t end = ready->find(' ', listen);
  const auto endpoint = listen == std::string::npos
                            ? Result<Endpoint>(std::unexpected("no listen="))
                            : parse_endpoint(ready->substr(listen + 7, end - listen - 7));
  if (!endpoint) return std::unexpected(fmt::format("holdfastd: \"{}\"", *ready));
  HoldfastdServer server(std::move(*started), *endpoint);
  server.version_ = version;
  server.log_facts_ = log_facts_of(whole_file(child.log_path));
  return server;
}

}  // namespace holdfast::bench
