#include "engine/windows.h"

#include <algorithm>

#include "engine/calendar.h"

namespace holdfast {
namespace {

constexpr Seconds kDay_s = static_cast<Seconds>(kSecondsPerDay);
constexpr int kDaysPerWeek = 7;
constexpr int kMonthsPerYear = 12;
// 1970-01-01 was a Thursday, three days after a Monday.
constexpr std::int64_t kMondayToEpoch = 3;

std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// Days from the epoch to the first day of the week numbered 0.
std::int64_t week_origin(std::uint8_t week_start) { return week_start - 1 - kMondayToEpoch; }

std::int64_t number_of_day(const WindowShape& shape, std::int64_t day) {
  if (shape.kind == WindowKind::day) return day;
  if (shape.kind == WindowKind::week) {
    return floor_divide(day - week_origin(shape.week_start), kDaysPerWeek);
  }
  const CivilDate date = civil_from_days(day);
  if (shape.kind == WindowKind::year) return date.year;
  return date.year * kMonthsPerYear + static_cast<std::int64_t>(date.month) - 1;
}

std::int64_t first_day_of(const WindowShape& shape, std::int64_t number) {
  switch (shape.kind) {
    case WindowKind::day: return number;
    case WindowKind::week: return number * kDaysPerWeek + week_origin(shape.week_start);
    case WindowKind::year: return days_from_civil({number, 1, 1});
    default: break;
  }
  const auto month = static_cast<unsigned>(number % kMonthsPerYear);
  return days_from_civil({number / kMonthsPerYear, month + 1, 1});
}

}  // namespace

Zone::Stretch Zone::at(Seconds t) const {
  if (rows_.empty()) return {};
  auto next = std::ranges::upper_bound(rows_, t, {}, &Row::from_s);
  if (next == rows_.begin()) ++next;  // before the first row: as from the first row on
  const auto row = next - 1;
  Stretch stretch;
  stretch.offset_s = row->offset_s;
  if (row != rows_.begin()) stretch.from_s = row->from_s;
  if (next != rows_.end()) stretch.until_s = next->from_s;
  return stretch;
}

void WindowClock::look(Seconds t) const {
  if (shape_.kind == WindowKind::lifetime) {
    from_s_ = std::numeric_limits<Seconds>::min();
    until_s_ = std::numeric_limits<Seconds>::max();
    number_ = 0;
    return;
  }
  if (shape_.is_rolling()) {
    number_ = floor_divide(t, shape_.granularity_s);
    from_s_ = number_ * shape_.granularity_s;
    until_s_ = from_s_ + shape_.granularity_s;
    return;
  }
  const Zone::Stretch stretch = zone_->at(t);
  const std::int64_t day = floor_divide(t + stretch.offset_s, kDay_s);
  const Seconds midnight = day * kDay_s - stretch.offset_s;
  number_ = number_of_day(shape_, day);
  from_s_ = std::max(midnight, stretch.from_s);
  until_s_ = std::min(midnight + kDay_s, stretch.until_s);
}

Seconds WindowClock::start_of_window_at(Seconds t) const {
  const std::int64_t number = number_at(t);
  if (shape_.kind == WindowKind::lifetime) return 0;
  if (shape_.is_rolling()) {
    return std::max<Seconds>(0, (number - shape_.steps() + 1) * shape_.granularity_s);
  }
  // Backwards over the changes of the offset: midnight is in the first stretch that reaches it.
  // When clocks went over midnight (some zones change at 00:00), the window begins with the change.
  const Seconds local = first_day_of(shape_, number) * kDay_s;
  Zone::Stretch stretch = zone_->at(t);
  // A stretch that begins at midnight may repeat the day's first hour:
  // then the day began before it.
  while (local - stretch.offset_s <= stretch.from_s) {
    const Zone::Stretch before = zone_->at(stretch.from_s - 1);
    if (local - before.offset_s >= stretch.from_s) return std::max<Seconds>(0, stretch.from_s);
    stretch = before;
  }
  return std::max<Seconds>(0, local - stretch.offset_s);
}

}  // namespace holdfast
