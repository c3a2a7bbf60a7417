#include "bench/page/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/text/html.h"

namespace holdfast::bench {
namespace {

using tools::html_escaped;

constexpr std::size_t kColours = 6;
constexpr double kWidth = 1000;

std::string colour(std::size_t line) { return fmt::format("var(--s{})", line % kColours); }

std::string key_of(const std::vector<std::string>& names, const std::vector<bool>& is_floor) {
  std::string key = "<div class=\"key\">";
  for (std::size_t i = 0; i < names.size(); ++i) {
    key += fmt::format("<span><i class=\"{}\" style=\"--c:{}\"></i>{}</span>",
                       is_floor[i] ? "dashed" : "filled", colour(i), html_escaped(names[i]));
  }
  return key + "</div>\n";
}

/// Where a value lies on an axis, 0 .. 1.
double place_on(const ChartAxis& axis, double value) {
  const double low = axis.ticks.front().at;
  const double high = axis.ticks.back().at;
  if (!axis.is_log) return std::clamp((value - low) / (high - low), 0.0, 1.0);
  return std::clamp(std::log(value / low) / std::log(high / low), 0.0, 1.0);
}

/// 1, 2 or 5 times a power of ten, at least `least`.
double step_of(double least) {
  const double unit = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * unit >= least * 0.999) return factor * unit;
  }
  return 10 * unit;
}

}  // namespace

ChartAxis axis_for(std::string label, AxisScale scale, std::vector<double> values,
                   std::string (*text_of)(double)) {
  ChartAxis axis{.label = std::move(label), .is_log = scale == AxisScale::logarithmic, .ticks = {}};
  std::erase_if(values, [&axis](double v) { return !std::isfinite(v) || (axis.is_log && v <= 0); });
  const double most = values.empty() ? 1 : *std::max_element(values.begin(), values.end());
  if (!axis.is_log) {
    const double step = step_of(std::max(most, 1e-9) / 6);
    for (double at = 0; at < most + step; at += step) axis.ticks.push_back({at, text_of(at)});
    return axis;
  }
  const double least = values.empty() ? 1 : *std::min_element(values.begin(), values.end());
  // Steps of 1, 2, 5 over few decades, of 1 over many.
  const bool is_fine = most / least < 300;
  double unit = std::pow(10, std::floor(std::log10(least)));
  for (bool is_done = false; !is_done; unit *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (!is_fine && factor != 1.0) continue;
      const double at = factor * unit;
      if (!axis.ticks.empty() && axis.ticks.back().at >= most) is_done = true;
      if (is_done) break;
      if (at <= least) axis.ticks.clear();  // the end of the axis is the last one below
      axis.ticks.push_back({at, text_of(at)});
    }
  }
  if (axis.ticks.size() == 1) axis.ticks.push_back({unit, text_of(unit)});
  return axis;
}

std::string line_chart(const std::vector<ChartLine>& lines, const ChartAxis& x, const ChartAxis& y,
                       const std::string& what) {
  constexpr double kLeft = 76, kRight = 956, kTop = 26, kBottom = 352;
  if (std::all_of(lines.begin(), lines.end(), [](const auto& l) { return l.points.empty(); })) {
    return {};
  }
  const auto at_x = [&](double value) { return kLeft + place_on(x, value) * (kRight - kLeft); };
  const auto at_y = [&](double value) { return kBottom - place_on(y, value) * (kBottom - kTop); };
  std::vector<std::string> names;
  std::vector<bool> is_floor;
  for (const ChartLine& line : lines) {
    names.push_back(line.name);
    is_floor.push_back(line.is_floor);
  }
  std::string svg = key_of(names, is_floor) +
                    fmt::format("<div class=\"scroll\"><svg viewBox=\"0 0 {} 400\" role=\"img\" "
                                "aria-label=\"{}\">\n",
                                kWidth, html_escaped(what));
  for (const Tick& tick : y.ticks) {
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/><text x=\"{3}\" "
        "y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        kLeft, kRight, at_y(tick.at), kLeft - 8, at_y(tick.at) + 4, html_escaped(tick.text));
  }
  for (const Tick& tick : x.ticks) {
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/><text "
        "x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>\n",
        at_x(tick.at), kTop, kBottom, kBottom + 18, html_escaped(tick.text));
  }
  svg += fmt::format("<text x=\"{}\" y=\"14\">{}</text><text x=\"{}\" y=\"{}\" "
                     "text-anchor=\"end\">{}</text>\n",
                     kLeft - 68, html_escaped(y.label), kRight, kBottom + 40,
                     html_escaped(x.label));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string path;
    for (const ChartPoint& point : lines[i].points) {
      path +=
          fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", at_x(point.x), at_y(point.y));
    }
    if (path.empty()) continue;
    svg += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n", path,
                       colour(i), lines[i].is_floor ? " stroke-dasharray=\"6 5\"" : "");
    for (const ChartPoint& point : lines[i].points) {
      svg += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"><title>{}</title></circle>",
          at_x(point.x), at_y(point.y), lines[i].is_floor ? 2 : 3.5, colour(i),
          html_escaped(lines[i].name + ": " + point.title));
    }
    svg += '\n';
  }
  return svg + "</svg></div>\n";
}

std::string bar_chart(const std::vector<std::string>& names, const std::vector<BarRow>& rows,
                      AxisScale scale, const std::string& what) {
  constexpr double kLeft = 250, kRight = 800, kBar = 16, kGap = 12;
  std::vector<double> values;
  for (const BarRow& row : rows) {
    for (const double value : row.values) {
      if (value > 0) values.push_back(value);
    }
  }
  if (values.empty()) return {};
  const double most = *std::max_element(values.begin(), values.end());
  // A bar of the smallest value must still be one.
  const double least = *std::min_element(values.begin(), values.end()) / 2;
  const auto length = [&](double value) {
    const double share = scale == AxisScale::linear
                             ? value / most
                             : std::log(value / least) / std::log(most / least);
    return std::max(1.0, share * (kRight - kLeft));
  };
  std::string bars;
  double y = 6;
  for (const BarRow& row : rows) {
    const double height = kBar * static_cast<double>(row.values.size());
    bars += fmt::format(
        "<text class=\"label\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 12,
        y + height / 2 + 4, html_escaped(row.label));
    for (std::size_t i = 0; i < row.values.size(); ++i, y += kBar) {
      if (row.values[i] <= 0) continue;
      bars += fmt::format(
          "<rect x=\"{}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"><title>{}</title>"
          "</rect><text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
          kLeft, y + 1, length(row.values[i]), kBar - 3, colour(i),
          html_escaped(fmt::format("{}, {}: {}", row.label, names[i], row.texts[i])),
          kLeft + length(row.values[i]) + 8, y + kBar - 4, html_escaped(row.texts[i]));
    }
    y += kGap;
  }
  return (names.size() > 1 ? key_of(names, std::vector<bool>(names.size())) : std::string()) +
         fmt::format("<div class=\"scroll\"><svg viewBox=\"0 0 {} {:.0f}\" role=\"img\" "
                     "aria-label=\"{}\">\n{}</svg></div>\n",
                     kWidth, y, html_escaped(what), bars);
}

const char* chart_style() {
  return R"(:root { --s0: #1565a8; --s1: #c8560c; --s2: #2e7d4f; --s3: #7b4ea3; --s4: #00838f; --s5: #7a8793; }
@media (prefers-color-scheme: dark) { :root { --s0: #5aaef0; --s1: #f08a3c; --s2: #62c08a;
  --s3: #b78ae0; --s4: #4fc4d0; --s5: #9aa7b3; } }
.key i.filled { background: var(--c); } .key i.dashed { background: none; height: 0; width: 16px;
  border-top: 2px dashed var(--c); border-radius: 0; vertical-align: middle; }
td:first-child { white-space: normal; }
)";
}

}  // namespace holdfast::bench
