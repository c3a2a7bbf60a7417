// Frames out of a stream of bytes: finds the next whole frame and judges its header.
//
// The bytes come from outside and are never trusted. A header whose length is impossible leaves no
// way to find the next frame (`damaged`: the session ends); any other fault is a refusal of this
// one frame, and the stream goes on behind it. Nothing is copied or owned; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "engine/check.h"
#include "net/protocol/messages.h"
#include "net/protocol/reject.h"

namespace holdfast::net {

/// A whole frame, in the caller's buffer.
struct Frame {
  wire::FrameHeader header;
  std::uint64_t correlation = 0;
  std::span<const std::byte> body;  // header.frame_length - 16 bytes; block_length may lie about it

  [[nodiscard]] std::size_t bytes() const { return header.frame_length; }
};

enum class FrameStatus : std::uint8_t {
  whole,    // `frame` is the next frame; `refusal` tells if its header is at fault
  partial,  // more bytes are needed
  damaged,  // no frame can be found any more; `refusal` tells why
};

struct FrameScan {
  FrameStatus status = FrameStatus::partial;
  Frame frame;
  std::optional<Refusal> refusal;
};

/// Looks at the start of `bytes`. Judges length and alignment (damaged), then schema and version.
[[nodiscard]] FrameScan scan_frame(std::span<const std::byte> bytes);

/// Judges the block length of a frame of a known message, whose first length is given.
[[nodiscard]] std::optional<Refusal> check_block(const Frame& frame, std::uint16_t block_length_v1);

/// The body as `Message`: what an older peer did not send is zero, what a newer one sent beyond is
/// left out. Needs `check_block`.
template <class Message>
[[nodiscard]] Message body_as(const Frame& frame) {
  Message message{};
  std::memcpy(&message, frame.body.data(), std::min(sizeof message, frame.body.size()));
  return message;
}

/// Writes header and body; returns the bytes of the frame. `out` has room for them.
template <class Message>
std::size_t write_frame(const Message& message, std::span<std::byte> out) {
  constexpr std::size_t bytes = wire::kFrameBytes<Message>;
  HOLDFAST_CHECK(out.size() >= bytes, "room for a frame was promised");
  wire::FrameHeader header;
  header.frame_length = bytes;
  header.block_length = wire::Layout<Message>::kBlockLength;
  header.template_id = wire::Layout<Message>::kTemplateId;
  header.schema_id = wire::kSchemaId;
  header.version = wire::kSchemaVersion;
  std::memcpy(out.data(), &header, sizeof header);
  std::memcpy(out.data() + sizeof header, &message, sizeof message);
  return bytes;
}

}  // namespace holdfast::net
