// Times, durations and sizes for people: UTC in ISO 8601 to the nanosecond, so that what is printed
// orders and compares like the logged time; the rest in the unit that reads best.
// Thread: no state; any. No locale, no time zone files.
#pragma once

#include <cstdint>
#include <string>

#include "engine/types.h"

namespace holdfast::tools {

/// "2026-11-22T18:30:00.123456789Z".
[[nodiscard]] std::string time_text(TimestampNs time);

/// "7 d", "6 d 23 h", "1 h 30 min", "45 s": the two largest units that are not zero.
[[nodiscard]] std::string seconds_text(std::uint64_t seconds);

/// "412 ns", "18.3 us", "2.41 ms", "1.20 s"; from two minutes on as `seconds_text`.
[[nodiscard]] std::string duration_text(std::uint64_t duration_ns);

/// "512 B", "4.0 KiB", "64.0 MiB".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// "49,102": thousands apart, for counts (never for amounts, which must paste back).
[[nodiscard]] std::string count_text(std::uint64_t count);

}  // namespace holdfast::tools
