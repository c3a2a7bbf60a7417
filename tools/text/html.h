// What the self-contained HTML pages of our reports share: style, tables, escaping. No script, and
// nothing fetched from anywhere; colours follow the reader's light or dark setting. Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::tools {

/// As text or attribute value; control characters become '?'.
[[nodiscard]] std::string html_escaped(std::string_view text);

/// Everything before the body's contents. `style`: CSS of this page, behind the shared one.
[[nodiscard]] std::string html_head(std::string_view title, std::string_view style);

/// Rows of cells as an HTML table.
class HtmlTable {
 public:
  /// `is_number`: of each column; numbers stand at the right. Heads that are all empty are no row.
  HtmlTable(const std::vector<std::string>& heads, std::vector<bool> is_number);
  void row(const std::vector<std::string>& cells) { text_ += row_of(cells, "td"); }
  [[nodiscard]] std::string text() const { return text_ + "</table></div>\n"; }

 private:
  [[nodiscard]] std::string row_of(const std::vector<std::string>& cells,
                                   std::string_view tag) const;
  std::vector<bool> is_number_;
  std::string text_;
};

}  // namespace holdfast::tools
