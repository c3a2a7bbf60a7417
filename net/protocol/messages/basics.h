// What every message is made of: the version spoken, the frame's header, ids of 16 bytes. See
// `net/protocol/messages.h`.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/limits.h"
#include "engine/types.h"

namespace holdfast::net::wire {

static_assert(std::endian::native == std::endian::little, "wire structs are copied as they stand");

inline constexpr std::uint16_t kSchemaId = 18502;  // 0x4846, "HF"
inline constexpr std::uint16_t kSchemaVersion = 6;
/// Oldest version of a peer that is still understood.
inline constexpr std::uint16_t kSchemaVersionMin = 1;
inline constexpr std::size_t kCorrelationBytes = 8;

/// Our framing (8 bytes), then SBE's messageHeader (8 bytes).
struct FrameHeader {
  std::uint32_t frame_length = 0;  // of the whole frame, this header included
  std::uint16_t flags = 0;         // none defined: 0
  std::uint16_t reserved = 0;
  std::uint16_t block_length = 0;  // of the body that follows
  std::uint16_t template_id = 0;
  std::uint16_t schema_id = 0;
  std::uint16_t version = 0;       // the sender's
};
static_assert(is_plain_bytes<FrameHeader> && sizeof(FrameHeader) == limits::frame_header_bytes);

struct Id128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

}  // namespace holdfast::net::wire
