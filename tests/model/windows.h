// Windows of controls as the reference model sees them: a calendar by counting, and one number for
// the window that a moment is in. Two moments are in one window when they have the same number.
//
// The numbers can be read: of a day, a week and a month yyyymmdd of its first day (in local time),
// of a year yyyy0101, of a rolling window the step that the moment is in.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/command.h"
#include "engine/types.h"

namespace holdfast::model {

/// What must be the same for a counter to go on with what was used.
struct WindowShape {
  WindowKind kind{};
  std::uint8_t week_start = 0;
  std::uint16_t zone = 0;
  std::uint32_t window_s = 0;
  std::uint32_t granularity_s = 0;
  friend bool operator==(const WindowShape&, const WindowShape&) = default;
};
[[nodiscard]] WindowShape shape_of(const AddControl& control);

/// A local date; `weekday` 1 Monday .. 7 Sunday.
struct LocalDate {
  std::int64_t year = 0;
  int month = 0;
  int day = 0;
  int weekday = 0;
};
[[nodiscard]] LocalDate date_of(std::int64_t local_s);

/// Local time less UTC in the zone at `utc_s`; 0 in zone 0.
[[nodiscard]] std::int64_t offset_s(const std::vector<AddZoneOffset>& offsets, std::uint16_t zone,
                                    std::int64_t utc_s);

/// The window of `control` that the moment is in.
[[nodiscard]] std::int64_t window_at(const AddControl& control,
                                     const std::vector<AddZoneOffset>& offsets, TimestampNs at);

/// Whether what was counted in window `counted` still counts in window `now`.
[[nodiscard]] bool still_counts(const WindowShape& shape, std::int64_t counted, std::int64_t now);

/// When the window that the moment is in began; of a rolling one its oldest step; lifetime: 0.
[[nodiscard]] TimestampNs window_start(const AddControl& control,
                                       const std::vector<AddZoneOffset>& offsets, TimestampNs at);

}  // namespace holdfast::model
