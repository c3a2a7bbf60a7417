#include "bench/traces/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace holdfast::bench {

Result<void> split_csv(std::string_view line, std::vector<std::string>& fields) {
  std::size_t count = 0;
  std::size_t i = 0;
  for (;;) {
    if (count == fields.size()) fields.emplace_back();
    std::string& field = fields[count++];
    field.clear();
    if (i < line.size() && line[i] == '"') {
      ++i;
      for (;; ++i) {
        if (i == line.size()) return std::unexpected("a quoted field does not end on its line");
        if (line[i] != '"') {
          field.push_back(line[i]);
        } else if (i + 1 < line.size() && line[i + 1] == '"') {
          field.push_back(line[++i]);
        } else {
          ++i;
          break;
        }
      }
      if (i < line.size() && line[i] != ',') {
        return std::unexpected("characters follow the closing quote of a field");
      }
    } else {
      const std::size_t comma = std::min(line.find(',', i), line.size());
      field.assign(line.substr(i, comma - i));
      i = comma;
    }
    if (i >= line.size()) break;
    ++i;  // the comma
  }
  fields.resize(count);
  return {};
}

Result<CsvReader> CsvReader::open(const std::string& path,
                                  std::span<const std::string_view> columns) {
  auto lines = LineReader::open(path);
  if (!lines) return std::unexpected(lines.error());
  CsvReader reader(std::move(*lines), columns.size());
  const auto header = reader.lines_.next();
  if (!header) return std::unexpected(header.error());
  if (!*header) return std::unexpected(fmt::format("{}: the file is empty", path));
  const std::string wanted = fmt::format("{}", fmt::join(columns, ","));
  if (**header != wanted) {
    return std::unexpected(reader.at(fmt::format("the first line must be \"{}\"", wanted)));
  }
  return reader;
}

Result<bool> CsvReader::next() {
  const auto line = lines_.next();
  if (!line) return std::unexpected(line.error());
  if (!*line) return false;
  text_ = **line;
  if (const auto split = split_csv(text_, fields_); !split) {
    return std::unexpected(at(split.error()));
  }
  if (fields_.size() != columns_) {
    return std::unexpected(
        at(fmt::format("{} fields where the first line has {}", fields_.size(), columns_)));
  }
  return true;
}

}  // namespace holdfast::bench
