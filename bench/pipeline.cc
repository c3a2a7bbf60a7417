#include "bench/pipeline.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <bit>
#include <ctime>

#include "bench/clock.h"

namespace holdfast::bench {

namespace {

/// Requests encoded before they are offered to the socket: enough to make one write worth its call.
constexpr std::size_t kFlushEvery = 128;

}  // namespace

Pipeline::Pipeline(net::Client& client, std::size_t window, Handler handler)
    : client_(client),
      window_(std::clamp<std::size_t>(window, 1,
                                      std::max<std::size_t>(1, client.server().in_flight_max))),
      handler_(std::move(handler)),
      pending_(std::bit_ceil(window_)) {}

Result<void> Pipeline::send(const Command& command, std::uint64_t tag) {
  return sent(client_.submit(command), tag);
}

Result<void> Pipeline::inquire(RequestKind kind, const Inquiry& inquiry, std::uint64_t tag) {
  return sent(client_.submit_inquiry(kind, inquiry), tag);
}

Result<void> Pipeline::sent(std::uint64_t correlation, std::uint64_t tag) {
  pending_[(first_ + under_way_) & (pending_.size() - 1)] = {correlation, tag};
  ++under_way_;
  if (++unflushed_ >= kFlushEvery) {
    unflushed_ = 0;
    if (const auto flushed = client_.flush_some(); !flushed) {
      return std::unexpected(flushed.error().message);
    }
  }
  while (under_way_ >= window_) {
    if (const auto received = receive(); !received) return received;
  }
  return {};
}

Result<void> Pipeline::finish() {
  while (under_way_ > 0) {
    if (const auto received = receive(); !received) return received;
  }
  return {};
}

Result<void> Pipeline::receive() {
  replies_.clear();
  unflushed_ = 0;
  if (const auto got = client_.receive(replies_); !got) return std::unexpected(got.error().message);
  return handle();
}

Result<void> Pipeline::wait_until(std::uint64_t due_ns) {
  std::uint64_t now_ns = monotonic_ns();
  while (now_ns < due_ns) {
    unflushed_ = 0;
    const auto flushed = client_.flush_some();
    if (!flushed) return std::unexpected(flushed.error().message);
    pollfd entry{client_.native_handle(),
                 static_cast<short>(*flushed ? POLLIN : POLLIN | POLLOUT), 0};
    const timespec wait{static_cast<time_t>((due_ns - now_ns) / kNsPerSecond),
                        static_cast<long>((due_ns - now_ns) % kNsPerSecond)};
    if (::ppoll(&entry, 1, &wait, nullptr) > 0 && (entry.revents & ~POLLOUT) != 0) {
      replies_.clear();
      const auto got = client_.receive_some(replies_);
      if (!got) return std::unexpected(got.error().message);
      if (auto handled = handle(); !handled) return handled;
    }
    now_ns = monotonic_ns();
  }
  return {};
}

Result<void> Pipeline::handle() {
  for (const net::ClientReply& reply : replies_) {
    if (under_way_ == 0) return std::unexpected("the server sent an answer that nobody asked for");
    const Pending pending = pending_[first_ & (pending_.size() - 1)];
    first_ = (first_ + 1) & (pending_.size() - 1);
    --under_way_;
    if (reply.correlation != pending.correlation) {
      return std::unexpected(
          fmt::format("answers are out of order: correlation id {} came where {} was due",
                      reply.correlation, pending.correlation));
    }
    if (const auto* reject = std::get_if<net::Reject>(&reply.body)) {
      return std::unexpected(fmt::format("the server rejected a request: {} (code {})",
                                         reject->message, reject->code));
    }
    if (auto handled = handler_(pending.tag, reply); !handled) return handled;
  }
  return {};
}

Result<const Outcome*> outcome_of(const net::ClientReply& reply) {
  if (const auto* outcome = std::get_if<Outcome>(&reply.body)) return outcome;
  return std::unexpected("the server answered a command with something else than an outcome");
}

}  // namespace holdfast::bench
