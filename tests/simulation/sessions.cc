#include "tests/simulation/sessions.h"

#include <array>

#include "engine/check.h"
#include "net/protocol/frame.h"

namespace holdfast::simulation {

NetworkSide::NetworkSide(std::uint32_t in_flight_max, LogId log_id, Lane& lane)
    : in_flight_max_(in_flight_max),
      facts_{in_flight_max, 0, log_id, "simulated"},
      lane_(lane) {}

void NetworkSide::accept(std::shared_ptr<Link> link) {
  for (Session& session : sessions_) {
    if (session.link == nullptr) {
      session.link = std::move(link);
      return;
    }
  }
  sessions_.emplace_back().link = std::move(link);
}

void NetworkSide::close(Session& session) {
  session.link.reset();
  ++session.generation;
  session.in_flight = 0;
  session.greeted = session.finishing = false;
}

void NetworkSide::end_if_done(Session& session) {
  if (!session.finishing || session.in_flight > 0) return;
  session.link->server_shut = true;
  close(session);
}

void NetworkSide::read() {
  for (std::uint32_t slot = 0; slot < sessions_.size(); ++slot) {
    Session& session = sessions_[slot];
    if (session.link == nullptr) continue;
    if (session.link->cut) {
      close(session);
      continue;
    }
    while (!session.finishing && decode_one(session, slot)) {
    }
    const bool all_read = session.link->gateway_shut && session.link->to_server.on_the_way() == 0 &&
                          net::scan_frame(session.link->to_server.arrived()).status ==
                              net::FrameStatus::partial;
    if (all_read) session.finishing = true;
    end_if_done(session);
  }
  lane_.hand_over(0);
}

bool NetworkSide::decode_one(Session& session, std::uint32_t slot) {
  if (session.in_flight == in_flight_max_) return false;
  ByteStream& stream = session.link->to_server;
  const net::FrameScan scan = net::scan_frame(stream.arrived());
  if (scan.status == net::FrameStatus::partial) return false;
  Request& request = lane_.open();
  request.route = ReplyRoute{.session = slot, .generation = session.generation};
  request.correlation = scan.frame.correlation;
  ++session.in_flight;
  ++in_flight_;
  if (scan.status == net::FrameStatus::damaged) {
    net::set_reject(request, *scan.refusal);
    session.finishing = true;
    return true;
  }
  auto refusal = scan.refusal;
  if (!refusal) refusal = net::decode_request(scan.frame, session.greeted, request);
  stream.take(scan.frame.bytes());
  if (refusal) {
    net::set_reject(request, *refusal);
    return true;
  }
  if (request.kind != RequestKind::pass_through) return true;
  const net::PassThrough what = net::pass_through_of(request.route);
  if (what == net::PassThrough::goodbye) session.finishing = true;
  if (what == net::PassThrough::hello) session.greeted = true;
  return true;
}

std::size_t NetworkSide::drain() {
  std::array<std::byte, net::wire::kReplyFrameBytesMax> frame;
  std::size_t drained = 0;
  for (; const Reply* reply = lane_.front(); lane_.pop(), ++drained) {
    --in_flight_;
    HOLDFAST_CHECK(reply->route.session < sessions_.size(),
                   "an answer comes back the way that the request went");
    Session& session = sessions_[reply->route.session];
    if (session.generation != reply->route.generation || session.link == nullptr) continue;
    --session.in_flight;
    const std::size_t bytes = net::encode_reply(*reply, facts_, frame);
    session.link->to_gateway.send(std::span(frame).first(bytes));
    end_if_done(session);
  }
  return drained;
}

}  // namespace holdfast::simulation
