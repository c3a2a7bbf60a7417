#include "tools/text/html.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace holdfast::tools {
namespace {

constexpr std::string_view kStyle =
    R"(:root { color-scheme: light dark; --ink: #1c2530; --soft: #5b6875; --line: #d9dfe5; --page: #fbfcfd;
  --card: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ee; --soft: #9aa7b3; --line: #333d47;
  --page: #14191e; --card: #1b2229; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1400px; padding: 32px 24px 64px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 36px 0 10px; }
p { margin: 4px 0; } .soft { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 12px; margin-top: 20px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; }
.card b { display: block; font-size: 26px; line-height: 1.25; font-variant-numeric: tabular-nums; }
.card span { display: block; }
.scroll { margin-bottom: 12px; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
tr:last-child td { border-bottom: 0; } th { color: var(--soft); font-weight: 600; font-size: 13px; }
td.n, th.n { text-align: right; }
svg { display: block; width: 100%; height: auto; min-width: 640px; } svg text { fill: var(--soft); font-size: 12px; }
svg .label { fill: var(--ink); } .grid { stroke: var(--line); } .axis { stroke: var(--soft); }
.key { display: flex; gap: 18px; flex-wrap: wrap; margin: 0 0 8px; color: var(--soft); font-size: 13px; }
.key i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; }
)";

}  // namespace

std::string html_head(std::string_view title, std::string_view style) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n",
      html_escaped(title), kStyle, style);
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    }
  }
  return out;
}

HtmlTable::HtmlTable(const std::vector<std::string>& heads, std::vector<bool> is_number)
    : is_number_(std::move(is_number)) {
  text_ = "<div class=\"scroll\"><table>\n";
  const bool has_heads = std::ranges::any_of(heads, [](const auto& head) { return !head.empty(); });
  if (has_heads) text_ += row_of(heads, "th");
}

std::string HtmlTable::row_of(const std::vector<std::string>& cells, std::string_view tag) const {
  std::string row = "<tr>";
  for (std::size_t at = 0; at < cells.size(); ++at) {
    row += fmt::format("<{}{}>{}</{}>", tag, is_number_[at] ? " class=\"n\"" : "",
                       html_escaped(cells[at]), tag);
  }
  return row + "</tr>\n";
}

}  // namespace holdfast::tools
