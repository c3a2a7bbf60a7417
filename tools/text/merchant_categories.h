// Ranges of merchant categories (ISO 18245) as people write them, and the groups that have a name
// of their own here. Thread: constant data; any.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types.h"

namespace holdfast::tools {

struct MccRange {
  Mcc first;
  Mcc last;  // in it
  friend bool operator==(const MccRange&, const MccRange&) = default;
};

struct MccGroup {
  std::string_view name;  // "fuel"
  std::string_view text;  // what is in it, for a person
  std::span<const MccRange> ranges;
};

/// The named groups, by name.
[[nodiscard]] std::span<const MccGroup> mcc_groups();
/// Null when there is no such group.
[[nodiscard]] const MccGroup* find_mcc_group(std::string_view name);
/// "airlines, car_rental, …".
[[nodiscard]] std::string mcc_group_names();

/// "5411" or "5812-5814"; else a sentence saying what is due.
[[nodiscard]] std::expected<MccRange, std::string> parse_mcc_range(std::string_view text);
/// "5812-5814", "5411".
[[nodiscard]] std::string mcc_range_text(Mcc first, Mcc last);

}  // namespace holdfast::tools
