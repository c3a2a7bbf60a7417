#include "tests/model/windows.h"

#include <algorithm>

namespace holdfast::model {
namespace {

constexpr std::int64_t kDay_s = 86'400;

std::int64_t number_of(const LocalDate& date) {
  return date.year * 10'000 + date.month * 100 + date.day;
}

std::int64_t seconds_of(TimestampNs at) { return static_cast<std::int64_t>(at.ns / kNsPerSecond); }

std::int64_t steps_of(const WindowShape& shape) { return shape.window_s / shape.granularity_s; }

/// A moment of the local day on which the window that `local_s` is in began.
std::int64_t first_day(const AddControl& control, std::int64_t local_s) {
  const LocalDate date = date_of(local_s);
  switch (control.window) {
    case WindowKind::week:
      for (; date_of(local_s).weekday != control.week_start; local_s -= kDay_s) {}
      return local_s;
    case WindowKind::month: return local_s - (date.day - 1) * kDay_s;
    case WindowKind::year:
      for (; date_of(local_s).month != 1; local_s -= date_of(local_s).day * kDay_s) {}
      return local_s - (date_of(local_s).day - 1) * kDay_s;
    default: return local_s;
  }
}

}  // namespace

WindowShape shape_of(const AddControl& control) {
  return WindowShape{control.window, control.week_start, control.zone, control.window_s,
                     control.granularity_s};
}

LocalDate date_of(std::int64_t local_s) {
  LocalDate date{1970, 1, 1, 4};  // a Thursday
  std::int64_t days = local_s / kDay_s;
  date.weekday = static_cast<int>((days + 3) % 7) + 1;
  for (;; ++date.year) {
    const bool leap = (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0;
    if (days < (leap ? 366 : 365)) {
      const int lengths[12] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
      for (; days >= lengths[date.month - 1]; ++date.month) days -= lengths[date.month - 1];
      date.day = static_cast<int>(days) + 1;
      return date;
    }
    days -= leap ? 366 : 365;
  }
}

std::int64_t offset_s(const std::vector<AddZoneOffset>& offsets, std::uint16_t zone,
                      std::int64_t utc_s) {
  std::optional<std::int64_t> offset;
  for (const AddZoneOffset& row : offsets) {
    if (row.zone == zone && (!offset || row.from_s <= utc_s)) offset = row.offset_s;
  }
  return offset.value_or(0);
}

std::int64_t window_at(const AddControl& control, const std::vector<AddZoneOffset>& offsets,
                       TimestampNs at) {
  const std::int64_t utc_s = seconds_of(at);
  switch (control.window) {
    case WindowKind::none:
    case WindowKind::lifetime: return 0;
    case WindowKind::rolling: return utc_s / control.granularity_s;
    default: break;
  }
  return number_of(date_of(first_day(control, utc_s + offset_s(offsets, control.zone, utc_s))));
}

bool still_counts(const WindowShape& shape, std::int64_t counted, std::int64_t now) {
  if (shape.kind == WindowKind::rolling) return counted > now - steps_of(shape);
  return counted == now;
}

TimestampNs window_start(const AddControl& control, const std::vector<AddZoneOffset>& offsets,
                         TimestampNs at) {
  const std::int64_t utc_s = seconds_of(at);
  if (control.window == WindowKind::none || control.window == WindowKind::lifetime) return {};
  if (control.window == WindowKind::rolling) {
    const std::int64_t steps = steps_of(shape_of(control));
    const std::int64_t oldest =
        std::max<std::int64_t>(0, utc_s / control.granularity_s - steps + 1);
    return TimestampNs{static_cast<std::uint64_t>(oldest) * control.granularity_s * kNsPerSecond};
  }
  const auto local = [&](std::int64_t at_s) {
    return at_s + offset_s(offsets, control.zone, at_s);
  };
  const std::int64_t midnight_s = first_day(control, local(utc_s)) / kDay_s * kDay_s;
  // The last moment at which the local clock came to that midnight, or jumped over it: it can only
  // be where one of the offsets puts it, or where an offset begins.
  std::vector<std::int64_t> moments{midnight_s};
  for (const AddZoneOffset& row : offsets) {
    if (row.zone != control.zone) continue;
    moments.push_back(midnight_s - row.offset_s);
    moments.push_back(row.from_s);
  }
  std::int64_t start_s = 0;
  for (const std::int64_t moment : moments) {
    if (moment <= start_s || moment > utc_s) continue;
    if (local(moment) >= midnight_s && local(moment - 1) < midnight_s) start_s = moment;
  }
  return TimestampNs{static_cast<std::uint64_t>(start_s) * kNsPerSecond};
}

}  // namespace holdfast::model
