// A process may open only so many files, and connections are files: they must not take those that
// the log needs.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/engine/commands.h"
#include "tests/process/operations_page.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

/// A script that becomes a holdfastd which may open so many files and not more.
std::string holdfastd_with_open_files(const TemporaryDirectory& directory, int files) {
  const std::string path = directory.path() + "/holdfastd.sh";
  std::ofstream(path) << "#!/bin/sh\nulimit -n " << files << "\nexec '"
                      << program_path("holdfastd") << "' \"$@\"\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

/// Connections that say nothing.
class SilentPeers {
 public:
  SilentPeers(std::uint16_t port, int count) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < count; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
      descriptors_.push_back(fd);
    }
  }
  ~SilentPeers() {
    for (const int fd : descriptors_) ::close(fd);
  }
  SilentPeers(const SilentPeers&) = delete;
  SilentPeers& operator=(const SilentPeers&) = delete;

 private:
  std::vector<int> descriptors_;
};

TEST(OpenFiles, ConnectionsLeaveThoseThatTheLogNeeds) {
  const TemporaryDirectory directory;
  ServerProcess server(directory.path() + "/data",
                       {"--segment-bytes", "4194304", "--snapshot-log-bytes", "8388608"},
                       holdfastd_with_open_files(directory, 300));
  ASSERT_TRUE(server.start()) << server.log();
  expect_told(server.log(), "at most 44 connections are served");
  net::Client client = server.connect();
  const SilentPeers peers(server.port(), 350);
  // Some segments of log: each is opened anew.
  constexpr std::uint64_t kRequests = 100'000;
  std::vector<net::ClientReply> replies;
  for (std::uint64_t i = 0; i < kRequests;) {
    for (; i < kRequests && client.under_way() < 2'000; ++i) {
      client.submit(create_account(1 + i, 10 + i, 0));
    }
    replies.clear();
    const auto received = client.receive(replies);
    ASSERT_TRUE(received.has_value()) << received.error().message << "\n" << server.log();
  }
  EXPECT_EQ(server.log().find("Too many open files"), std::string::npos) << server.log();
  EXPECT_EQ(server.terminate(), 0) << server.log();
}

TEST(OpenFiles, ConnectionsThatWereAskedForAndDoNotFitAreAnError) {
  const TemporaryDirectory directory;
  const std::string program = holdfastd_with_open_files(directory, 300);
  const std::string data = directory.path() + "/data";
  const auto asked = run_command(program, {"--data-dir", data, "--connections-max", "45"});
  EXPECT_EQ(asked.exit_code, EX_USAGE) << asked.err;
  expect_told(asked.err, "raise the limit to 301");
  EXPECT_NE(asked.err.find("or give --connections-max 44"), std::string::npos) << asked.err;
  const auto none = run_command(holdfastd_with_open_files(directory, 256), {"--data-dir", data});
  EXPECT_EQ(none.exit_code, EX_USAGE) << none.err;
  EXPECT_FALSE(std::filesystem::exists(data)) << "nothing is made before";
}

TEST(OpenFiles, TheSoftLimitIsRaised) {
  const TemporaryDirectory directory;
  const std::string program = directory.path() + "/holdfastd.sh";
  std::ofstream(program) << "#!/bin/sh\nulimit -Hn 1000\nulimit -Sn 64\nexec '"
                         << program_path("holdfastd") << "' \"$@\"\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  ServerProcess server(directory.path() + "/data", {"--connections-max", "200"}, program);
  ASSERT_TRUE(server.start()) << server.log();
  const SilentPeers peers(server.port(), 150);
  net::Client client = server.connect();
  EXPECT_TRUE(client.ping().has_value());
}

}  // namespace
}  // namespace holdfast::test
