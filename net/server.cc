#include "net/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "net/network_thread.h"

namespace holdfast::net {
namespace {

using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;

// Sessions above connections_max that may be told so at once; more are closed without a word.
constexpr std::uint64_t kRefusingMax = 64;
// How long accepting rests when the process has no descriptor left.
constexpr std::chrono::milliseconds kAcceptRest{100};
constexpr std::uint32_t kLogLinesPerS = 20;

std::string check(const ServerOptions& options, const Lanes& lanes) {
  if (options.network_threads < 1 || options.network_threads > limits::network_threads_max) {
    return fmt::format("network_threads is {}; it must be within 1..{}", options.network_threads,
                       limits::network_threads_max);
  }
  if (lanes.size() != options.network_threads) {
    return fmt::format("{} lanes for {} network threads; one each is needed", lanes.size(),
                       options.network_threads);
  }
  if (const std::size_t room = lanes.size() * options.thread_in_flight_max;
      room > lanes.in_flight_max()) {
    return fmt::format("thread_in_flight_max is {}; the lanes have room for {} each",
                       options.thread_in_flight_max, lanes.in_flight_max() / lanes.size());
  }
  if (options.connections_max < 1) return "connections_max is 0; nobody could connect";
  if (options.in_flight_max < 1 || options.in_flight_max > options.thread_in_flight_max) {
    return fmt::format("in_flight_max is {}; it must be within 1..{} (thread_in_flight_max)",
                       options.in_flight_max, options.thread_in_flight_max);
  }
  if (options.write_stall_timeout_ms < 1) return "write_stall_timeout_ms is 0; it must be above 0";
  if (options.write_bytes_max < limits::frame_bytes_max) {
    return fmt::format("write_bytes_max is {}; it must be {} or more", options.write_bytes_max,
                       limits::frame_bytes_max);
  }
  return {};
}

}  // namespace

std::string Server::Endpoint::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool Server::Endpoint::is_loopback() const {
  ErrorCode error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

// The listener's members run on the accepting thread, but for `stop`.
struct Server::Impl {
  explicit Impl(const ServerOptions& from)
      : options(from), acceptor(context), rest(context), log(options.log, kLogLinesPerS) {}

  std::string listen();
  void accept();
  void accepted(NetworkThread::Socket socket, NetworkThread& thread);
  void stop(std::uint32_t timeout_ms);

  const ServerOptions options;
  ConnectionCounters connections;
  std::atomic<std::uint64_t> accepted_count{0};
  std::atomic<std::uint64_t> refused_count{0};
  std::vector<std::unique_ptr<NetworkThread>> network_threads;  // before the sockets made for them
  boost::asio::io_context context{1};
  tcp::acceptor acceptor;
  boost::asio::steady_timer rest;
  Endpoint endpoint;
  std::size_t next_thread = 0;
  LogLimiter log;
  std::mutex threads_mutex;  // guards `threads` against two calls of `stop`
  std::vector<std::thread> threads;
};

// Empty, or what went wrong.
std::string Server::Impl::listen() {
  const auto failed = [this](const char* what, const ErrorCode& error) {
    return fmt::format("cannot listen on {}:{}: {}: {}; choose another address or port (--listen)",
                       options.host, options.port, what, error.message());
  };
  ErrorCode error;
  tcp::resolver resolver(context);
  const auto flags = tcp::resolver::passive | tcp::resolver::numeric_service;
  const auto found =
      resolver.resolve(options.host, std::to_string(options.port), flags, error);
  if (error) return failed("the host cannot be resolved", error);
  const tcp::endpoint address = found.begin()->endpoint();
  acceptor.open(address.protocol(), error);
  if (error) return failed("no socket", error);
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (error) return failed("SO_REUSEADDR", error);
  acceptor.bind(address, error);
  if (error) return failed("bind", error);
  acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return failed("listen", error);
  const tcp::endpoint local = acceptor.local_endpoint(error);
  if (error) return failed("no local address", error);
  endpoint = {local.address().to_string(), local.port()};
  return {};
}

void Server::Impl::accept() {
  NetworkThread& thread = *network_threads[next_thread];
  acceptor.async_accept(thread.context(), [this, &thread](const ErrorCode& error,
                                                          tcp::socket socket) {
    if (!acceptor.is_open()) return;  // stopping
    if (!error) {
      next_thread = (next_thread + 1) % network_threads.size();
      accepted(std::move(socket), thread);
      return accept();
    }
    // Most likely no descriptors are left: trying again at once would only spin.
    if (log.may_tell(std::chrono::steady_clock::now())) {
      log.tell(LogLevel::error, fmt::format("cannot accept a connection: {}; resting {} ms",
                                            error.message(), kAcceptRest.count()));
    }
    rest.expires_after(kAcceptRest);
    rest.async_wait([this](const ErrorCode& cancelled) {
      if (!cancelled && acceptor.is_open()) accept();
    });
  });
}

void Server::Impl::accepted(NetworkThread::Socket socket, NetworkThread& thread) {
  // Only this thread adds, so the limit holds.
  if (connections.open.load(std::memory_order_relaxed) < options.connections_max) {
    connections.open.fetch_add(1, std::memory_order_relaxed);
    ThreadCounters::add(accepted_count, 1);
    return thread.adopt(std::move(socket), false);
  }
  ThreadCounters::add(refused_count, 1);
  if (connections.refusing.load(std::memory_order_relaxed) >= kRefusingMax) return;  // closes it
  connections.refusing.fetch_add(1, std::memory_order_relaxed);
  thread.adopt(std::move(socket), true);
}

void Server::Impl::stop(std::uint32_t timeout_ms) {
  const std::scoped_lock lock(threads_mutex);
  if (threads.empty()) return;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  // The accepting thread ends first: no socket comes after the network threads' sessions are told.
  boost::asio::post(context, [this] {
    ErrorCode ignored;
    acceptor.close(ignored);
    rest.cancel();
  });
  threads.front().join();
  for (const auto& thread : network_threads) thread->stop_by(deadline);
  for (std::size_t i = 1; i < threads.size(); ++i) threads[i].join();
  threads.clear();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { stop(); }

std::expected<std::unique_ptr<Server>, std::string> Server::create(
    const ServerOptions& options, Lanes& lanes) {
  if (std::string wrong = check(options, lanes); !wrong.empty()) {
    return std::unexpected(std::move(wrong));
  }
  auto impl = std::make_unique<Impl>(options);
  if (std::string wrong = impl->listen(); !wrong.empty()) return std::unexpected(std::move(wrong));
  for (std::uint32_t i = 0; i < options.network_threads; ++i) {
    StageTimes* const times =
        options.stages == nullptr ? nullptr : &options.stages->network_thread(i);
    impl->network_threads.push_back(
        std::make_unique<NetworkThread>(impl->options, lanes[i], times, impl->connections));
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const Server::Endpoint& Server::local_endpoint() const { return impl_->endpoint; }

void Server::start() {
  const std::scoped_lock lock(impl_->threads_mutex);
  HOLDFAST_CHECK(impl_->threads.empty() && impl_->acceptor.is_open(), "a server starts once");
  impl_->accept();
  impl_->threads.emplace_back([this] { impl_->context.run(); });
  for (const auto& thread : impl_->network_threads) {
    impl_->threads.emplace_back([&thread = *thread] { thread.run(); });
  }
}

void Server::stop(std::uint32_t timeout_ms) { impl_->stop(timeout_ms); }

ServerCounters Server::counters() const {
  constexpr auto relaxed = std::memory_order_relaxed;
  ServerCounters sum;
  sum.connections_open = impl_->connections.open.load(relaxed);
  sum.connections_accepted = impl_->accepted_count.load(relaxed);
  sum.connections_refused = impl_->refused_count.load(relaxed);
  for (const auto& thread : impl_->network_threads) {
    const ThreadCounters& counters = thread->counters();
    sum.requests += counters.requests.load(relaxed);
    sum.rejects += counters.rejects.load(relaxed);
    sum.replies_dropped += counters.replies_dropped.load(relaxed);
    sum.read_pauses += counters.read_pauses.load(relaxed);
    sum.timeouts += counters.timeouts.load(relaxed);
    sum.bytes_read += counters.bytes_read.load(relaxed);
    sum.bytes_written += counters.bytes_written.load(relaxed);
  }
  return sum;
}

}  // namespace holdfast::net
