#include "engine/calendar.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Calendar, EveryDayOfFourCenturiesGoesThereAndBack) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  CivilDate date{1970, 1, 1};
  for (std::int64_t days = 0; days < 4 * 36'525; ++days) {
    const CivilDate told = civil_from_days(days);
    ASSERT_EQ(told.year, date.year);
    ASSERT_EQ(told.month, date.month);
    ASSERT_EQ(told.day, date.day);
    ASSERT_EQ(days_from_civil(date), days);
    const bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
    const unsigned length = kDays[date.month - 1] + (date.month == 2 && leap ? 1 : 0);
    if (++date.day > length) {
      date.day = 1;
      if (++date.month > 12) {
        date.month = 1;
        ++date.year;
      }
    }
  }
}

TEST(Calendar, ACardIsValidThroughItsExpiryMonth) {
  const auto at = [](CivilDate date) {
    return static_cast<std::uint64_t>(days_from_civil(date)) * kSecondsPerDay * kNsPerSecond;
  };
  EXPECT_EQ(end_of_expiry_month({2402}).ns, at({2024, 3, 1}));
  EXPECT_EQ(end_of_expiry_month({2412}).ns, at({2025, 1, 1}));
  EXPECT_EQ(end_of_expiry_month({9912}).ns, at({2100, 1, 1}));
  EXPECT_EQ(end_of_expiry_month({0}).ns, UINT64_MAX) << "0: does not expire";
}

}  // namespace
}  // namespace holdfast
