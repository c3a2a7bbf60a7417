#include "tools/cli/zone_offsets.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <numeric>
#include <set>
#include <system_error>

namespace holdfast::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kDistanceNear = 2;

/// Names of the tz database. Anything else (a path, "localtime", "Fixed/…") means another zone on
/// another machine, or is not meant for people.
bool may_be_a_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '/' || c == '_' || c == '-' || c == '+';
  };
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, allowed) &&
         name.front() != '/' && name != "localtime" && !name.starts_with("Fixed/");
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

fs::path zone_directory() {
  const char* set = std::getenv("TZDIR");
  return set != nullptr && *set != '\0' ? set : "/usr/share/zoneinfo";
}

/// The names of all zones of this machine, in the order of a directory, which is any.
template <class Visit>
void for_each_zone_name(Visit visit) {
  const fs::path root = zone_directory();
  std::error_code error;
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end;
       at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    const std::string name = at->path().lexically_relative(root).generic_string();
    if (!name.starts_with("posix/") && !name.starts_with("right/")) visit(name);
  }
}

/// The zone that was most likely meant: by a slip of the keys, or by its last part alone.
std::string near_name(std::string_view wrong) {
  const std::string wanted = lower(wrong);
  std::string best;
  // Of a short name little is left after two slips.
  const std::size_t nearest = std::min(kDistanceNear, wrong.size() / 3);
  std::size_t best_distance = nearest + 1;
  for_each_zone_name([&](const std::string& name) {
    const std::string known = lower(name);
    std::size_t distance = edit_distance(wanted, known);
    if (known.ends_with("/" + wanted)) distance = std::min<std::size_t>(distance, 1);
    // Of names equally near, the first by name.
    if (distance < best_distance || (distance == best_distance && name < best)) {
      best = name;
      best_distance = distance;
    }
  });
  return best_distance <= nearest ? best : "";
}

std::string unknown_zone(std::string_view name) {
  std::string text = fmt::format("unknown time zone \"{}\"", name);
  if (const std::string near = near_name(name); !near.empty()) {
    return text + fmt::format("; did you mean \"{}\"?", near);
  }
  std::error_code error;
  if (!fs::is_directory(zone_directory(), error)) {
    return text + fmt::format("; there are no zone files in {}: install tzdata on this machine",
                              zone_directory().string());
  }
  return text + "; names are those of the tz database, such as \"Europe/London\"";
}

std::int64_t year_start_s(int year) {
  return absl::ToUnixSeconds(absl::FromCivil(absl::CivilYear(year), absl::UTCTimeZone()));
}

/// When local time jumps: the side of the jump that is skipped, or that comes twice, tells it.
absl::Time moment_of(const absl::TimeZone& zone, const absl::TimeZone::CivilTransition& change) {
  return zone.At(change.from < change.to ? change.from : change.to).trans;
}

}  // namespace

std::expected<std::vector<AddZoneOffset>, std::string> zone_offsets(std::string_view name) {
  absl::TimeZone zone;
  if (!may_be_a_name(name) ||
      !absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone)) {
    return std::unexpected(unknown_zone(name));
  }
  const std::int64_t end_s = year_start_s(kZoneYearLast + 1);
  // Local time is ahead of UTC by less than a day: what was in force before is of no interest.
  absl::Time at = absl::FromUnixSeconds(year_start_s(kZoneYearFirst));
  std::vector<AddZoneOffset> rows;
  rows.push_back({.offset_s = zone.At(at).offset,
                  .from_s = std::numeric_limits<std::int64_t>::min()});
  absl::TimeZone::CivilTransition change;
  while (zone.NextTransition(at, &change)) {
    at = moment_of(zone, change);
    const std::int64_t from_s = absl::ToUnixSeconds(at);
    if (from_s >= end_s) break;
    // Some changes are only of the zone's abbreviation.
    const std::int32_t offset_s = zone.At(at).offset;
    if (offset_s == rows.back().offset_s) continue;
    rows.push_back({.offset_s = offset_s, .from_s = from_s});
  }
  return rows;
}

std::uint16_t zone_number(std::string_view name) {
  // FNV-1a, 32 bits, folded to 16: written out here because the number stands in logs for ever.
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  }
  const auto folded = static_cast<std::uint16_t>(hash ^ hash >> 16);
  return folded == 0 ? 1 : folded;
}

KnownZone known_zone(std::uint16_t number, std::span<const AddZoneOffset> rows) {
  std::set<std::string> names;
  for_each_zone_name([&](const std::string& name) {
    if (may_be_a_name(name) && zone_number(name) == number) names.insert(name);
  });
  KnownZone known;
  for (const std::string& name : names) {
    const auto here = zone_offsets(name);
    if (!here) continue;  // a file that is no zone
    const bool same = std::ranges::equal(*here, rows, {}, [](const AddZoneOffset& row) {
      return std::pair(row.from_s, row.offset_s);
    }, [](const AddZoneOffset& row) { return std::pair(row.from_s, row.offset_s); });
    if (known.name.empty() || (same && !known.same_offsets)) known = {name, same};
  }
  return known;
}

}  // namespace holdfast::tools
