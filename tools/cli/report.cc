#include "tools/cli/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

namespace holdfast::tools {
namespace {

using Json = nlohmann::ordered_json;  // keys in the order they were added: stable output

Json to_json(const std::vector<Field>& fields);

Json to_json(const FieldValue& value) {
  return std::visit(
      [](const auto& held) -> Json {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<Held, std::vector<Field>>) {
          return to_json(held);
        } else if constexpr (std::is_same_v<Held, std::vector<std::vector<Field>>>) {
          Json array = Json::array();
          for (const auto& object : held) array.push_back(to_json(object));
          return array;
        } else {
          return held;
        }
      },
      value);
}

Json to_json(const std::vector<Field>& fields) {
  Json object = Json::object();
  for (const Field& field : fields) {
    if (!field.key.empty()) object[field.key] = to_json(field.value);
  }
  return object;
}

/// Texts may hold bytes from a log or a peer: none of them may steer a terminal.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
  return text;
}

}  // namespace

Report& Report::add(std::string key, FieldValue value, std::string label, std::string text) {
  fields.push_back({std::move(key), std::move(value), std::move(label), std::move(text)});
  return *this;
}

Report& Report::add_json(std::string key, FieldValue value) {
  return add(std::move(key), std::move(value), {}, {});
}

Report& Report::add_text(std::string label, std::string text) {
  return add({}, {}, std::move(label), std::move(text));
}

Report& Report::add_text_field(std::string key, std::string text) {
  std::string label = key;
  std::ranges::replace(label, '_', ' ');
  return add(std::move(key), text, std::move(label), text);
}

std::string Report::human() const {
  std::string out;
  if (!headline.empty()) out += printable(headline) + '\n';
  std::size_t width = 0;
  for (const Field& field : fields) width = std::max(width, field.label.size());
  const char* indent = headline.empty() ? "" : "  ";
  for (const Field& field : fields) {
    if (field.label.empty()) continue;
    out += fmt::format("{}{:<{}}  {}\n", indent, field.label, width, printable(field.text));
  }
  return out;
}

std::string Report::json() const {
  return to_json(fields).dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(column.head.size());
  for (const auto& row : rows_) {
    for (std::size_t at = 0; at < widths.size(); ++at) {
      widths[at] = std::max(widths[at], row[at].size());
    }
  }
  return widths;
}

std::string Table::text(std::size_t columns) const {
  const std::vector<std::size_t> widths = this->widths();
  std::vector<std::size_t> shown;
  std::size_t width = 0;
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    width += widths[at] + (at > 0 ? 2 : 0);
    shown.push_back(at);
  }
  for (int turn = 1; width > columns; ++turn) {
    const auto gone = std::ranges::find(columns_, turn, &Column::goes);
    if (gone == columns_.end()) return blocks();
    const auto at = static_cast<std::size_t>(gone - columns_.begin());
    width -= widths[at] + 2;
    std::erase(shown, at);
  }
  std::string out;
  const auto line = [&](auto&& cell) {
    std::string text;
    for (const std::size_t at : shown) {
      if (at != shown.front()) text += "  ";
      text += columns_[at].right ? fmt::format("{:>{}}", cell(at), widths[at])
                                 : fmt::format("{:<{}}", cell(at), widths[at]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += printable(text) + '\n';
  };
  line([&](std::size_t at) -> const std::string& { return columns_[at].head; });
  for (const auto& row : rows_) line([&](std::size_t at) -> const std::string& { return row[at]; });
  return out;
}

std::string Table::blocks() const {
  std::size_t width = 0;
  for (const Column& column : columns_) width = std::max(width, column.head.size());
  std::string out;
  for (const auto& row : rows_) {
    if (!out.empty()) out += '\n';
    for (std::size_t at = 0; at < columns_.size(); ++at) {
      if (row[at].empty()) continue;
      out += fmt::format("{:<{}}  {}\n", columns_[at].head, width, printable(row[at]));
    }
  }
  return out;
}

}  // namespace holdfast::tools
