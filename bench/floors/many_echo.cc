#include "bench/floors/many_echo.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "bench/clock.h"
#include "bench/floors/echo.h"
#include "bench/floors/loopback.h"
#include "engine/limits.h"

namespace holdfast::bench {

namespace {

constexpr int kEventsMax = 128;
constexpr int kWaitMax_ms = 60'000;  // on loopback nothing takes so long
constexpr std::uint64_t kWarmUpShare = 20;

/// One end of all connections; owns their sockets.
class Ends {
 public:
  explicit Ends(std::size_t message_bytes)
      : message_bytes_(message_bytes), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Ends() {
    for (const End& end : ends_) ::close(end.socket);
    if (epoll_ >= 0) ::close(epoll_);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  /// Takes the socket in any case.
  Result<void> add(int socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = ends_.size();
    ends_.push_back({socket, 0});
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0) return loopback_failed("watch");
    return {};
  }
  /// Waits; those whose message is whole now are in `whole()`. False: the other end has gone.
  Result<bool> receive();
  [[nodiscard]] const std::vector<std::size_t>& whole() const { return whole_; }
  Result<void> send(std::size_t index, std::size_t bytes) {
    return send_all(ends_[index].socket, std::span(bytes_).first(bytes));
  }
  Result<void> send_to_all(std::size_t bytes) {
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      if (auto sent = send(i, bytes); !sent) return sent;
    }
    return {};
  }
  void shut() {
    for (const End& end : ends_) ::shutdown(end.socket, SHUT_RDWR);
  }

 private:
  struct End {
    int socket;
    std::size_t received;  // of the message that comes
  };

  std::size_t message_bytes_;
  int epoll_;
  std::vector<End> ends_;
  std::vector<std::size_t> whole_;
  std::array<std::byte, limits::frame_bytes_max> bytes_{};
};

Result<bool> Ends::receive() {
  whole_.clear();
  std::array<epoll_event, kEventsMax> events;
  const int ready = ::epoll_wait(epoll_, events.data(), kEventsMax, kWaitMax_ms);
  if (ready < 0 && errno == EINTR) return true;
  if (ready < 0) return loopback_failed("wait");
  if (ready == 0) return std::unexpected("loopback: nothing came for a minute");
  for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(ready))) {
    End& end = ends_[event.data.u64];
    const ssize_t count =
        ::recv(end.socket, bytes_.data(), message_bytes_ - end.received, MSG_DONTWAIT);
    if (count == 0) return false;
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) continue;
      return loopback_failed("receive");
    }
    end.received += static_cast<std::size_t>(count);
    if (end.received < message_bytes_) continue;
    end.received = 0;
    whole_.push_back(event.data.u64);
  }
  return true;
}

Result<void> connect_both(std::uint32_t connections, Ends& clients, Ends& servers) {
  const auto listening = listen_on_loopback(SOMAXCONN);
  if (!listening) return std::unexpected(listening.error());
  const auto [listener, port] = *listening;
  Result<void> done;
  for (std::uint32_t i = 0; done && i < connections; ++i) {
    const auto socket = connect_to_loopback("127.0.0.1", port);
    done = socket ? clients.add(*socket) : Result<void>(std::unexpected(socket.error()));
    if (!done) break;
    const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) send_at_once(accepted);
    done = accepted >= 0 ? servers.add(accepted) : Result<void>(loopback_failed("accept"));
  }
  ::close(listener);
  return done;
}

Result<void> serve(const ManyEchoOptions& options, Ends& ends) {
  std::unique_ptr<DurableWriter> writer;  // belongs to the thread that makes it
  if (options.file != nullptr) {
    auto made = DurableWriter::make(options.method, *options.file);
    if (!made) return std::unexpected(made.error());
    writer = std::make_unique<DurableWriter>(std::move(*made));
  }
  for (;;) {
    const auto received = ends.receive();
    if (!received) return std::unexpected(received.error());
    if (!*received) return {};
    if (writer && !ends.whole().empty()) {
      if (auto written = writer->write_once(); !written) return written;
    }
    for (const std::size_t index : ends.whole()) {
      if (auto sent = ends.send(index, kEchoReplyBytes); !sent) return sent;
    }
  }
}

Result<void> ask(Ends& ends, std::uint64_t duration_ns, EchoesDone& done) {
  const std::uint64_t began_ns = monotonic_ns();
  const std::uint64_t counted_from_ns = began_ns + duration_ns / kWarmUpShare;
  std::uint64_t first_ns = 0, now_ns = began_ns, echoes = 0;
  if (auto sent = ends.send_to_all(kEchoRequestBytes); !sent) return sent;
  while (now_ns - began_ns < duration_ns || echoes == 0) {
    const auto received = ends.receive();
    if (!received) return std::unexpected(received.error());
    if (!*received) return std::unexpected("loopback: the server closed the connection");
    now_ns = monotonic_ns();
    if (first_ns != 0) echoes += ends.whole().size();
    if (first_ns == 0 && now_ns >= counted_from_ns) first_ns = now_ns;
    for (const std::size_t index : ends.whole()) {
      if (auto sent = ends.send(index, kEchoRequestBytes); !sent) return sent;
    }
  }
  done.echoes += echoes;
  done.spent_ns += now_ns - first_ns;
  return {};
}

}  // namespace

Result<void> run_many_echo(const ManyEchoOptions& options, std::uint64_t duration_ns,
                           EchoesDone& done) {
  if (options.connections < 1 || options.connections > kEchoConnectionsMax) {
    return std::unexpected(fmt::format("connections must be 1..{}", kEchoConnectionsMax));
  }
  Ends clients(kEchoReplyBytes), servers(kEchoRequestBytes);
  if (auto connected = connect_both(options.connections, clients, servers); !connected) {
    return connected;
  }
  Result<void> served;
  std::thread server([&] {
    served = serve(options, servers);
    servers.shut();  // the client need not wait for an answer
  });
  auto asked = ask(clients, duration_ns, done);
  clients.shut();
  server.join();
  // After the client has gone, a send of the server may fail; before, its error is the cause.
  return asked || served ? asked : served;
}

}  // namespace holdfast::bench
