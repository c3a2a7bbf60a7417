// A network thread's roads: sockets to the core (read, decode, hand over) and back (drain, write).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/check.h"
#include "net/network_thread.h"
#include "net/protocol/frame.h"

namespace holdfast::net {
namespace {

// Requests handed over at once; a read of 64 KiB holds 630 Authorize frames.
constexpr std::size_t kHandedOverMax = 1024;
// A drain takes at most this many replies before it writes and lets other work have its turn.
constexpr std::size_t kDrainRepliesMax = 8192;

StageTick tick_of(Session::Clock::time_point moment) {
  return stage_tick(static_cast<std::uint64_t>(
      std::chrono::nanoseconds(moment.time_since_epoch()).count()));
}

}  // namespace

void NetworkThread::read(Session& session) {
  if (session.reading) return;
  if (session.in_begin > 0) {
    const auto unread = session.unread();
    std::memmove(session.in.get(), unread.data(), unread.size());
    session.in_end = unread.size();
    session.in_begin = 0;
  }
  HOLDFAST_CHECK(session.in_end < Session::kReadBytes,
                 "a full buffer holds a frame to decode first");
  session.reading = true;
  session.socket->async_read_some(
      boost::asio::buffer(session.in.get() + session.in_end, Session::kReadBytes - session.in_end),
      [this, &session, generation = session.generation](const ErrorCode& error, std::size_t bytes) {
        if (session.generation != generation) return;  // its session has ended
        session.reading = false;
        on_read(session, error, bytes);
      });
}

void NetworkThread::on_read(Session& session, const ErrorCode& error, std::size_t bytes) {
  if (error) {
    session.peer_closed = true;
    // In order, the peer may have shut only its side and still wait for replies.
    if (error != boost::asio::error::eof || session.state == SessionState::lingering) {
      return close(session);
    }
    if (session.state == SessionState::open) finish(session);
    return complete_if_done(session);
  }
  ThreadCounters::add(counters_.bytes_read, bytes);
  if (session.state == SessionState::lingering) return read(session);  // thrown away
  if (session.state != SessionState::open) return;                     // came after the end
  session.in_end += bytes;
  session.active_at = Clock::now();
  session.received = tick_of(session.active_at);
  decode(session);
}

// Decodes what credit allows into the lane, which goes to the core at the end of the thread's turn,
// then reads on if there is no reason not to. While sessions stand in line for the thread's credit,
// only the one whose turn it is takes some: a busy session cannot keep the others waiting.
void NetworkThread::decode(Session& session, bool its_turn) {
  const bool must_queue = !its_turn && !starved_.empty();
  const bool too_much_to_write = reads_too_slowly(session, options_.write_bytes_max);
  while (!must_queue && !too_much_to_write && session.state == SessionState::open &&
         decode_one(session)) {
    if (lane_.opened() == kHandedOverMax) hand_over();
  }
  if (session.state != SessionState::open) return complete_if_done(session);
  // A whole frame that was left alone waits for credit.
  const bool wants_credit = scan_frame(session.unread()).status != FrameStatus::partial;
  if (!wants_credit && !too_much_to_write) return read(session);
  ThreadCounters::add(counters_.read_pauses, 1);
  const bool thread_is_full = must_queue || in_flight_ == options_.thread_in_flight_max;
  if (wants_credit && thread_is_full && !session.starved) {
    session.starved = true;
    starved_.push_back(session.slot);
  }
}

// One frame off the session's bytes into the lane; false when there is none or no credit for it.
bool NetworkThread::decode_one(Session& session) {
  if (session.in_flight == options_.in_flight_max ||
      in_flight_ == options_.thread_in_flight_max) {
    return false;
  }
  const FrameScan scan = scan_frame(session.unread());
  if (scan.status == FrameStatus::partial) return false;

  Request& request = lane_.open();
  request.route = ReplyRoute{.session = session.slot, .generation = session.generation};
  request.correlation = scan.frame.correlation;
  request.received = session.received;
  ++session.in_flight;
  ++in_flight_;
  if (scan.status == FrameStatus::damaged) {
    set_reject(request, *scan.refusal);
    refuse(session, *scan.refusal);
    finish(session);
    return true;
  }
  session.in_begin += scan.frame.bytes();
  auto refusal = scan.refusal;
  if (!refusal) refusal = decode_request(scan.frame, session.greeted, request);
  if (refusal) {
    set_reject(request, *refusal);
    refuse(session, *refusal);
    return true;
  }
  if (request.kind == RequestKind::show_stages) {
    request.received = 0;  // who looks at the times must not change them
  }
  if (request.kind != RequestKind::pass_through) return true;
  if (pass_through_of(request.route) == PassThrough::goodbye) finish(session);
  if (pass_through_of(request.route) == PassThrough::hello) {
    session.greeted = true;
    tell(LogLevel::info, session,
         fmt::format("is gateway \"{}\"",
                     text_of(body_as<wire::Hello>(scan.frame).gateway_name)));
  }
  return true;
}

// What all sessions had read since the last time, in one piece: with one request from each of many,
// handing over costs as much as decoding.
void NetworkThread::hand_over() {
  const std::size_t requests = lane_.opened();
  if (requests == 0) return;
  const StageTick now = times_ == nullptr ? 0 : tick_of(Clock::now());
  if (times_ != nullptr) record_receiving(now);
  lane_.hand_over(now);
  ThreadCounters::add(counters_.requests, requests);
}

void NetworkThread::record_receiving(StageTick now) {
  StageTick received = 0;  // of the run of requests that one read completed
  std::uint32_t run = 0;
  for (std::size_t i = 0; i < lane_.opened(); ++i) {
    const StageTick own = lane_.opened(i).received;
    if (own == 0) continue;  // who looks at the times
    if (own != received) {
      if (run > 0) (*times_)[Stage::receive].record(ticks_between(received, now), run);
      received = own;
      run = 0;
    }
    ++run;
  }
  if (run > 0) (*times_)[Stage::receive].record(ticks_between(received, now), run);
}

void NetworkThread::refuse(Session& session, const Refusal& refusal) {
  ThreadCounters::add(counters_.rejects, 1);
  char text[wire::kRejectTextBytes];
  if (!log_.may_tell(Clock::now())) return;
  describe(refusal, text);
  log_.tell(LogLevel::warning, fmt::format("session {} sent a frame that was rejected: {}",
                                           session.peer, text_of(text)));
}

// Reads on, if what had stopped it has eased. Half, so that a busy session goes on in large pieces.
void NetworkThread::resume(Session& session, bool its_turn) {
  if (session.state != SessionState::open || session.reading || session.starved) return;
  if (reads_too_slowly(session, options_.write_bytes_max / 2)) return;
  if (session.in_flight > options_.in_flight_max / 2) return;
  decode(session, its_turn);
}

void NetworkThread::resume_starved() {
  if (in_flight_ > options_.thread_in_flight_max / 2) return;
  for (std::size_t left = starved_.size(); left > 0; --left) {
    if (in_flight_ == options_.thread_in_flight_max) return;
    Session& session = *sessions_[starved_.front()];
    starved_.pop_front();
    if (!session.starved) continue;  // its session ended while it waited
    session.starved = false;
    resume(session, true);
  }
}

std::size_t NetworkThread::drain() {
  std::size_t total = 0;
  for (; total < kDrainRepliesMax; ++total) {
    Reply* const reply = lane_.front();
    if (reply == nullptr) break;
    take_reply(*reply);
    lane_.pop();
  }
  if (total == 0) return 0;
  for (Session* session : touched_) {
    if (!session->touched) continue;  // closed meanwhile
    session->touched = false;
    write(*session);
    resume(*session);
  }
  touched_.clear();
  resume_starved();
  return total;
}

void NetworkThread::take_reply(const Reply& reply) {
  --in_flight_;
  const ReplyRoute& route = reply.route;
  HOLDFAST_CHECK(route.session < sessions_.size(),
                 "a reply comes back with the route it went with");
  Session& session = *sessions_[route.session];
  if (session.generation != route.generation) {
    ThreadCounters::add(counters_.replies_dropped, 1);
  } else {
    --session.in_flight;
    const auto room = session.out.room(wire::kReplyFrameBytesMax);
    const std::size_t bytes = encode_reply(reply, facts_, room);
    append_reply(session, bytes);
    if (times_ != nullptr) {
      session.send_times.add({reply.received, lane_.released_at()}, bytes);
    }
    if (!session.touched) {
      session.touched = true;
      touched_.push_back(&session);
    }
  }
}

// `bytes` of a reply stand in the room of its out buffer.
void NetworkThread::append_reply(Session& session, std::size_t bytes) {
  session.out.commit(bytes);
  unwritten_bytes_ += bytes;
}

// Bytes wait for the peer only while it does not read: more than `bytes_max` of its own, or any
// once the sessions of this thread together have too many.
bool NetworkThread::reads_too_slowly(const Session& session, std::size_t bytes_max) const {
  return session.out.size() > bytes_max ||
         (session.out.size() > 0 && unwritten_bytes_ > options_.thread_write_bytes_max);
}

// Writes all that the socket takes. May close the session.
void NetworkThread::write(Session& session) {
  if (session.waiting_to_write) return;
  while (session.out.size() > 0) {
    const auto pending = session.out.pending();
    ErrorCode error;
    const std::size_t written =
        session.socket->write_some(boost::asio::buffer(pending.data(), pending.size()), error);
    if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) {
      return wait_to_write(session);
    }
    if (error) return close(session);
    ThreadCounters::add(counters_.bytes_written, written);
    session.out.consume(written);
    unwritten_bytes_ -= written;
    session.active_at = session.write_progress_at = Clock::now();
    if (times_ != nullptr) session.send_times.wrote(written, tick_of(session.active_at), *times_);
  }
  complete_if_done(session);
}

void NetworkThread::wait_to_write(Session& session) {
  session.waiting_to_write = true;
  session.held_by_kernel_bytes = 0;  // not looked at yet
  session.write_progress_at = Clock::now();
  session.socket->async_wait(
      Socket::wait_write,
      [this, &session, generation = session.generation](const ErrorCode& error) {
        if (session.generation != generation) return;
        session.waiting_to_write = false;
        if (error) return close(session);
        write(session);
        if (session.generation != generation) return;
        session.release_spare();
        resume(session);
      });
}

}  // namespace holdfast::net
