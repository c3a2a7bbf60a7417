#include "tests/process/server_process.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace holdfast::test {
namespace {

// A test without its directory or its process cannot go on.
template <class T>
T must(bench::Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().c_str());
  std::abort();
}

}  // namespace

TemporaryDirectory::TemporaryDirectory()
    : directory_(must(bench::TemporaryDirectory::make("", "holdfast-test"))) {}

std::string program_path(const std::string& program) {
  return std::string(HOLDFAST_BIN_DIR) + "/" + program;
}

ProcessResult run_program(const std::string& program, const std::vector<std::string>& arguments) {
  return run_command(program_path(program), arguments);
}

ProcessResult run_command(const std::string& path, const std::vector<std::string>& arguments) {
  auto process =
      bench::ChildProcess::start({.program = path, .arguments = arguments, .pipes_output = true});
  if (!process) return {.exit_code = 127, .out = {}, .err = process.error()};  // as a shell
  ProcessResult result;
  result.out = process->read_rest();
  result.exit_code = process->wait();
  result.err = process->log();
  return result;
}

ServerProcess::ServerProcess(std::string data_dir, std::vector<std::string> options,
                             std::string program)
    : data_dir_(std::move(data_dir)), options_(std::move(options)), program_(std::move(program)),
      log_path_(scratch_.path() + "/log") {}

ServerProcess::~ServerProcess() { kill(); }

bool ServerProcess::start() {
  kill();
  // A test that is kept from running for a minute is slow, not a gateway that has gone.
  process_.emplace(must(bench::start_server({.program = program_,
                                             .data_dir = data_dir_,
                                             .arguments = options_,
                                             .log_path = log_path_,
                                             .keeps_idle = true})));
  auto ready = bench::wait_until_ready(*process_);
  if (!ready) return false;  // it ended: its log says why; `wait` gives the exit code
  ready_ = std::move(*ready);
  const std::string listen = ready_["listen"];
  port_ = static_cast<std::uint16_t>(std::stoi(listen.substr(listen.rfind(':') + 1)));
  return true;
}

int ServerProcess::ended(int exit_code) {
  process_.reset();
  return exit_code;
}

void ServerProcess::kill() {
  if (process_) ended(process_->kill());
}

int ServerProcess::terminate() {
  if (process_) process_->send_signal(SIGTERM);
  return wait();
}

int ServerProcess::wait() { return process_ ? ended(process_->wait()) : -1; }

std::string ServerProcess::log() const {
  std::ifstream file(log_path_, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

net::Client ServerProcess::connect() const {
  // A starved machine is slow, not wrong: ctest's time limit is the one that ends a test.
  constexpr std::chrono::minutes kLongest{9};
  auto client = net::Client::connect({.host = "127.0.0.1",
                                      .port = port_,
                                      .gateway_name = "test",
                                      .connect_timeout = kLongest,
                                      .reply_timeout = kLongest});
  if (!client) {
    ADD_FAILURE() << client.error().message << "\n" << log();
    std::abort();
  }
  return std::move(*client);
}

}  // namespace holdfast::test
