#include "tools/text/bytes_option.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <cctype>
#include <charconv>
#include <limits>

namespace holdfast::tools {

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  std::string unit;
  for (const char c : text.substr(static_cast<std::size_t>(end - text.data()))) {
    unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (unit.empty() || unit == "b") return number;
  constexpr std::string_view kUnits = "kmgt";
  const std::size_t unit_at = kUnits.find(unit.front());
  const std::string_view rest = std::string_view(unit).substr(1);
  if (unit_at == std::string_view::npos || !(rest.empty() || rest == "b" || rest == "ib")) {
    return std::nullopt;
  }
  const auto shift = 10 * (unit_at + 1);
  if (number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
  return number << shift;
}

CLI::Option* in_bytes(CLI::Option* option) {
  const auto convert = [](std::string& text) {
    const auto bytes = parse_bytes(text);
    if (!bytes) {
      return fmt::format("'{}' is not a number of bytes; write such as 67108864, 64mb or 4g", text);
    }
    text = fmt::format("{}", *bytes);
    return std::string();
  };
  return option->type_name("BYTES")->transform(CLI::Validator(convert, ""));
}

}  // namespace holdfast::tools
