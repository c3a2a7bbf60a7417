// A round trip over loopback TCP, as short as a machine makes it: one connection, one request under
// way, frames as long as those of an authorization and its answer.
//
// `EchoServer` is one thread that receives, makes one durable write if it was given a file, and
// sends: what a durable server can come down to and not below. `RoundTripClient` is the other end,
// for the echo and for holdfastd alike, so that both are measured by the same code. It sleeps while
// it waits, as gateways do; were it to spin as well, two processors would be busy and the kernel's
// own threads, which finish a durable write, would wait for their turn.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>

#include "bench/endpoint.h"
#include "bench/floors/durable_write.h"
#include "bench/floors/scratch_file.h"
#include "bench/histogram.h"
#include "bench/result.h"
#include "net/protocol/messages.h"

namespace holdfast::bench {

/// What the server does until bytes come or its write is durable.
enum class Waiting : std::uint8_t { blocking, spinning };

/// An Authorize frame and its answer.
inline constexpr std::size_t kEchoRequestBytes = net::wire::kFrameBytes<net::wire::Authorize>;
inline constexpr std::size_t kEchoReplyBytes = net::wire::kFrameBytes<net::wire::OutcomeReply>;

struct EchoOptions {
  Waiting waiting = Waiting::blocking;
  /// Not null: a durable 4 KiB write between receiving and sending. It is the server's until that
  /// is gone.
  ScratchFile* file = nullptr;
  DurableMethod method = DurableMethod::io_uring_dsync;
};

class EchoServer {
 public:
  /// Listens on a free port of 127.0.0.1; serves one connection, cut when this goes.
  [[nodiscard]] static Result<std::unique_ptr<EchoServer>> start(const EchoOptions& options);
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  [[nodiscard]] Endpoint endpoint() const { return {"127.0.0.1", port_}; }
  /// Waits for the end of the connection; why it ended early, or empty.
  [[nodiscard]] std::string join();

 private:
  EchoServer(const EchoOptions& options, int listener, std::uint16_t port);
  void serve();
  [[nodiscard]] Result<void> echo(int connection);

  EchoOptions options_;
  int listener_;
  std::uint16_t port_;
  std::atomic<int> connection_{-1};
  std::atomic<bool> going_{false};  // set before `connection_` is looked at, read after it is set
  std::string error_;  // the thread's, until it is joined
  std::thread thread_;
};

class RoundTripClient {
 public:
  [[nodiscard]] static Result<RoundTripClient> connect(const Endpoint& endpoint);
  RoundTripClient(RoundTripClient&& other) noexcept;
  RoundTripClient& operator=(RoundTripClient&&) = delete;
  ~RoundTripClient();

  /// Sends all of `request` and receives until `reply` is full.
  [[nodiscard]] Result<void> round_trip(std::span<const std::byte> request,
                                        std::span<std::byte> reply);

 private:
  explicit RoundTripClient(int socket) : socket_(socket) {}
  int socket_;
};

/// Starts an echo, makes round trips for so long and records each, but for the first few.
[[nodiscard]] Result<void> run_echo(const EchoOptions& options, std::uint64_t duration_ns,
                                    Histogram& latency_ns);

}  // namespace holdfast::bench
