// The server's side of the connections, as `net/network_thread` does it, without sockets: bytes are
// scanned and decoded by the real codec, requests and answers go through a real lane, and answers
// are encoded by the real codec, in order.
//
// What NetworkThread owns beside that (epoll, time-outs, buffers of the kernel) is not simulated.
// A slot's generation rises at each close, so that answers for a connection that is gone are
// dropped. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/lanes.h"
#include "net/protocol/codec.h"
#include "tests/simulation/link.h"

namespace holdfast::simulation {

class NetworkSide {
 public:
  NetworkSide(std::uint32_t in_flight_max, LogId log_id, Lane& lane);

  void accept(std::shared_ptr<Link> link);
  /// Decodes what has arrived, as far as credit allows, and hands it to the core.
  void read();
  /// Encodes what the core has answered onto the links; returns how many answers.
  std::size_t drain();
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }

 private:
  struct Session {
    std::shared_ptr<Link> link;
    std::uint32_t generation = 1;
    std::uint32_t in_flight = 0;
    bool greeted = false;
    bool finishing = false;  // no more requests are taken
  };

  [[nodiscard]] bool decode_one(Session& session, std::uint32_t slot);
  void end_if_done(Session& session);
  void close(Session& session);

  std::uint32_t in_flight_max_;
  net::HelloFacts facts_;
  Lane& lane_;
  std::vector<Session> sessions_;
  std::uint32_t in_flight_ = 0;
};

}  // namespace holdfast::simulation
