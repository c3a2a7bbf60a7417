// A peer that speaks bytes, for what the client library would never do: half frames, garbage, not
// reading, vanishing. Blocking; every wait ends after a time that no working machine needs.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "engine/check.h"
#include "net/protocol/codec.h"
#include "tests/net/frames.h"

namespace holdfast::net::test {

class RawPeer {
 public:
  static constexpr std::size_t kReserveBytes = 512 * 1024;
  /// `receive_buffer_bytes` 0: the system's.
  explicit RawPeer(std::uint16_t port, int receive_buffer_bytes = 0) {
    in_.reserve(kReserveBytes);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    HOLDFAST_CHECK(fd_ >= 0, "a test needs a socket");
    if (receive_buffer_bytes > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    HOLDFAST_CHECK(connect(fd_, port), "the test's server must take connections");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~RawPeer() { close(); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  /// False when the server has closed.
  bool send(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// What the kernel takes now; 0 when it is full or the server has closed.
  std::size_t send_some(std::span<const std::byte> bytes) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  /// Reads at most so many bytes and forgets them; waits for the first. 0: the server has closed.
  std::size_t skip_some(std::size_t bytes_max) {
    char bytes[4096];
    const ssize_t n = ::recv(fd_, bytes, std::min(bytes_max, sizeof bytes), 0);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  void shut_our_side() { ::shutdown(fd_, SHUT_WR); }
  /// Closes with a reset, as a crashed host does.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  /// The next frame, or nothing at the end of the stream.
  std::optional<Frame> frame() {
    while (true) {
      const FrameScan scan = scan_frame(std::span(in_).subspan(begin_));
      HOLDFAST_CHECK(scan.status != FrameStatus::damaged && !scan.refusal, "a server sends frames");
      if (scan.status == FrameStatus::whole) {
        begin_ += scan.frame.bytes();
        return scan.frame;
      }
      if (!more()) return std::nullopt;
    }
  }
  /// The next frame as `Message`, which it must be.
  template <class Message>
  Message expect() {
    const auto next = frame();
    HOLDFAST_CHECK(next && next->header.template_id == wire::Layout<Message>::kTemplateId,
                   "another message was due");
    return body_as<Message>(*next);
  }
  /// True when the server closes without another frame.
  bool at_end() { return !frame(); }
  /// True when something (a frame or the end) is there to be read now.
  bool readable_now() const {
    pollfd entry{fd_, POLLIN, 0};
    return begin_ < in_.size() || ::poll(&entry, 1, 0) > 0;
  }

  /// True when something listens on `port`.
  static bool can_connect(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected = connect(fd, port);
    ::close(fd);
    return connected;
  }

 private:
  static bool connect(int fd, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  bool more() {
    pollfd entry{fd_, POLLIN, 0};
    HOLDFAST_CHECK(::poll(&entry, 1, 60'000) > 0, "the server neither answered nor closed");
    // A frame handed out before points into the buffer and ends here.
    if (begin_ == in_.size()) {
      in_.clear();
      begin_ = 0;
    }
    const std::size_t had = in_.size();
    in_.resize(had + 64 * 1024);
    const ssize_t n = ::recv(fd_, in_.data() + had, in_.size() - had, 0);
    in_.resize(had + static_cast<std::size_t>(n > 0 ? n : 0));
    return n > 0;
  }

  int fd_ = -1;
  Bytes in_;
  std::size_t begin_ = 0;
};

}  // namespace holdfast::net::test
