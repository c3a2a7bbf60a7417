// Messages of a session: hello, signs of life, goodbye, and what a frame is told that cannot be
// taken. See `net/protocol/messages.h`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/protocol/messages/basics.h"

namespace holdfast::net::wire {

inline constexpr std::size_t kNameBytes = 32;
inline constexpr std::size_t kRejectTextBytes = 104;

struct Hello {
  std::uint64_t correlation_id = 0;
  std::uint16_t schema_version = 0;  // newest that the gateway speaks
  std::uint16_t reserved1 = 0;
  std::uint32_t reserved2 = 0;
  char gateway_name[kNameBytes] = {};
};

struct HelloReply {
  std::uint64_t correlation_id = 0;
  std::uint16_t schema_version = 0;  // newest that both speak
  std::uint16_t reserved = 0;
  std::uint32_t frame_bytes_max = 0;
  std::uint32_t in_flight_max = 0;
  std::uint32_t idle_timeout_ms = 0;  // 0: none
  Id128 log_id;
  char server_name[kNameBytes] = {};
};

struct Heartbeat {
  std::uint64_t correlation_id = 0;
};

struct HeartbeatReply {
  std::uint64_t correlation_id = 0;
};

struct Goodbye {
  std::uint64_t correlation_id = 0;
};

struct GoodbyeReply {
  std::uint64_t correlation_id = 0;
};

struct Reject {
  std::uint64_t correlation_id = 0;  // the offending frame's, 0 when it could not be read
  std::uint16_t code = 0;            // RejectCode
  std::uint16_t offending_template_id = 0;
  std::uint32_t detail = 0;          // see RejectCode
  char text[kRejectTextBytes] = {};
};

}  // namespace holdfast::net::wire
