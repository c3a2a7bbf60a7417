// Where windows begin and end: calendar windows over month ends, leap days and changes of the
// clock, weeks, rolling steps. Offsets are written out, so no zone file takes part.
#include "engine/windows.h"

#include <gtest/gtest.h>

#include "engine/calendar.h"

namespace holdfast {
namespace {

constexpr Seconds kHour = 3600;

constexpr Seconds utc(std::int64_t year, unsigned month, unsigned day, Seconds hour = 0,
                      Seconds minute = 0) {
  return days_from_civil({year, month, day}) * 86'400 + hour * kHour + minute * 60;
}

WindowShape calendar(WindowKind kind, std::uint8_t week_start = 0) {
  return {.kind = kind, .week_start = week_start, .zone = 1};
}

/// `begin <= t < end` is one window, and its neighbours have the neighbouring numbers. Each probe
/// asks a clock that last looked elsewhere.
void expect_window(const WindowShape& shape, const Zone& zone, Seconds begin, Seconds end) {
  const WindowClock clock(shape, zone);
  const std::int64_t number = clock.number_at(begin);
  EXPECT_EQ(clock.number_at(begin - 1), number - 1) << "a second before it";
  EXPECT_EQ(clock.number_at(end), number + 1) << "its end";
  EXPECT_EQ(clock.number_at(end - 1), number) << "its last second";
  for (Seconds t = begin; t < end; t += 600) {
    ASSERT_EQ(clock.number_at(t), number) << t - begin << " seconds into it";
    ASSERT_EQ(clock.start_of_window_at(t), begin) << t - begin << " seconds into it";
  }
  EXPECT_EQ(clock.start_of_window_at(end), end);
}

TEST(Windows, MonthsHaveTheirLengthsAndLeapDaysTheirYears) {
  const Zone zone;
  const WindowShape month = calendar(WindowKind::month);
  expect_window(month, zone, utc(2024, 1, 1), utc(2024, 2, 1));
  expect_window(month, zone, utc(2024, 2, 1), utc(2024, 3, 1));
  EXPECT_EQ(utc(2024, 3, 1) - utc(2024, 2, 1), 29 * 86'400);
  expect_window(month, zone, utc(2023, 2, 1), utc(2023, 3, 1));
  EXPECT_EQ(utc(2023, 3, 1) - utc(2023, 2, 1), 28 * 86'400);
  expect_window(month, zone, utc(2100, 2, 1), utc(2100, 3, 1));
  EXPECT_EQ(utc(2100, 3, 1) - utc(2100, 2, 1), 28 * 86'400) << "2100 is no leap year";
  expect_window(month, zone, utc(2023, 12, 1), utc(2024, 1, 1));
  expect_window(calendar(WindowKind::day), zone, utc(2024, 2, 29), utc(2024, 3, 1));
  expect_window(calendar(WindowKind::year), zone, utc(2024, 1, 1), utc(2025, 1, 1));
}

TEST(Windows, WeeksBeginOnTheirDay) {
  const Zone zone;
  // 2024-01-01 was a Monday.
  expect_window(calendar(WindowKind::week, 1), zone, utc(2024, 1, 1), utc(2024, 1, 8));
  expect_window(calendar(WindowKind::week, 3), zone, utc(2024, 1, 3), utc(2024, 1, 10));
  expect_window(calendar(WindowKind::week, 7), zone, utc(2023, 12, 31), utc(2024, 1, 7));
}

Zone london() {
  Zone zone;
  zone.add(std::numeric_limits<Seconds>::min(), 0);
  zone.add(utc(2024, 3, 31, 1), kHour);
  zone.add(utc(2024, 10, 27, 1), 0);
  return zone;
}

TEST(Windows, LondonHasADayOf23AndOneOf25Hours) {
  const Zone zone = london();
  const WindowShape day = calendar(WindowKind::day);
  expect_window(day, zone, utc(2024, 3, 30), utc(2024, 3, 31));
  expect_window(day, zone, utc(2024, 3, 31), utc(2024, 3, 31, 23));
  expect_window(day, zone, utc(2024, 3, 31, 23), utc(2024, 4, 1, 23));
  expect_window(day, zone, utc(2024, 10, 26, 23), utc(2024, 10, 28));
  expect_window(day, zone, utc(2024, 10, 28), utc(2024, 10, 29));
}

TEST(Windows, LongWindowsBeginAtTheOffsetOfTheirBeginning) {
  const Zone zone = london();
  expect_window(calendar(WindowKind::month), zone, utc(2024, 3, 1), utc(2024, 3, 31, 23));
  expect_window(calendar(WindowKind::month), zone, utc(2024, 9, 30, 23), utc(2024, 11, 1));
  expect_window(calendar(WindowKind::week, 1), zone, utc(2024, 3, 25), utc(2024, 3, 31, 23));
  expect_window(calendar(WindowKind::week, 1), zone, utc(2024, 10, 20, 23), utc(2024, 10, 28));
  expect_window(calendar(WindowKind::year), zone, utc(2024, 1, 1), utc(2025, 1, 1));
}

TEST(Windows, NewYorkIsWestOfTheDate) {
  Zone zone;
  zone.add(utc(2023, 11, 5, 6), -5 * kHour);
  zone.add(utc(2024, 3, 10, 7), -4 * kHour);
  zone.add(utc(2024, 11, 3, 6), -5 * kHour);
  const WindowShape day = calendar(WindowKind::day);
  expect_window(day, zone, utc(2024, 3, 10, 5), utc(2024, 3, 11, 4));
  expect_window(day, zone, utc(2024, 11, 3, 4), utc(2024, 11, 4, 5));
  expect_window(calendar(WindowKind::month), zone, utc(2024, 11, 1, 4), utc(2024, 12, 1, 5));
  expect_window(day, zone, utc(2023, 1, 1, 5),
                utc(2023, 1, 2, 5));  // before the first row: as in it
}

TEST(Windows, LordHoweMovesItsClocksByHalfAnHour) {
  Zone zone;
  zone.add(utc(2023, 9, 30, 15, 30), 11 * kHour);
  zone.add(utc(2024, 4, 6, 15), 10 * kHour + 1800);
  zone.add(utc(2024, 10, 5, 15, 30), 11 * kHour);
  const WindowShape day = calendar(WindowKind::day);
  expect_window(day, zone, utc(2024, 4, 6, 13), utc(2024, 4, 7, 13, 30));
  expect_window(day, zone, utc(2024, 10, 5, 13, 30), utc(2024, 10, 6, 13));
  expect_window(calendar(WindowKind::month), zone, utc(2024, 3, 31, 13), utc(2024, 4, 30, 13, 30));
}

TEST(Windows, ADayWithoutAMidnightBeginsWithTheChange) {
  Zone beirut;  // 00:00 becomes 01:00
  beirut.add(utc(2023, 10, 28, 21), 2 * kHour);
  beirut.add(utc(2024, 3, 30, 22), 3 * kHour);
  expect_window(calendar(WindowKind::day), beirut, utc(2024, 3, 30, 22), utc(2024, 3, 31, 21));
}

TEST(Windows, RollingStepsAreOfUtcAndTheLifetimeIsOne) {
  const Zone zone;
  const WindowShape shape{
      .kind = WindowKind::rolling, .window_s = 3 * 900, .granularity_s = 900};
  const WindowClock clock(shape, zone);
  EXPECT_EQ(shape.steps(), 3U);
  const Seconds begin = utc(2024, 3, 31, 1);
  const std::int64_t step = clock.number_at(begin);
  EXPECT_EQ(clock.number_at(begin - 1), step - 1);
  EXPECT_EQ(clock.number_at(begin + 899), step);
  EXPECT_EQ(clock.number_at(begin + 900), step + 1);
  EXPECT_EQ(clock.start_of_window_at(begin + 1), begin - 2 * 900) << "of its oldest step";
  EXPECT_EQ(clock.start_of_window_at(10), 0) << "not before 1970";

  const WindowClock lifetime({.kind = WindowKind::lifetime}, zone);
  EXPECT_EQ(lifetime.number_at(0), lifetime.number_at(begin));
  EXPECT_EQ(lifetime.start_of_window_at(begin), 0);
}

}  // namespace
}  // namespace holdfast
