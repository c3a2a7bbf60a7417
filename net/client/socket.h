// A non-blocking TCP socket for the client: connect with a deadline, read, write, wait.
//
// Plain POSIX calls: the client must not pull Asio into tools. Owns the descriptor. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

namespace holdfast::net {

class ClientSocket {
 public:
  /// Resolves `host` and tries its addresses in turn; the text says what failed.
  [[nodiscard]] static std::expected<ClientSocket, std::string> connect(
      const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout);

  ClientSocket(ClientSocket&& other) noexcept;
  ClientSocket& operator=(ClientSocket&& other) noexcept;
  ~ClientSocket();

  enum class State : std::uint8_t { ok, would_block, closed };
  struct Result {
    State state = State::ok;
    std::size_t bytes = 0;
    int error = 0;  // errno with `closed`; 0: the peer closed in order
  };
  [[nodiscard]] Result read_some(std::span<std::byte> out);
  [[nodiscard]] Result write_some(std::span<const std::byte> bytes);

  struct Ready {
    bool readable = false;
    bool writable = false;
  };
  /// Waits until a wanted direction is ready, or `deadline` has passed (then neither is).
  [[nodiscard]] Ready wait(bool want_write, std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] int native_handle() const { return fd_; }

 private:
  explicit ClientSocket(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace holdfast::net
