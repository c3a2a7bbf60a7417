// Why a server did not take a frame. The numbers are stable; `docs/protocol.md` and `holdfast.xml`
// tell the same table. Checks are made in the order of the numbers; the first that fails is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast::net {

// X(name, number, closes the session, what it means)
#define HOLDFAST_REJECTS(X)                                                                        \
  X(bad_frame_length, 1, true, "the frame length is below 24 or above frameBytesMax")              \
  X(frame_not_aligned, 2, true, "the frame length is not a multiple of 8")                         \
  X(unknown_schema, 3, false, "the schema id is not this protocol's")                              \
  X(unsupported_version, 4, false, "the schema version is older than any that is understood")      \
  X(unknown_template, 5, false, "the template id is not that of a request")                        \
  X(block_length_mismatch, 6, false, "the frame length is not 16 more than the block length")      \
  X(body_too_short, 7, false, "the body is shorter than this message ever was")                    \
  X(hello_required, 8, false, "the first message of a connection must be Hello")                   \
  X(already_greeted, 9, false, "Hello was already said on this connection")                        \
  X(reserved_not_zero, 10, false, "a flag or field that has no meaning yet is not zero")           \
  X(field_out_of_range, 11, false, "a field holds a value that the protocol does not allow")       \
  X(too_many_connections, 12, true, "the server serves its greatest number of connections")

enum class RejectCode : std::uint16_t {
#define HOLDFAST_REJECT_ENUM(name, number, closes, text) name = number,
  HOLDFAST_REJECTS(HOLDFAST_REJECT_ENUM)
#undef HOLDFAST_REJECT_ENUM
};

struct RejectInfo {
  RejectCode code;
  bool closes;
  std::string_view name;
  std::string_view text;
};

inline constexpr RejectInfo kRejects[] = {
#define HOLDFAST_REJECT_INFO(name, number, closes, text) {RejectCode::name, closes, #name, text},
    HOLDFAST_REJECTS(HOLDFAST_REJECT_INFO)
#undef HOLDFAST_REJECT_INFO
};

/// The table's line, or null for a number that is not in it (a newer server's).
[[nodiscard]] constexpr const RejectInfo* reject_info(RejectCode code) {
  for (const RejectInfo& info : kRejects) {
    if (info.code == code) return &info;
  }
  return nullptr;
}

/// One refusal. `detail` is, by code: the frame length (bad_frame_length, frame_not_aligned), the
/// schema id, the version, the block length (block_length_mismatch, body_too_short), the offset of
/// the field from the frame's first byte (reserved_not_zero, field_out_of_range), else 0.
struct Refusal {
  RejectCode code{};
  std::uint16_t template_id = 0;  // of the offending frame; 0 when not known
  std::uint32_t detail = 0;
};

/// Puts a refusal into a ReplyRoute's `tag` and `detail`, and back. Exact: with the codes that need
/// more than 16 bits of detail no template id is known.
struct PackedRefusal {
  std::uint8_t code = 0;
  std::uint32_t rest = 0;
};
[[nodiscard]] PackedRefusal pack(const Refusal& refusal);
[[nodiscard]] Refusal unpack(PackedRefusal packed);

/// Writes a sentence for a person (what was wrong, with the field's name) into `out`, zero-filled
/// and cut to fit; there is no terminating zero when it fills `out`.
void describe(const Refusal& refusal, std::span<char> out);

}  // namespace holdfast::net
