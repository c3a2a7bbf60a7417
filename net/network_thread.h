// One network thread: its sessions, its io_context, its way to the core and back.
//
// All members run on the thread that is in `run`, but for those said to be for any thread.
// Invariants: a session's `in_flight` is what it handed to the core and has not got back; the
// thread's is the sum over living and dead sessions, and never above `thread_in_flight_max`; an
// open session that is not being read has a reason (credit, a slow reader) whose end resumes it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/lanes.h"
#include "engine/stage_times.h"
#include "net/log_limiter.h"
#include "net/protocol/codec.h"
#include "net/server.h"
#include "net/session.h"
#include "net/wake_post.h"

namespace holdfast::net {

/// Written by one network thread (or the accepting one), read by any.
struct ThreadCounters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> rejects{0};
  std::atomic<std::uint64_t> replies_dropped{0};
  std::atomic<std::uint64_t> read_pauses{0};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> bytes_written{0};

  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) {
    // One writer: a plain load and store, no locked instruction.
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
};

/// Shared by the accepting thread (adds) and the network threads (take away).
struct ConnectionCounters {
  std::atomic<std::uint64_t> open{0};      // within connections_max
  std::atomic<std::uint64_t> refusing{0};  // being told that there are too many
};

class NetworkThread {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  /// Sets the waker of `lane`. `times`: where it records stage times; null: nobody wants to know.
  NetworkThread(const ServerOptions& options, Lane& lane, StageTimes* times,
                ConnectionCounters& connections);

  /// Any thread: sockets for this thread are made with it.
  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  /// Any thread. The socket is counted in `connections` already; `refused`: it is only told so.
  void adopt(Socket socket, bool refused);
  /// Any thread. Answers what is under way, then `run` returns; at `deadline` at the latest.
  void stop_by(Session::Clock::time_point deadline);
  /// Any thread.
  [[nodiscard]] const ThreadCounters& counters() const { return counters_; }

  /// Serves until stopped.
  void run();

 private:
  using Clock = Session::Clock;
  using ErrorCode = boost::system::error_code;

  // Life of a session
  void open(Socket socket, bool refused);
  void finish(Session& session);
  void complete_if_done(Session& session);
  void close(Session& session);

  // Towards the core
  void read(Session& session);
  void on_read(Session& session, const ErrorCode& error, std::size_t bytes);
  void decode(Session& session, bool its_turn = false);
  [[nodiscard]] bool decode_one(Session& session);
  void hand_over();
  void record_receiving(StageTick now);
  void refuse(Session& session, const Refusal& refusal);
  void resume(Session& session, bool its_turn = false);
  void resume_starved();

  // Back from the core
  std::size_t drain();
  void take_reply(const Reply& reply);
  void append_reply(Session& session, std::size_t bytes);
  void write(Session& session);
  void wait_to_write(Session& session);
  [[nodiscard]] bool reads_too_slowly(const Session& session, std::size_t bytes_max) const;

  // Time
  void arm_tick();
  void sweep(Clock::time_point now);
  void look_for_progress(Session& session, Clock::time_point now);
  [[nodiscard]] bool overdue(const Session& session, Clock::time_point now) const;
  void begin_stop(Clock::time_point deadline);

  void tell(LogLevel level, const Session& session, std::string_view what);

  // Waiting
  [[nodiscard]] std::size_t work();
  void park();

  const ServerOptions& options_;
  Lane& lane_;
  ConnectionCounters& connections_;
  const HelloFacts facts_;

  WakePost wake_;  // before the context: its memory outlives a queued wake-up
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer tick_;
  const std::chrono::milliseconds tick_period_;

  std::vector<std::unique_ptr<Session>> sessions_;  // by slot; grows, never shrinks
  std::vector<std::uint32_t> free_slots_;
  std::uint32_t in_flight_ = 0;
  std::size_t unwritten_bytes_ = 0;  // in the out buffers of all sessions
  StageTimes* const times_;
  std::vector<Session*> touched_;  // got replies in this drain
  std::deque<std::uint32_t> starved_;  // slots that wait for the thread's credit
  bool stopping_ = false;
  Clock::time_point stop_deadline_{};
  LogLimiter log_;
  ThreadCounters counters_;
};

}  // namespace holdfast::net
