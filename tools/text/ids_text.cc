#include "tools/text/ids_text.h"

#include <fmt/core.h>

#include <cstddef>

namespace holdfast::tools {
namespace {

__extension__ using Number128 = unsigned __int128;

constexpr std::size_t kUuidTextBytes = 36;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_uuid_dash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

bool looks_like_uuid(std::string_view text) {
  if (text.size() != kUuidTextBytes) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_uuid_dash(at) ? text[at] != '-' : hex_digit(text[at]) < 0) return false;
  }
  return true;
}

bool has_hex_prefix(std::string_view text) {
  return text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

enum class ParseFault : std::uint8_t { none, not_a_number, too_large };

// Hex digits; dashes are passed over (the caller has checked where they stand).
ParseFault parse_hex(std::string_view digits, Number128& value) {
  if (digits.empty()) return ParseFault::not_a_number;
  value = 0;
  for (const char c : digits) {
    if (c == '-') continue;
    const int digit = hex_digit(c);
    if (digit < 0) return ParseFault::not_a_number;
    if ((value >> 124) != 0) return ParseFault::too_large;
    value = (value << 4) | static_cast<unsigned>(digit);
  }
  return ParseFault::none;
}

ParseFault parse_decimal(std::string_view digits, Number128& value) {
  if (digits.empty()) return ParseFault::not_a_number;
  constexpr Number128 kMost = ~Number128{0};
  value = 0;
  bool overflow = false;
  for (const char c : digits) {
    if (c < '0' || c > '9') return ParseFault::not_a_number;
    const auto digit = static_cast<unsigned>(c - '0');
    overflow = overflow || value > (kMost - digit) / 10;
    value = value * 10 + digit;
  }
  return overflow ? ParseFault::too_large : ParseFault::none;
}

}  // namespace

std::expected<RawId128, std::string> parse_raw_id128(std::string_view text) {
  Number128 value = 0;
  ParseFault fault{};
  if (looks_like_uuid(text)) {
    fault = parse_hex(text, value);
  } else if (has_hex_prefix(text)) {
    const std::string_view digits = text.substr(2);
    fault = digits.find('-') == std::string_view::npos ? parse_hex(digits, value)
                                                       : ParseFault::not_a_number;
  } else {
    fault = parse_decimal(text, value);
  }
  switch (fault) {
    case ParseFault::none:
      break;
    case ParseFault::not_a_number:
      return std::unexpected(fmt::format(
          "'{}' is not an id: write it in decimal (42), hexadecimal (0x2a) or as a UUID "
          "(00000000-0000-0000-0000-00000000002a)",
          text));
    case ParseFault::too_large:
      return std::unexpected(fmt::format("'{}' is not an id: it does not fit 128 bits", text));
  }
  if (value == 0) {
    return std::unexpected(
        fmt::format("'{}' is not an id: zero stands for \"not given\"; use 1 or more", text));
  }
  return RawId128{.low = static_cast<std::uint64_t>(value),
                  .high = static_cast<std::uint64_t>(value >> 64)};
}

std::string raw_id128_text(RawId128 id) {
  if (id.high == 0) return std::to_string(id.low);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", id.high >> 32,
                     (id.high >> 16) & 0xffff, id.high & 0xffff, id.low >> 48,
                     id.low & 0xffff'ffff'ffff);
}

std::expected<std::uint64_t, std::string> parse_unsigned(std::string_view text, std::uint64_t most,
                                                         std::string_view what) {
  Number128 value = 0;
  const bool hex = has_hex_prefix(text) && text.find('-') == std::string_view::npos;
  const ParseFault fault = hex ? parse_hex(text.substr(2), value) : parse_decimal(text, value);
  if (fault == ParseFault::not_a_number) {
    return std::unexpected(
        fmt::format("'{}' is not {}: write a whole number from 0 to {}", text, what, most));
  }
  if (fault == ParseFault::too_large || value > most) {
    return std::unexpected(fmt::format("'{}' is not {}: the largest is {}", text, what, most));
  }
  return static_cast<std::uint64_t>(value);
}

std::string digest_text(const StateDigest& digest) {
  return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

std::expected<StateDigest, std::string> parse_digest(std::string_view text) {
  constexpr std::size_t kDigits = 32;
  Number128 value = 0;
  if (text.size() != kDigits || text.find('-') != std::string_view::npos ||
      parse_hex(text, value) != ParseFault::none) {
    return std::unexpected(
        fmt::format("'{}' is not a state digest: it has 32 hexadecimal digits", text));
  }
  return StateDigest{.low = static_cast<std::uint64_t>(value),
                     .high = static_cast<std::uint64_t>(value >> 64)};
}

}  // namespace holdfast::tools
