#include "net/client/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

namespace holdfast::net {
namespace {

using Clock = std::chrono::steady_clock;

std::string error_text(int error) { return std::generic_category().message(error); }

// Rounded up, so that a poll never ends before its deadline; -1 would mean "for ever".
int poll_timeout_ms(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

// Waits for `events`; 0 when the deadline has passed.
short poll_one(int fd, short events, Clock::time_point deadline) {
  pollfd entry{fd, events, 0};
  while (true) {
    const int ready = ::poll(&entry, 1, poll_timeout_ms(deadline));
    if (ready > 0) return entry.revents;
    if (ready == 0) return 0;
    if (errno != EINTR) return POLLERR;
  }
}

// Connects one address; returns 0 or an errno.
int connect_one(int fd, const addrinfo& address, Clock::time_point deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (poll_one(fd, POLLOUT, deadline) == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

}  // namespace

std::expected<ClientSocket, std::string> ClientSocket::connect(const std::string& host,
                                                               std::uint16_t port,
                                                               std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      code != 0) {
    return std::unexpected("the host name cannot be resolved: " +
                           std::string(::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  int error = EHOSTUNREACH;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                            address->ai_protocol);
    if (fd < 0) {
      error = errno;
      continue;
    }
    ClientSocket socket(fd);
    error = connect_one(fd, *address, deadline);
    if (error != 0) continue;
    // Requests are written whole; waiting for more would only add delay.
    const int on = 1;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  return std::unexpected(error_text(error));
}

ClientSocket::ClientSocket(ClientSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
ClientSocket& ClientSocket::operator=(ClientSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
ClientSocket::~ClientSocket() {
  if (fd_ >= 0) ::close(fd_);
}

ClientSocket::Result ClientSocket::read_some(std::span<std::byte> out) {
  while (true) {
    const ssize_t n = ::recv(fd_, out.data(), out.size(), 0);
    if (n > 0) return {State::ok, static_cast<std::size_t>(n), 0};
    if (n == 0) return {State::closed, 0, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {State::would_block, 0, 0};
    return {State::closed, 0, errno};
  }
}

ClientSocket::Result ClientSocket::write_some(std::span<const std::byte> bytes) {
  while (true) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return {State::ok, static_cast<std::size_t>(n), 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {State::would_block, 0, 0};
    return {State::closed, 0, errno};
  }
}

ClientSocket::Ready ClientSocket::wait(bool want_write, Clock::time_point deadline) {
  const short events = static_cast<short>(want_write ? POLLIN | POLLOUT : POLLIN);
  const short got = poll_one(fd_, events, deadline);
  // An error or a hang-up is found by the read that follows.
  return {(got & (POLLIN | POLLERR | POLLHUP)) != 0, (got & POLLOUT) != 0};
}

}  // namespace holdfast::net
