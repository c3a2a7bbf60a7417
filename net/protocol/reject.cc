#include "net/protocol/reject.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "engine/check.h"
#include "net/protocol/messages.h"
#include "net/protocol/schema.h"

namespace holdfast::net {
namespace {

// The frame was so broken that no template id was read: all 32 bits are for the detail.
constexpr bool has_wide_detail(RejectCode code) {
  return code == RejectCode::bad_frame_length || code == RejectCode::frame_not_aligned;
}

std::string_view message_name(std::uint16_t template_id) {
  const MessageInfo* message = message_info(template_id);
  return message != nullptr ? message->name : std::string_view("unknown");
}

std::string field_name(const Refusal& refusal) {
  if (refusal.detail < sizeof(wire::FrameHeader)) {
    return refusal.detail == offsetof(wire::FrameHeader, flags) ? "frame flags" : "frame reserved";
  }
  const MessageInfo* message = message_info(refusal.template_id);
  const FieldInfo* field = message != nullptr ? field_at(*message, refusal.detail) : nullptr;
  if (field == nullptr) return "unknown field";
  return fmt::format("{}.{}", message->name, field->name);
}

std::string sentence(const Refusal& refusal) {
  const std::uint32_t detail = refusal.detail;
  switch (refusal.code) {
    case RejectCode::bad_frame_length:
      return fmt::format("frame length {} is not within {}..{}; the session is closed", detail,
                         wire::kFrameBytesMin, limits::frame_bytes_max);
    case RejectCode::frame_not_aligned:
      return fmt::format("frame length {} is not a multiple of 8; the session is closed", detail);
    case RejectCode::unknown_schema:
      return fmt::format("schema id {} is not {}; is this a Holdfast gateway?", detail,
                         wire::kSchemaId);
    case RejectCode::unsupported_version:
      return fmt::format("schema version {} is not understood; {} or newer is", detail,
                         wire::kSchemaVersionMin);
    case RejectCode::unknown_template:
      return fmt::format("template id {} is not that of a request", refusal.template_id);
    case RejectCode::block_length_mismatch:
      return fmt::format("{}: block length {} is not the frame length less 16",
                         message_name(refusal.template_id), detail);
    case RejectCode::body_too_short: {
      const MessageInfo* message = message_info(refusal.template_id);
      return fmt::format("{}: block length {} is below {}, its length in version 1",
                         message_name(refusal.template_id), detail,
                         message != nullptr ? message->block_length_v1 : 0);
    }
    case RejectCode::hello_required:
      return fmt::format("{} came before Hello; say Hello first",
                         message_name(refusal.template_id));
    case RejectCode::already_greeted:
      return "Hello was already said on this connection";
    case RejectCode::reserved_not_zero:
      return fmt::format("{} (frame offset {}) must be zero", field_name(refusal), detail);
    case RejectCode::field_out_of_range:
      return fmt::format("{} (frame offset {}) holds a value that is not allowed",
                         field_name(refusal), detail);
    case RejectCode::too_many_connections:
      return "the server serves its greatest number of connections; try again later";
  }
  return fmt::format("rejected with code {}", static_cast<std::uint16_t>(refusal.code));
}

}  // namespace

PackedRefusal pack(const Refusal& refusal) {
  const auto code = static_cast<std::uint8_t>(refusal.code);
  if (has_wide_detail(refusal.code)) return {code, refusal.detail};
  HOLDFAST_CHECK(refusal.detail <= 0xFFFF, "a detail of this code fits 16 bits");
  return {code, static_cast<std::uint32_t>(refusal.template_id) << 16 | refusal.detail};
}

Refusal unpack(PackedRefusal packed) {
  const auto code = static_cast<RejectCode>(packed.code);
  if (has_wide_detail(code)) return {code, 0, packed.rest};
  return {code, static_cast<std::uint16_t>(packed.rest >> 16), packed.rest & 0xFFFF};
}

void describe(const Refusal& refusal, std::span<char> out) {
  const std::string text = sentence(refusal);
  const std::size_t length = std::min(text.size(), out.size());
  std::copy_n(text.begin(), length, out.begin());
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(length), out.end(), '\0');
}

}  // namespace holdfast::net
