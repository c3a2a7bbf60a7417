// What a command prints: one list of fields, shown aligned to a person or as one JSON object.
//
// Both forms come from the same list, so that they cannot drift apart. A field has a stable JSON key
// with a value for machines (amounts in minor units, ids as text) and a label with a text for
// people (major units, sentences); either may be left out. Thread: no state beyond the value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/text/terminal.h"

namespace holdfast::tools {

struct Field;

/// null, boolean, number, text, object, array of objects.
using FieldValue = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double,
                                std::string, std::vector<Field>, std::vector<std::vector<Field>>>;

struct Field {
  std::string key;    // JSON key; empty: not in the JSON
  FieldValue value;
  std::string label;  // what stands left of the text; empty: not shown to a person
  std::string text;
};

class Report {
 public:
  /// First line of the human form; empty: none.
  std::string headline;
  std::vector<Field> fields;

  /// A field of both forms.
  Report& add(std::string key, FieldValue value, std::string label, std::string text);
  /// A field that only the JSON has.
  Report& add_json(std::string key, FieldValue value);
  /// A line that only a person sees.
  Report& add_text(std::string label, std::string text);
  /// Same text in both; the label is the key with spaces for underscores.
  Report& add_text_field(std::string key, std::string text);

  /// Headline, then the labelled fields, aligned; ends with a newline.
  [[nodiscard]] std::string human() const;
  /// One object in one line; ends with a newline. Bytes that are no UTF-8 become U+FFFD.
  [[nodiscard]] std::string json() const;
};

/// Columns of text, each as wide as its widest cell; numbers to the right where `right` says so.
/// Where standard output is a terminal that is too narrow for them, columns that may go are left
/// out; if that is not enough, each row is a block of lines instead.
class Table {
 public:
  struct Column {
    std::string head;
    bool right = false;
    int goes = 0;  // 1: the first to be left out, then 2; 0: never
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Head and rows; ends with a newline. `columns`: how many there are at most.
  [[nodiscard]] std::string text(std::size_t columns = terminal_columns()) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] std::string blocks() const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace holdfast::tools
