#include "net/protocol/schema.h"

#include <array>

#include "net/protocol/messages.h"
#include "net/protocol/messages/administration_fields.h"
#include "net/protocol/messages/inquiries_fields.h"
#include "net/protocol/messages/pages_fields.h"
#include "net/protocol/messages/payments_fields.h"
#include "net/protocol/messages/rule_sets_fields.h"
#include "net/protocol/messages/session_fields.h"

namespace holdfast::net {
namespace {

using namespace wire;  // messages and their tables

// Every byte of a struct is named once: no field can be in the struct and not in the table.
consteval bool covers(std::span<const FieldInfo> fields, std::size_t bytes) {
  std::size_t end = 0;
  for (const FieldInfo& field : fields) {
    if (field.offset != end) return false;
    end += field.bytes;
  }
  return end == bytes;
}
#define HOLDFAST_COVERS(name, id, first, now) static_assert(covers(k##name##Fields, sizeof(name)));
HOLDFAST_WIRE_MESSAGES(HOLDFAST_COVERS)
#undef HOLDFAST_COVERS

constexpr auto kMessages = std::to_array<MessageInfo>({
#define HOLDFAST_MESSAGE(name, id, first, now) {#name, id, first, now, k##name##Fields},
    HOLDFAST_WIRE_MESSAGES(HOLDFAST_MESSAGE)
#undef HOLDFAST_MESSAGE
});

}  // namespace

std::span<const MessageInfo> messages() { return kMessages; }

const MessageInfo* message_info(std::uint16_t template_id) {
  for (const MessageInfo& message : kMessages) {
    if (message.template_id == template_id) return &message;
  }
  return nullptr;
}

const FieldInfo* field_at(const MessageInfo& message, std::size_t frame_offset) {
  for (const FieldInfo& field : message.fields) {
    const std::size_t start = sizeof(FrameHeader) + field.offset;
    if (frame_offset >= start && frame_offset < start + field.bytes) return &field;
  }
  return nullptr;
}

}  // namespace holdfast::net
