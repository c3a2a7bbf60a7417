// Options in bytes, as people write them: 67108864, 64mb, 4g. Thread: the only one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class Option;
}

namespace holdfast::tools {

/// A whole number with or without a unit (b, kb, mb, gb, tb; also k and kib; in any case), each unit
/// 1024 times the one before. Nothing: it is none, or more than 64 bits hold.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// Makes an option of a 64-bit number take such text; what is checked behind it gets the number.
CLI::Option* in_bytes(CLI::Option* option);

}  // namespace holdfast::tools
