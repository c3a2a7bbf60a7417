// Frames as a gateway's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/command.h"
#include "net/protocol/codec.h"

namespace holdfast::net::test {

using Bytes = std::vector<std::byte>;

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

/// `encode(out)` writes a frame and returns its bytes.
template <class Encode>
Bytes frame_of(Encode encode) {
  Bytes bytes(limits::frame_bytes_max);
  bytes.resize(encode(std::span(bytes)));
  return bytes;
}

inline Bytes hello_frame(std::uint64_t correlation = 1) {
  return frame_of([&](auto out) { return encode_hello("raw peer", correlation, out); });
}
inline Bytes command_frame(const Command& command, std::uint64_t correlation = 5) {
  return frame_of([&](auto out) { return encode_command(command, correlation, out); });
}
inline Bytes heartbeat_frame(std::uint64_t correlation) {
  return frame_of([&](auto out) { return write_frame(wire::Heartbeat{correlation}, out); });
}
inline Bytes goodbye_frame(std::uint64_t correlation) {
  return frame_of([&](auto out) { return write_frame(wire::Goodbye{correlation}, out); });
}

}  // namespace holdfast::net::test
