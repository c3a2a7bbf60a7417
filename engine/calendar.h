// Civil dates from nanoseconds, for rules that speak of months. Proleptic Gregorian, UTC.
#pragma once

#include <cstdint>

#include "engine/types.h"

namespace holdfast {

inline constexpr std::uint64_t kSecondsPerDay = 86'400;

struct CivilDate {
  std::int64_t year = 1970;
  unsigned month = 1;  // 1..12
  unsigned day = 1;    // 1..31
};

/// Days since 1970-01-01 to a date, and back: Howard Hinnant, "chrono-compatible low-level date
/// algorithms", days_from_civil and civil_from_days.
[[nodiscard]] constexpr CivilDate civil_from_days(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2);
  return {year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

[[nodiscard]] constexpr std::int64_t days_from_civil(CivilDate date) {
  const std::int64_t year = date.year - (date.month <= 2);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const unsigned day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

/// First nanosecond after the last day of the month, UTC; the maximum when `expiry` is 0 (never).
[[nodiscard]] constexpr TimestampNs end_of_expiry_month(ExpiryMonth expiry) {
  if (expiry.yymm == 0) return TimestampNs{UINT64_MAX};
  const std::int64_t year = 2000 + expiry.yymm / 100;
  const unsigned month = expiry.yymm % 100;
  const CivilDate first_of_next =
      month == 12 ? CivilDate{year + 1, 1, 1} : CivilDate{year, month + 1, 1};
  return TimestampNs{static_cast<std::uint64_t>(days_from_civil(first_of_next)) * kSecondsPerDay *
                     kNsPerSecond};
}

static_assert(civil_from_days(0).year == 1970 && days_from_civil({2000, 2, 29}) == 11'016);
static_assert(civil_from_days(11'016).month == 2 && civil_from_days(11'016).day == 29);

}  // namespace holdfast
