// Identifiers as people write them: decimal, 0x-hexadecimal or UUID in; one canonical form out.
//
// A UUID is the big-endian number of its 32 digits, so that 00000000-0000-0000-0000-00000000002a,
// 0x2a and 42 are the same id. Printed: decimal when it fits 64 bits, else as a UUID; what is
// printed parses back to the same id. Errors are whole sentences that name the text and say what
// to write instead. Thread: no state; any.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "engine/request.h"
#include "engine/types.h"

namespace holdfast::tools {

struct RawId128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

/// Parses decimal, 0x-hex or a UUID. Zero is refused: it stands for "not given".
[[nodiscard]] std::expected<RawId128, std::string> parse_raw_id128(std::string_view text);
[[nodiscard]] std::string raw_id128_text(RawId128 id);

/// `parse_id128<AccountId>("42")`.
template <class Id>
[[nodiscard]] std::expected<Id, std::string> parse_id128(std::string_view text) {
  const auto raw = parse_raw_id128(text);
  if (!raw) return std::unexpected(raw.error());
  return Id{.low = raw->low, .high = raw->high};
}

template <class Tag>
[[nodiscard]] std::string id_text(const Id128<Tag>& id) {
  return raw_id128_text({.low = id.low, .high = id.high});
}

template <class Tag>
[[nodiscard]] std::string id_text(const Id64<Tag>& id) {
  return std::to_string(id.value);
}

/// Decimal or 0x-hex of an unsigned integer up to `most`; `what` names it in the error.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_unsigned(std::string_view text,
                                                                       std::uint64_t most,
                                                                       std::string_view what);

/// 32 lower-case hexadecimal digits, the high half first.
[[nodiscard]] std::string digest_text(const StateDigest& digest);
[[nodiscard]] std::expected<StateDigest, std::string> parse_digest(std::string_view text);

}  // namespace holdfast::tools
