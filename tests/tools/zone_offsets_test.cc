// Zones as rows: what local clocks really show around both changes of a year, against dates written
// out by hand from the zones' laws.
#include "tools/cli/zone_offsets.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

namespace holdfast::tools {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year_month_day;

std::int64_t utc(year_month_day day, std::chrono::seconds time) {
  return (sys_days(day).time_since_epoch() + time) / 1s;
}

/// As the engine looks it up: the last row that is not after the moment.
std::int32_t offset_at(const std::vector<AddZoneOffset>& rows, std::int64_t at_s) {
  std::int32_t offset_s = rows.front().offset_s;
  for (const AddZoneOffset& row : rows) {
    if (row.from_s <= at_s) offset_s = row.offset_s;
  }
  return offset_s;
}

/// The clock goes from one offset to the other exactly at this second.
void expect_change(const char* zone, std::int64_t at_s, std::int32_t before_s,
                   std::int32_t after_s) {
  const auto rows = zone_offsets(zone);
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(offset_at(*rows, at_s - 1), before_s) << zone;
  EXPECT_EQ(offset_at(*rows, at_s), after_s) << zone;
}

using std::chrono::November, std::chrono::March, std::chrono::April, std::chrono::October;

TEST(ZoneOffsets, ChangeWhenTheClocksDo) {
  using std::chrono::year;
  // Last Sundays of March and October, 01:00 UTC.
  expect_change("Europe/London", utc(year(2026) / March / 29, 1h), 0, 3600);
  expect_change("Europe/London", utc(year(2026) / October / 25, 1h), 3600, 0);
  // Second Sunday of March and first of November, 02:00 local.
  expect_change("America/New_York", utc(year(2026) / March / 8, 7h), -5 * 3600, -4 * 3600);
  expect_change("America/New_York", utc(year(2026) / November / 1, 6h), -4 * 3600, -5 * 3600);
  // By half an hour, first Sundays of April and October at 02:00 local, in the southern summer.
  expect_change("Australia/Lord_Howe", utc(year(2026) / April / 4, 15h), 11 * 3600, 37'800);
  expect_change("Australia/Lord_Howe", utc(year(2026) / October / 3, 15h + 30min), 37'800,
                11 * 3600);
  // The rules go on to the last year.
  expect_change("Europe/London", utc(year(2100) / March / 28, 1h), 0, 3600);
  expect_change("Europe/London", utc(year(2100) / October / 31, 1h), 3600, 0);
}

TEST(ZoneOffsets, RiseAndCoverTheYears) {
  for (const char* zone : {"Europe/London", "America/New_York", "Australia/Lord_Howe",
                           "Asia/Kolkata", "Pacific/Apia", "Africa/Casablanca"}) {
    const auto rows = zone_offsets(zone);
    ASSERT_TRUE(rows) << rows.error();
    EXPECT_EQ(rows->front().from_s, std::numeric_limits<std::int64_t>::min());
    for (std::size_t at = 1; at < rows->size(); ++at) {
      EXPECT_GT((*rows)[at].from_s, (*rows)[at - 1].from_s) << zone;
      EXPECT_NE((*rows)[at].offset_s, (*rows)[at - 1].offset_s) << zone;
      EXPECT_LT(std::abs((*rows)[at].offset_s), 86'400) << zone;
    }
    if (rows->size() > 1) {
      EXPECT_GE((*rows)[1].from_s, utc(std::chrono::year(2000) / 1 / 1, 0s)) << zone;
      EXPECT_LT(rows->back().from_s, utc(std::chrono::year(2101) / 1 / 1, 0s)) << zone;
    }
  }
  EXPECT_EQ(zone_offsets("Europe/London")->size(), 1U + 2 * 101);
  EXPECT_EQ(zone_offsets("Asia/Kolkata")->size(), 1U);
  EXPECT_EQ(zone_offsets("Asia/Kolkata")->front().offset_s, 19'800);
}

// At the end of 2011 Samoa crossed the date line: local time jumped by a whole day.
TEST(ZoneOffsets, TellAJumpOfAWholeDay) {
  expect_change("Pacific/Apia", utc(std::chrono::year(2011) / 12 / 30, 10h), -10 * 3600, 14 * 3600);
}

TEST(ZoneOffsets, UnknownNamesAreSaidWithNearOnes) {
  const auto said = [](const char* name) {
    const auto rows = zone_offsets(name);
    return rows ? std::string("accepted") : rows.error();
  };
  EXPECT_EQ(said("Europe/Londn"),
            "unknown time zone \"Europe/Londn\"; did you mean \"Europe/London\"?");
  EXPECT_EQ(said("europe/london"),
            "unknown time zone \"europe/london\"; did you mean \"Europe/London\"?");
  EXPECT_EQ(said("London"), "unknown time zone \"London\"; did you mean \"Europe/London\"?");
  EXPECT_EQ(said("Mars/Olympus_Mons"),
            "unknown time zone \"Mars/Olympus_Mons\"; names are those of the tz database, such as "
            "\"Europe/London\"");
  // What means another zone on another machine, or is a file.
  for (const char* name : {"", "localtime", "/etc/localtime", "Fixed/UTC+01:00:00", "../passwd",
                           "file:Europe/London", "Europe/London "}) {
    EXPECT_TRUE(said(name).starts_with("unknown time zone")) << name;
  }
}

// These numbers stand in logs.
TEST(ZoneOffsets, NumbersFollowFromTheName) {
  EXPECT_EQ(zone_number("Europe/London"), 33'230);
  EXPECT_EQ(zone_number("America/New_York"), 18'378);
  EXPECT_EQ(zone_number("Australia/Lord_Howe"), 15'343);
  EXPECT_NE(zone_number(""), 0);
}

}  // namespace
}  // namespace holdfast::tools
