// The binary protocol's door: listens, keeps sessions, brings requests to the core and replies
// back.
//
// Threads: one that accepts, and `network_threads` that each own their sessions and one Asio
// io_context (epoll); nothing is shared between them but the counters. Memory is bounded: a session
// that has its limit of requests under way, or whose peer does not read, is not read until that has
// drained. Nothing is dropped. Every request, also a heartbeat or a malformed one, goes through the
// core, so that replies keep the order of their requests.
//
// Life: `create` binds the port and sets the wakers of the lanes; then the core may run;
// `start` begins to accept; `stop` answers what is under way (the core must still run) and closes.
// The object must live until the core has delivered its last reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/lanes.h"
#include "engine/limits.h"
#include "engine/stage_times.h"
#include "engine/types.h"

namespace holdfast::net {

enum class LogLevel : std::uint8_t { info, warning, error };
/// Called on network threads; must be quick and may be called at the same time by several.
using LogSink = std::function<void(LogLevel, std::string_view line)>;

struct ServerOptions {
  std::string host = "127.0.0.1";  // a name or an address
  std::uint16_t port = 0;          // 0: any free one, see `local_endpoint`
  std::uint32_t network_threads = 1;  // 1 .. limits::network_threads_max
  std::uint32_t connections_max = limits::connections_max_default;
  /// Requests of one session that may wait for their reply; told in HelloReply.
  std::uint32_t in_flight_max = limits::session_in_flight_max;
  /// Requests of one network thread; what `Lanes` was made for.
  std::uint32_t thread_in_flight_max = limits::network_thread_in_flight_max;
  /// A session with nothing under way that sent no byte for so long is closed, and one that did not
  /// say Hello within it. 0: never. Told in HelloReply.
  std::uint32_t idle_timeout_ms = 60'000;
  /// A peer that takes no byte for so long while replies wait for it is cut off. Above 0.
  std::uint32_t write_stall_timeout_ms = 30'000;
  /// Reply bytes that may wait for a slow reader before its socket is not read any more.
  std::size_t write_bytes_max = limits::session_write_bytes_max;
  /// The same over all sessions of a network thread: beyond it, a session with any reply bytes
  /// waiting is not read, so that many slow readers cannot fill the memory.
  std::size_t thread_write_bytes_max = limits::network_thread_write_bytes_max;
  /// Send buffer of a socket in bytes; 0: the system's, which grows to megabytes.
  int send_buffer_bytes = 0;
  /// Reply bytes that the kernel may hold without having sent them, as it does for a slow reader
  /// (TCP_NOTSENT_LOWAT). Above what all of a session's requests are answered with, or fast readers
  /// would have to wait, too.
  int unsent_bytes_max = limits::session_unsent_bytes_max;
  /// How long a network thread that has nothing to do looks for work before it sleeps. 0: not at
  /// all.
  std::uint32_t spin_us = 0;
  std::string server_name = "holdfast";  // told in HelloReply, up to 31 characters
  LogId log_id;
  LogSink log;  // none: silent
  /// Where stage times are recorded, made for `network_threads`; outlives the server. Null: none
  /// are.
  StageBoard* stages = nullptr;
};

/// Since start; a view of a moment.
struct ServerCounters {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;   // above connections_max
  std::uint64_t requests = 0;              // handed to the core, rejected frames included
  std::uint64_t rejects = 0;
  std::uint64_t replies_dropped = 0;       // their session had ended
  std::uint64_t read_pauses = 0;           // no credit, or a slow reader: a socket was not read
  std::uint64_t timeouts = 0;              // idle or stalled sessions closed
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
};

class Server {
 public:
  /// Binds and listens, and sets the wakers of `lanes` (one a network thread), which must outlive
  /// the server. Errors: a sentence naming the address or option and what to do.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, std::string> create(
      const ServerOptions& options, Lanes& lanes);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const;  // HOST:PORT, [HOST]:PORT for IPv6
    /// Only this machine reaches it. `host` is an address.
    [[nodiscard]] bool is_loopback() const;
  };
  [[nodiscard]] const Endpoint& local_endpoint() const;

  /// Starts the threads. Once.
  void start();
  /// Stops accepting and reading, waits until what is under way is answered and written (at most
  /// `timeout_ms`, then cuts off), ends the threads. Blocks. May be called again, from any thread
  /// but the server's own.
  void stop(std::uint32_t timeout_ms = 5'000);

  [[nodiscard]] ServerCounters counters() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::net
