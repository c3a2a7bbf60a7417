#include "tools/cli/wal_options.h"

#include <fmt/core.h>

#include <chrono>
#include <limits>

#include "tools/cli/options.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

/// Digits off the front of `text`, exactly `count` of them.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  unsigned number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

/// "2026-11-22" as days since 1970.
std::optional<std::uint64_t> take_date(std::string_view& text) {
  using namespace std::chrono;
  const auto y = take_digits(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto m = take_digits(text, 2);
  if (!m || !take(text, '-')) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year(static_cast<int>(*y)), month(*m), day(*d)};
  const auto since = sys_days(date).time_since_epoch().count();
  if (!date.ok() || since < 0) return std::nullopt;
  return static_cast<std::uint64_t>(since);
}

/// "18:30", "18:30:00", "18:30:00.5", each with Z behind it, as nanoseconds since midnight.
std::optional<std::uint64_t> take_time_of_day(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  std::uint64_t ns = (*hour * 3600ULL + *minute * 60ULL) * kNsPerSecond;
  if (take(text, ':')) {
    const auto second = take_digits(text, 2);
    if (!second || *second > 59) return std::nullopt;
    ns += *second * kNsPerSecond;
    if (take(text, '.')) {
      std::uint64_t unit_ns = kNsPerSecond;
      do {
        const auto digit = take_digits(text, 1);
        unit_ns /= 10;
        if (!digit || unit_ns == 0) return std::nullopt;
        ns += *digit * unit_ns;
      } while (!text.empty() && text.front() != 'Z');
    }
  }
  if (!take(text, 'Z')) return std::nullopt;
  return ns;
}

}  // namespace

std::expected<TimestampNs, std::string> parse_time(std::string_view text) {
  constexpr std::uint64_t kNsPerDay = 86'400 * kNsPerSecond;
  std::string_view rest = text;
  if (const auto days = take_date(rest);
      days && *days < std::numeric_limits<std::uint64_t>::max() / kNsPerDay) {
    const TimestampNs midnight{*days * kNsPerDay};
    if (rest.empty()) return midnight;
    if (take(rest, 'T')) {
      if (const auto ns = take_time_of_day(rest); ns && rest.empty()) {
        return TimestampNs{midnight.ns + *ns};
      }
    }
  }
  return std::unexpected(fmt::format(
      "'{}' is not a time: write 2026-11-22, 2026-11-22T18:30Z or 2026-11-22T18:30:00.5Z (UTC)",
      text));
}

std::expected<LogPoint, std::string> parse_log_point(std::string_view text) {
  if (text.find('-') != std::string_view::npos) {
    const auto time = parse_time(text);
    if (!time) return std::unexpected(time.error());
    return LogPoint{.position = std::nullopt, .time = *time};
  }
  const auto position =
      parse_unsigned(text, std::numeric_limits<std::uint64_t>::max(), "a log position");
  if (!position) return std::unexpected(position.error() + "; or a time such as 2026-11-22T18:30Z");
  return LogPoint{.position = LogPosition{*position}, .time = std::nullopt};
}

std::string log_point_text(const LogPoint& point) {
  if (point.position) return fmt::format("position {}", point.position->value);
  return point.time ? time_text(*point.time) : "nowhere";
}

void add_archives(CLI::App& app, std::vector<std::string>& target) {
  app.add_option("--archive-dir", target,
                 "Directory with older segments of the same log; several: oldest first")
      ->type_name("DIR")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_place(CLI::App& app, LogPlace& target) {
  app.add_option("DIR", target.dir, "Data directory of a server, running or not")
      ->required()
      ->type_name("");
  add_archives(app, target.archives);
}

CLI::Option* add_position(CLI::App& app, const std::string& name, LogPosition& target,
                          std::string description) {
  return add_parsed(
      app, name, target,
      [](const std::string& text) -> std::expected<LogPosition, std::string> {
        const auto parsed =
            parse_unsigned(text, std::numeric_limits<std::uint64_t>::max(), "a log position");
        if (!parsed) return std::unexpected(parsed.error());
        return LogPosition{*parsed};
      },
      std::move(description), "POSITION");
}

CLI::Option* add_point(CLI::App& app, const std::string& name, std::optional<LogPoint>& target,
                       std::string description) {
  return add_parsed(
      app, name, target, [](const std::string& text) { return parse_log_point(text); },
      std::move(description), "POSITION|TIME");
}

CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<TimestampNs>& target,
                      std::string description) {
  return add_parsed(app, name, target, [](const std::string& text) { return parse_time(text); },
                    std::move(description), "TIME");
}

}  // namespace holdfast::tools
