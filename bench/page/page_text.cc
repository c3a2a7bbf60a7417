#include "bench/page/page_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/report/progress.h"
#include "tools/text/html.h"

namespace holdfast::bench {
namespace {

/// Three digits that count, whatever the size.
std::string three_digits(double value) {
  const int digits = value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
  return fmt::format("{:.{}f}", value, digits);
}

}  // namespace

std::string count_text(double count) {
  return with_thousands(static_cast<std::uint64_t>(std::llround(std::max(0.0, count))));
}

std::string rate_text(double per_s) {
  if (per_s >= 1e6) return three_digits(per_s / 1e6) + " M/s";
  if (per_s >= 1e4) return three_digits(per_s / 1e3) + " k/s";
  return count_text(per_s) + " /s";
}

std::string us_text(double us) {
  if (us < 1000) return three_digits(us) + " us";
  if (us < 1e6) return three_digits(us / 1e3) + " ms";
  return three_digits(us / 1e6) + " s";
}

std::string bytes_text(double bytes) {
  if (bytes < 1024) return fmt::format("{:.0f} B", bytes);
  for (const char* unit : {"KiB", "MiB", "GiB"}) {
    bytes /= 1024;
    if (bytes < 1024) return three_digits(bytes) + " " + unit;
  }
  return three_digits(bytes / 1024) + " TiB";
}

std::string ratio_text(double ratio) { return three_digits(ratio) + "x"; }

std::string spread_text(const Spread& spread, std::string (*text_of)(double)) {
  if (spread.runs == 0) return "-";
  if (spread.runs == 1) return text_of(spread.median);
  return fmt::format("{} ({} .. {})", text_of(spread.median), text_of(spread.quarter_1),
                     text_of(spread.quarter_3));
}

std::string words_of(const std::string& key) {
  std::string words = key;
  std::replace(words.begin(), words.end(), '_', ' ');
  // Names that are written otherwise.
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"io uring", "io_uring"},
      {"holdfast bench", "holdfast-bench"},
      {"fua", "FUA"},
      {"cpu", "CPU"}};
  for (const auto& [plain, name] : kNames) {
    if (const std::size_t at = words.find(plain); at != std::string::npos) {
      words.replace(at, plain.size(), name);
    }
  }
  return words;
}

std::string value_text(const nlohmann::ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_null()) return "-";
  if (value.is_array()) {
    std::vector<std::string> parts;
    for (const auto& part : value) parts.push_back(value_text(part));
    return fmt::format("{}", fmt::join(parts, ", "));
  }
  return value.dump();
}

std::string not_there(const char* title, const char* command) {
  return fmt::format(
      "<h2>{}</h2>\n<p class=\"soft\">Not in this report: <code>{}</code> measures it.</p>\n",
      title, tools::html_escaped(command));
}

}  // namespace holdfast::bench
