#include "bench/floors/loopback.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace holdfast::bench {

std::unexpected<std::string> loopback_failed(std::string_view what) {
  return std::unexpected(fmt::format("loopback: cannot {}: {}", what, std::strerror(errno)));
}

void send_at_once(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Result<std::pair<int, std::uint16_t>> listen_on_loopback(int backlog) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return loopback_failed("make a socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, generic, length) != 0 || ::listen(listener, backlog) != 0 ||
      ::getsockname(listener, generic, &length) != 0) {
    const auto error = loopback_failed("listen");
    ::close(listener);
    return error;
  }
  return std::pair(listener, ntohs(address.sin_port));
}

Result<int> connect_to_loopback(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return std::unexpected(fmt::format("\"{}\" is not an IPv4 address", host));
  }
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return loopback_failed("make a socket");
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const auto error = loopback_failed(fmt::format("connect to {}:{}", host, port));
    ::close(socket);
    return error;
  }
  send_at_once(socket);
  return socket;
}

Result<void> send_all(int socket, std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return loopback_failed("send");
    done += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace holdfast::bench
