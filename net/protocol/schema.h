// The messages as data: names, types and offsets of every field, as in `holdfast.xml`.
//
// Used to name a field in a Reject, and by the test that holds the structs against the schema. The
// tables prove at compile time that they name every byte of every struct. No state; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast::net {

enum class Primitive : std::uint8_t {
  uint8, uint16, uint32, uint64, int32, int64, character, id128, limit, tally, row
};

struct FieldInfo {
  std::string_view name;    // as in the schema: cardToken
  std::string_view member;  // as in the struct: card_token
  std::string_view type;    // the schema's type: Id128, Money, Channel, …
  std::size_t offset = 0;   // from the body's first byte
  std::size_t bytes = 0;
  Primitive primitive{};    // of one element
};

struct MessageInfo {
  std::string_view name;
  std::uint16_t template_id = 0;
  std::uint16_t block_length_first = 0;
  std::uint16_t block_length = 0;
  std::span<const FieldInfo> fields;
};

/// All messages, requests first, by template id.
[[nodiscard]] std::span<const MessageInfo> messages();
/// Null when this is no message of ours.
[[nodiscard]] const MessageInfo* message_info(std::uint16_t template_id);
/// The field that stands at `offset` from the frame's first byte; null when there is none.
[[nodiscard]] const FieldInfo* field_at(const MessageInfo& message, std::size_t frame_offset);

}  // namespace holdfast::net
