// Life and time of sessions; the roads to and from the core are in network_thread_io.cc.
#include "net/network_thread.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/check.h"
#include "engine/scheduling.h"

namespace holdfast::net {
namespace {

using std::chrono::milliseconds;

// Handlers of sockets and timers that run before the replies have their turn again.
constexpr std::size_t kHandlersPerTurn = 64;
constexpr std::uint32_t kLogLinesPerS = 20;
// How long a finished session's peer may go on sending before it is cut off. Closing at once would
// make the kernel send a reset that can overtake the last replies.
constexpr milliseconds kLinger{2'000};
constexpr milliseconds kLingerWhenStopping{100};
constexpr milliseconds kTickWhenStopping{10};
// Or fast readers would have to wait for the kernel, too.
static_assert(limits::session_unsent_bytes_max >
              limits::session_in_flight_max * wire::kFrameBytes<wire::OutcomeReply>);
// A session that had nothing to do for so long keeps no more memory than it needs.
constexpr milliseconds kQuiet{1'000};

milliseconds tick_period(const ServerOptions& options) {
  std::uint32_t shortest_ms = options.write_stall_timeout_ms;
  if (options.idle_timeout_ms != 0) shortest_ms = std::min(shortest_ms, options.idle_timeout_ms);
  return milliseconds(std::clamp<std::uint32_t>(shortest_ms / 4, 5, 500));
}

std::uint64_t ns_of(std::chrono::steady_clock::time_point moment) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(moment.time_since_epoch()).count());
}

}  // namespace

NetworkThread::NetworkThread(const ServerOptions& options, Lane& lane, StageTimes* times,
                             ConnectionCounters& connections)
    : options_(options),
      lane_(lane),
      connections_(connections),
      facts_{options.in_flight_max, options.idle_timeout_ms, options.log_id, options.server_name},
      context_(1),
      guard_(boost::asio::make_work_guard(context_)),
      tick_(context_),
      tick_period_(tick_period(options)),
      times_(times),
      log_(options.log, kLogLinesPerS) {
  // Nothing to do in it: the thread looks for replies whenever it is awake.
  lane_.set_waker([this] { wake_.post(context_, [] {}); });
}

void NetworkThread::run() {
  pthread_setname_np(pthread_self(), "holdfast-net");
  (void)ask_for_short_turns();  // done without on kernels that do not know it
  arm_tick();
  const auto turn = [this] {
    if (context_.stopped()) return WorkResult::over;
    return work() > 0 ? WorkResult::worked : WorkResult::nothing_to_do;
  };
  const auto now_ns = [] { return ns_of(Clock::now()); };
  run_busy_thread(std::uint64_t{options_.spin_us} * 1000, turn, now_ns, [this] { park(); });
}

// What is ready: some of what sockets and timers bring, then the replies. A turn always ends with
// nothing left to hand over: `park` may follow.
std::size_t NetworkThread::work() {
  std::size_t done = 0;
  while (done < kHandlersPerTurn && context_.poll_one() > 0) ++done;
  hand_over();
  done += drain();
  hand_over();  // sessions that read on now that they have credit again
  return done;
}

void NetworkThread::park() {
  if (!lane_.prepare_to_park()) return;
  context_.run_one();
  lane_.unpark();
}

void NetworkThread::adopt(Socket socket, bool refused) {
  boost::asio::post(context_, [this, refused, moved = std::move(socket)]() mutable {
    open(std::move(moved), refused);
  });
}

void NetworkThread::open(Socket socket, bool refused) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(sessions_.size()));
    sessions_.push_back(std::make_unique<Session>());
    sessions_.back()->slot = free_slots_.back();
    sessions_.back()->in = std::make_unique_for_overwrite<std::byte[]>(Session::kReadBytes);
  }
  Session& session = *sessions_[free_slots_.back()];
  free_slots_.pop_back();
  session.state = SessionState::open;
  session.refused = refused;
  session.socket.emplace(std::move(socket));
  session.opened_at = session.active_at = session.write_progress_at = Clock::now();

  ErrorCode error;
  session.socket->non_blocking(true, error);
  if (!error) session.socket->set_option(boost::asio::ip::tcp::no_delay(true), error);
  if (!error && options_.send_buffer_bytes > 0) {
    session.socket->set_option(
        boost::asio::socket_base::send_buffer_size(options_.send_buffer_bytes), error);
  }
  using NotSentMax = boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
  if (!error) session.socket->set_option(NotSentMax(options_.unsent_bytes_max), error);
  boost::asio::ip::tcp::endpoint peer;
  if (!error) peer = session.socket->remote_endpoint(error);
  if (error || stopping_) return close(session);  // gone before it was served
  session.peer = Server::Endpoint{peer.address().to_string(), peer.port()}.text();

  if (!refused) return read(session);
  tell(LogLevel::warning, session,
       fmt::format("refused: {} connections are open, the most that are allowed",
                   options_.connections_max));
  const Refusal refusal{RejectCode::too_many_connections, 0, 0};
  const auto room = session.out.room(wire::kReplyFrameBytesMax);
  append_reply(session, encode_reject(refusal, 0, room));
  finish(session);
  write(session);
}

// Takes no more requests; what is under way is still answered.
void NetworkThread::finish(Session& session) {
  session.state = SessionState::finishing;
  session.in_begin = session.in_end = 0;
}

void NetworkThread::complete_if_done(Session& session) {
  if (session.state != SessionState::finishing || session.in_flight != 0 ||
      session.out.size() != 0) {
    return;
  }
  ErrorCode error;
  session.socket->shutdown(Socket::shutdown_send, error);
  if (error || session.peer_closed) return close(session);
  session.state = SessionState::lingering;
  session.linger_until = Clock::now() + (stopping_ ? kLingerWhenStopping : kLinger);
  read(session);
}

void NetworkThread::close(Session& session) {
  ErrorCode ignored;  // the descriptor is released in any case
  session.socket->close(ignored);
  session.socket.reset();
  (session.refused ? connections_.refusing : connections_.open)
      .fetch_sub(1, std::memory_order_relaxed);
  unwritten_bytes_ -= session.out.size();
  session.end_life();
  free_slots_.push_back(session.slot);
  if (stopping_ && free_slots_.size() == sessions_.size()) context_.stop();
}

void NetworkThread::arm_tick() {
  tick_.expires_after(stopping_ ? kTickWhenStopping : tick_period_);
  tick_.async_wait([this](const ErrorCode& error) {
    if (error) return;
    sweep(Clock::now());
    arm_tick();
  });
}

void NetworkThread::sweep(Clock::time_point now) {
  const bool cut_off = stopping_ && now >= stop_deadline_;
  for (const auto& session : sessions_) {
    if (session->state == SessionState::free) continue;
    if (session->waiting_to_write) look_for_progress(*session, now);
    if (now - session->active_at >= kQuiet) session->release_spare();
    if (session->state == SessionState::lingering && now >= session->linger_until) {
      close(*session);
    } else if (cut_off) {
      tell(LogLevel::warning, *session, "cut off: its answers were not written before the stop");
      close(*session);
    } else if (overdue(*session, now)) {
      ThreadCounters::add(counters_.timeouts, 1);
      tell(LogLevel::warning, *session,
           session->waiting_to_write ? "closed: it does not read its replies" : "closed: idle");
      close(*session);
    }
  }
}

// A full socket can be written again only when a good part of its buffer is free, megabytes of it:
// a peer that reads slowly takes bytes long before that.
void NetworkThread::look_for_progress(Session& session, Clock::time_point now) {
  int held_bytes = 0;
  if (::ioctl(session.socket->native_handle(), SIOCOUTQ, &held_bytes) != 0) return;
  if (held_bytes < session.held_by_kernel_bytes) session.write_progress_at = now;
  session.held_by_kernel_bytes = held_bytes;
}

bool NetworkThread::overdue(const Session& session, Clock::time_point now) const {
  if (session.waiting_to_write) {
    return now - session.write_progress_at >= milliseconds(options_.write_stall_timeout_ms);
  }
  if (options_.idle_timeout_ms == 0 || session.state != SessionState::open) return false;
  const milliseconds idle_timeout(options_.idle_timeout_ms);
  if (!session.greeted && now - session.opened_at >= idle_timeout) return true;
  const bool quiet = session.in_flight == 0 && session.out.size() == 0 && !session.starved;
  return quiet && now - session.active_at >= idle_timeout;
}

void NetworkThread::stop_by(Clock::time_point deadline) {
  boost::asio::post(context_, [this, deadline] { begin_stop(deadline); });
}

void NetworkThread::begin_stop(Clock::time_point deadline) {
  if (stopping_) return;
  stopping_ = true;
  stop_deadline_ = deadline;
  starved_.clear();
  arm_tick();  // in place of the slow one
  if (free_slots_.size() == sessions_.size()) return context_.stop();
  for (const auto& session : sessions_) {
    session->starved = false;
    if (session->state == SessionState::open) finish(*session);
    if (session->state == SessionState::lingering) {
      session->linger_until = std::min(session->linger_until, Clock::now() + kLingerWhenStopping);
    }
    if (session->state == SessionState::finishing) complete_if_done(*session);
  }
}

void NetworkThread::tell(LogLevel level, const Session& session, std::string_view what) {
  if (!log_.may_tell(Clock::now())) return;
  log_.tell(level, fmt::format("session {} {}", session.peer, what));
}

}  // namespace holdfast::net
