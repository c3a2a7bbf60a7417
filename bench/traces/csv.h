// Comma-separated values as RFC 4180 writes them, one record a line.
//
// A field may stand in double quotes, with "" for a quote inside; a line break inside quotes is not
// supported and told as an error (no trace has one). Thread: none of these keeps state between
// calls.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/result.h"
#include "bench/traces/line_reader.h"

namespace holdfast::bench {

/// Splits `line` into `fields`, whose strings are reused.
[[nodiscard]] Result<void> split_csv(std::string_view line, std::vector<std::string>& fields);

/// Reads one CSV file whose first line must name exactly `columns`, in this order.
class CsvReader {
 public:
  [[nodiscard]] static Result<CsvReader> open(const std::string& path,
                                              std::span<const std::string_view> columns);

  /// Reads the next record into `fields()`; false at the end. Errors name file and line. Every
  /// record has as many fields as there are columns.
  [[nodiscard]] Result<bool> next();
  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
  /// The record as it stands in the file, without its line ending.
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::string at(std::string_view what) const { return lines_.at(what); }

 private:
  CsvReader(LineReader lines, std::size_t columns) : lines_(std::move(lines)), columns_(columns) {}

  LineReader lines_;
  std::size_t columns_;
  std::vector<std::string> fields_;
  std::string_view text_;
};

/// Calls `add_row()` with each record in `fields()`; its error comes back with file and line.
template <class AddRow>
[[nodiscard]] Result<void> for_each_record(CsvReader& csv, AddRow add_row) {
  for (;;) {
    const auto more = csv.next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    if (const auto added = add_row(); !added) return std::unexpected(csv.at(added.error()));
  }
}

/// The whole of `text` as a decimal number, or nothing.
template <std::integral T>
[[nodiscard]] std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace holdfast::bench
