#include "tests/process/server_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace holdfast::test {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

// Starts a program with its streams going to descriptors of ours; they are closed on exec. It does not
// outlive this process, however that ends.
pid_t spawn(const std::string& path, const std::vector<std::string>& arguments, int out, int err) {
  std::vector<char*> argv{const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {  // between fork and exec only what a signal handler may call
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int in = open("/dev/null", O_RDONLY);
    if (getppid() == parent && in >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(err, STDERR_FILENO) >= 0) {
      execve(path.c_str(), argv.data(), environ);
    }
    _exit(127);
  }
  EXPECT_GT(pid, 0) << "cannot start " << path;
  return pid;
}

int open_for_append(const std::string& path) {
  return open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
}

int exit_code(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "holdfast-test-XXXXXX";
  EXPECT_NE(mkdtemp(pattern.data()), nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string program_path(const std::string& program) {
  return std::string(HOLDFAST_BIN_DIR) + "/" + program;
}

ProcessResult run_program(const std::string& program, const std::vector<std::string>& arguments) {
  return run_command(program_path(program), arguments);
}

ProcessResult run_command(const std::string& path, const std::vector<std::string>& arguments) {
  const TemporaryDirectory scratch;
  const std::string out_path = scratch.path() + "/out";
  const std::string err_path = scratch.path() + "/err";
  const int out = open_for_append(out_path);
  const int err = open_for_append(err_path);
  const pid_t pid = spawn(path, arguments, out, err);
  close(out);
  close(err);
  ProcessResult result;
  if (pid < 0) return result;
  int status = 0;
  waitpid(pid, &status, 0);
  result.exit_code = exit_code(status);
  result.out = read_file(out_path);
  result.err = read_file(err_path);
  return result;
}

ServerProcess::ServerProcess(std::string data_dir, std::vector<std::string> options)
    : data_dir_(std::move(data_dir)), options_(std::move(options)),
      log_path_(scratch_.path() + "/log") {}

ServerProcess::~ServerProcess() { kill(); }

bool ServerProcess::start() {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return false;
  std::vector<std::string> arguments{"--data-dir", data_dir_, "--listen", "127.0.0.1:0"};
  // A test that is kept from running for a minute is slow, not a gateway that has gone.
  arguments.insert(arguments.end(), {"--idle-timeout", "0"});
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  const int log = open_for_append(log_path_);
  pid_ = spawn(program_path("holdfastd"), arguments, pipe_ends[1], log);
  close(log);
  close(pipe_ends[1]);
  out_ = pipe_ends[0];
  if (pid_ < 0) return false;

  std::string line;
  for (char c = 0; read(out_, &c, 1) == 1 && c != '\n';) line.push_back(c);
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (word != "ready") return false;  // it ended: its log says why; `wait` gives the exit code
  ready_.clear();
  while (words >> word) {
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) ready_[word.substr(0, equals)] = word.substr(equals + 1);
  }
  const std::string listen = ready_["listen"];
  port_ = static_cast<std::uint16_t>(std::stoi(listen.substr(listen.rfind(':') + 1)));
  return true;
}

int ServerProcess::reap() {
  if (pid_ < 0) return -1;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  close(out_);
  out_ = -1;
  return exit_code(status);
}

void ServerProcess::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  reap();
}

int ServerProcess::terminate() {
  if (pid_ > 0) ::kill(pid_, SIGTERM);
  return reap();
}

int ServerProcess::wait() { return reap(); }

std::string ServerProcess::log() const { return read_file(log_path_); }

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
