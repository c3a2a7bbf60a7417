#include "net/protocol/frame.h"

namespace holdfast::net {

FrameScan scan_frame(std::span<const std::byte> bytes) {
  FrameScan scan;
  wire::FrameHeader& header = scan.frame.header;
  // The length is judged as soon as it is there: a wrong one may never be followed by a whole
  // header.
  if (bytes.size() < sizeof header.frame_length) return scan;
  std::memcpy(&header.frame_length, bytes.data(), sizeof header.frame_length);
  const auto damaged = [&](RejectCode code) {
    scan.status = FrameStatus::damaged;
    scan.refusal = Refusal{code, 0, header.frame_length};
    return scan;
  };
  if (header.frame_length < wire::kFrameBytesMin || header.frame_length > limits::frame_bytes_max) {
    return damaged(RejectCode::bad_frame_length);
  }
  if (header.frame_length % 8 != 0) return damaged(RejectCode::frame_not_aligned);
  if (bytes.size() < header.frame_length) return scan;

  std::memcpy(&header, bytes.data(), sizeof header);
  scan.status = FrameStatus::whole;
  scan.frame.body = bytes.subspan(sizeof header, header.frame_length - sizeof header);
  std::memcpy(&scan.frame.correlation, scan.frame.body.data(), sizeof scan.frame.correlation);
  if (header.schema_id != wire::kSchemaId) {
    scan.refusal = Refusal{RejectCode::unknown_schema, header.template_id, header.schema_id};
  } else if (header.version < wire::kSchemaVersionMin) {
    scan.refusal = Refusal{RejectCode::unsupported_version, header.template_id, header.version};
  }
  return scan;
}

std::optional<Refusal> check_block(const Frame& frame, std::uint16_t block_length_v1) {
  const wire::FrameHeader& header = frame.header;
  if (header.frame_length != sizeof header + header.block_length) {
    return Refusal{RejectCode::block_length_mismatch, header.template_id, header.block_length};
  }
  if (header.block_length < block_length_v1) {
    return Refusal{RejectCode::body_too_short, header.template_id, header.block_length};
  }
  return std::nullopt;
}

}  // namespace holdfast::net
