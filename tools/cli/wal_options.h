// What the options of several `wal` subcommands share: a point of the log by position or time, and
// the log as one or several directories. Thread: no state; any.
#pragma once

#include <CLI/App.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/outcome.h"
#include "engine/types.h"

namespace holdfast::tools {

/// A place in the log: a position, or a moment of logged time. Exactly one is given.
struct LogPoint {
  std::optional<LogPosition> position;
  std::optional<TimestampNs> time;

  /// The record stands at the point or behind it.
  [[nodiscard]] bool reached_by(const Outcome& outcome) const {
    return position ? outcome.position >= *position : time && outcome.time >= *time;
  }
  /// The record stands behind the point: after that position, later than that time.
  [[nodiscard]] bool passed_by(const Outcome& outcome) const {
    return position ? outcome.position > *position : time && outcome.time > *time;
  }
};

/// The log of a data directory, and what of it was moved away before.
struct LogPlace {
  std::string dir;
  std::vector<std::string> archives;  // older parts, oldest first
};

/// "2026-11-22", "2026-11-22T18:30Z", "2026-11-22T18:30:00.123456789Z": UTC;
/// a date is its midnight.
[[nodiscard]] std::expected<TimestampNs, std::string> parse_time(std::string_view text);
/// A position ("605594") or a time.
[[nodiscard]] std::expected<LogPoint, std::string> parse_log_point(std::string_view text);
/// "position 12", "2026-11-22T18:30:00.000000000Z".
[[nodiscard]] std::string log_point_text(const LogPoint& point);

/// --archive-dir.
void add_archives(CLI::App& app, std::vector<std::string>& target);
/// DIR, required, and --archive-dir.
void add_place(CLI::App& app, LogPlace& target);
CLI::Option* add_position(CLI::App& app, const std::string& name, LogPosition& target,
                          std::string description);
CLI::Option* add_point(CLI::App& app, const std::string& name, std::optional<LogPoint>& target,
                       std::string description);
CLI::Option* add_time(CLI::App& app, const std::string& name, std::optional<TimestampNs>& target,
                      std::string description);

}  // namespace holdfast::tools
