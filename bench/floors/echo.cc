#include "bench/floors/echo.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bench/clock.h"
#include "bench/floors/loopback.h"
#include "engine/limits.h"

namespace holdfast::bench {

namespace {

constexpr unsigned kWarmUpTrips = 50;

/// True when `bytes` is full, false when the peer closed before its first byte.
Result<bool> receive_all(int socket, Waiting waiting, std::span<std::byte> bytes) {
  const int flags = waiting == Waiting::spinning ? MSG_DONTWAIT : 0;
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::recv(socket, bytes.data() + done, bytes.size() - done, flags);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (count == 0) {
      if (done == 0) return false;
      return std::unexpected("loopback: the connection ended in the middle of a message");
    } else if (errno != EINTR && errno != EAGAIN) {
      return loopback_failed("receive");
    }
  }
  return true;
}

}  // namespace

EchoServer::EchoServer(const EchoOptions& options, int listener, std::uint16_t port)
    : options_(options), listener_(listener), port_(port), thread_([this] { serve(); }) {}

EchoServer::~EchoServer() {
  going_ = true;
  ::shutdown(listener_, SHUT_RDWR);  // ends the wait for a connection that never came
  if (const int connection = connection_; connection >= 0) ::shutdown(connection, SHUT_RDWR);
  (void)join();
  if (const int connection = connection_; connection >= 0) ::close(connection);
  ::close(listener_);
}

Result<std::unique_ptr<EchoServer>> EchoServer::start(const EchoOptions& options) {
  const auto listening = listen_on_loopback(1);
  if (!listening) return std::unexpected(listening.error());
  return std::unique_ptr<EchoServer>(
      new EchoServer(options, listening->first, listening->second));
}

std::string EchoServer::join() {
  if (thread_.joinable()) thread_.join();
  return error_;
}

void EchoServer::serve() {
  const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  connection_ = connection;
  // Accepted while the destructor found no connection to cut: nobody will end the wait for bytes.
  if (going_) return;
  send_at_once(connection);
  if (const auto done = echo(connection); !done) {
    error_ = done.error();
    ::shutdown(connection, SHUT_RDWR);  // the client need not wait for an answer
  }
}

Result<void> EchoServer::echo(int connection) {
  std::array<std::byte, limits::frame_bytes_max> bytes{};
  std::unique_ptr<DurableWriter> writer;  // belongs to the thread that makes it
  if (options_.file != nullptr) {
    auto made = DurableWriter::make(options_.method, *options_.file,
                                    options_.waiting == Waiting::spinning ? BareRing::Wait::spin
                                                                          : BareRing::Wait::sleep);
    if (!made) return std::unexpected(made.error());
    writer = std::make_unique<DurableWriter>(std::move(*made));
  }
  while (true) {
    const auto received =
        receive_all(connection, options_.waiting, std::span(bytes).first(kEchoRequestBytes));
    if (!received) return std::unexpected(received.error());
    if (!*received) return {};
    if (writer) {
      std::memcpy(writer->block().data(), bytes.data(), kEchoRequestBytes);
      if (auto written = writer->write_once(); !written) return written;
    }
    if (auto sent = send_all(connection, std::span(bytes).first(kEchoReplyBytes)); !sent) {
      return sent;
    }
  }
}

Result<RoundTripClient> RoundTripClient::connect(const Endpoint& endpoint) {
  const auto socket = connect_to_loopback(endpoint.host, endpoint.port);
  if (!socket) return std::unexpected(socket.error());
  return RoundTripClient(*socket);
}

RoundTripClient::RoundTripClient(RoundTripClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)) {}

RoundTripClient::~RoundTripClient() {
  if (socket_ >= 0) ::close(socket_);
}

Result<void> RoundTripClient::round_trip(std::span<const std::byte> request,
                                         std::span<std::byte> reply) {
  if (auto sent = send_all(socket_, request); !sent) return sent;
  const auto received = receive_all(socket_, Waiting::blocking, reply);
  if (!received) return std::unexpected(received.error());
  if (!*received) return std::unexpected("loopback: the server closed the connection");
  return {};
}

Result<void> run_echo(const EchoOptions& options, std::uint64_t duration_ns,
                      Histogram& latency_ns) {
  const auto server = EchoServer::start(options);
  if (!server) return std::unexpected(server.error());
  auto client = RoundTripClient::connect((*server)->endpoint());
  if (!client) return std::unexpected(client.error());
  std::array<std::byte, kEchoRequestBytes> request{};
  std::array<std::byte, kEchoReplyBytes> reply{};
  const auto broken = [&](const std::string& what) {
    const std::string why = (*server)->join();
    return std::unexpected(why.empty() ? what : why);
  };
  for (unsigned i = 0; i < kWarmUpTrips; ++i) {
    if (const auto done = client->round_trip(request, reply); !done) return broken(done.error());
  }
  std::uint64_t began_ns = monotonic_ns();
  const std::uint64_t end_ns = began_ns + duration_ns;
  do {
    if (const auto done = client->round_trip(request, reply); !done) return broken(done.error());
    const std::uint64_t now_ns = monotonic_ns();
    latency_ns.record(now_ns - began_ns);
    began_ns = now_ns;
  } while (began_ns < end_ns);
  return {};
}

}  // namespace holdfast::bench
