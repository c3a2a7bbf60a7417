// When a control's window begins and ends: calendar windows in a zone's local time, rolling ones in
// steps of UTC.
//
// A calendar window is named by the local date (day, week, month or year number), so that a day of
// 23, 24 or 25 hours is one day without anybody counting its hours. A zone is a list of offsets
// that came in by logged commands: no zone file of the machine takes part. Thread: the owner's (a
// clock remembers the span of its last answer).
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/command.h"
#include "engine/types.h"

namespace holdfast {

/// Seconds since 1970, UTC.
using Seconds = std::int64_t;

[[nodiscard]] constexpr Seconds seconds_of(TimestampNs time) {
  return static_cast<Seconds>(time.ns / kNsPerSecond);
}

/// What makes two windows comparable: a counter that was kept with another shape starts anew.
struct WindowShape {
  WindowKind kind{};
  std::uint8_t week_start = 0;
  std::uint16_t zone = 0;
  std::uint32_t window_s = 0;
  std::uint32_t granularity_s = 0;

  [[nodiscard]] static WindowShape of(const AddControl& control) {
    return {control.window, control.week_start, control.zone, control.window_s,
            control.granularity_s};
  }
  [[nodiscard]] bool is_rolling() const { return kind == WindowKind::rolling; }
  /// Of a rolling window: 1..limits::rolling_steps_max.
  [[nodiscard]] std::uint32_t steps() const { return window_s / granularity_s; }
  friend bool operator==(const WindowShape&, const WindowShape&) = default;
};
static_assert(is_plain_bytes<WindowShape> && sizeof(WindowShape) == 12);

/// A zone's distance from UTC over time. Without rows it is UTC.
class Zone {
 public:
  /// A stretch of UTC time, `from_s <= t < until_s`, with one offset.
  struct Stretch {
    Seconds from_s = std::numeric_limits<Seconds>::min();
    Seconds until_s = std::numeric_limits<Seconds>::max();
    std::int32_t offset_s = 0;
  };
  /// `from_s` is above that of the row before. The first row also holds for all time before it.
  void add(Seconds from_s, std::int32_t offset_s) { rows_.push_back({from_s, offset_s}); }
  [[nodiscard]] Stretch at(Seconds t) const;

 private:
  struct Row {
    Seconds from_s;
    std::int32_t offset_s;
  };
  std::vector<Row> rows_;
};

/// Numbers a control's windows: the same number, the same window.
class WindowClock {
 public:
  /// `zone` outlives the clock.
  WindowClock(const WindowShape& shape, const Zone& zone) : shape_(shape), zone_(&zone) {}

  [[nodiscard]] const WindowShape& shape() const { return shape_; }

  /// Calendar windows: number of the local day, week, month or year; lifetime: 0; rolling: number
  /// of the newest step of the window.
  [[nodiscard]] std::int64_t number_at(Seconds t) const {
    if (t < from_s_ || t >= until_s_) look(t);
    return number_;
  }

  /// When the window of `t` began; of a rolling one, its oldest step. Lifetime, and what began
  /// before 1970: 0.
  [[nodiscard]] Seconds start_of_window_at(Seconds t) const;

 private:
  void look(Seconds t) const;

  WindowShape shape_;
  const Zone* zone_;
  // The last answer and the span for which it holds: at most a local day. A pure function of time
  // kept at hand, so no part of the state.
  mutable Seconds from_s_ = 0;
  mutable Seconds until_s_ = 0;
  mutable std::int64_t number_ = 0;
};

}  // namespace holdfast
