// A time zone's distances from UTC as the rows that a rule set carries.
//
// The zone is looked up on the operator's machine, once, when a document is read; from then on the
// log holds what it said, so that a replay does not depend on any machine's zone files. Thread: no
// state; any.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command.h"

namespace holdfast::tools {

inline constexpr int kZoneYearFirst = 2000;
inline constexpr int kZoneYearLast = 2100;

/// From before the first year to the end of the last one: the offset in force at the beginning
/// (`from_s` INT64_MIN), then a row for each change. Program, version and zone are not filled in.
/// An unknown name is answered with a sentence, and with a name that is near to it if there is one.
[[nodiscard]] std::expected<std::vector<AddZoneOffset>, std::string> zone_offsets(
    std::string_view name);

/// The number that a zone has in every rule set. It follows from the name, so that a counter goes
/// on when a later version mentions other zones too; above 0. Two names may share one (rarely).
[[nodiscard]] std::uint16_t zone_number(std::string_view name);

/// The way back, which a rule set does not tell:
/// it holds a zone's number and offsets, not its name.
struct KnownZone {
  std::string name;           // empty: no zone of this machine has this number
  bool same_offsets = false;  // this machine's zone files say what the rows say
};
/// The zone of this machine whose number it is; of several, one whose offsets are these rows.
[[nodiscard]] KnownZone known_zone(std::uint16_t number, std::span<const AddZoneOffset> rows);

}  // namespace holdfast::tools
