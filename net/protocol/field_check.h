// The checks of a request's fields, in the order told by `reject.h`. Used by
// `codec_requests.cc` and command_fields_*.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "net/protocol/messages.h"
#include "net/protocol/reject.h"

namespace holdfast::net {

/// Keeps the first fault. Callers name reserved fields first, then values, each by its offset in
/// the body.
class FieldCheck {
 public:
  /// `version`: of the schema that the sender speaks, as its frame says.
  FieldCheck(std::uint16_t template_id, std::uint16_t version)
      : template_id_(template_id), version_(version) {}

  [[nodiscard]] std::uint16_t version() const { return version_; }

  void zero(std::size_t offset, std::uint64_t value) {
    if (value != 0) fail(RejectCode::reserved_not_zero, offset);
  }
  void zero(std::size_t offset, std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) zero(offset, byte);
  }
  void at_most(std::size_t offset, std::uint64_t value, std::uint64_t max) {
    if (value > max) fail(RejectCode::field_out_of_range, offset);
  }
  void given(std::size_t offset, const wire::Id128& id) {
    if ((id.low | id.high) == 0) fail(RejectCode::field_out_of_range, offset);
  }
  /// Printable ASCII, then zeros: it ends up in logs and on screens.
  void text(std::size_t offset, std::span<const char> field) {
    const auto end = std::find(field.begin(), field.end(), '\0');
    const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (!std::all_of(field.begin(), end, printable) ||
        std::any_of(end, field.end(), [](char c) { return c != '\0'; })) {
      fail(RejectCode::field_out_of_range, offset);
    }
  }

  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  void fail(RejectCode code, std::size_t offset) {
    if (refusal_) return;
    const std::size_t frame_offset = sizeof(wire::FrameHeader) + offset;
    refusal_ = Refusal{code, template_id_, static_cast<std::uint32_t>(frame_offset)};
  }

  std::uint16_t template_id_;
  std::uint16_t version_;
  std::optional<Refusal> refusal_;
};

}  // namespace holdfast::net
