#include "tools/text/times_text.h"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <string_view>

namespace holdfast::tools {

std::string time_text(TimestampNs time) {
  using namespace std::chrono;
  // Whole days first: year_month_day then works on civil days alone, for all of u64.
  constexpr std::uint64_t kNsPerDay = 86'400 * kNsPerSecond;
  const sys_days day{days{static_cast<int>(time.ns / kNsPerDay)}};
  const year_month_day date{day};
  const std::uint64_t in_day_ns = time.ns % kNsPerDay;
  const std::uint64_t second = in_day_ns / kNsPerSecond;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     second / 3600, second / 60 % 60, second % 60, in_day_ns % kNsPerSecond);
}

std::string seconds_text(std::uint64_t seconds) {
  struct Unit {
    std::uint64_t seconds;
    std::string_view name;
  };
  constexpr std::array<Unit, 4> kUnits{{{86'400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  for (std::size_t at = 0; at < kUnits.size(); ++at) {
    const std::uint64_t count = seconds / kUnits[at].seconds;
    if (count == 0) continue;
    const std::uint64_t rest = seconds % kUnits[at].seconds;
    if (at + 1 == kUnits.size() || rest < kUnits[at + 1].seconds) {
      return fmt::format("{} {}", count, kUnits[at].name);
    }
    return fmt::format("{} {} {} {}", count, kUnits[at].name, rest / kUnits[at + 1].seconds,
                       kUnits[at + 1].name);
  }
  return "0 s";
}

std::string duration_text(std::uint64_t duration_ns) {
  const auto ns = static_cast<double>(duration_ns);
  if (duration_ns < 1'000) return fmt::format("{} ns", duration_ns);
  if (duration_ns < 1'000'000) return fmt::format("{:.1f} us", ns / 1e3);
  if (duration_ns < kNsPerSecond) return fmt::format("{:.2f} ms", ns / 1e6);
  if (duration_ns < 120 * kNsPerSecond) return fmt::format("{:.2f} s", ns / 1e9);
  return seconds_text(duration_ns / kNsPerSecond);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

}  // namespace holdfast::tools
