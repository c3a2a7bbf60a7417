// Charts as inline SVG: lines over two axes, and rows of bars. Nothing but text comes out, so that
// a page with them needs no script and no network. Thread: any.
#pragma once

#include <string>
#include <vector>

namespace holdfast::bench {

struct ChartPoint {
  double x = 0;
  double y = 0;
  std::string title;  // told when the reader points at it
};

struct ChartLine {
  std::string name;
  std::vector<ChartPoint> points;  // x rises
  bool is_floor = false;           // dashed: what the machine allows, not what we do
};

struct Tick {
  double at = 0;
  std::string text;
};

struct ChartAxis {
  std::string label;
  bool is_log = false;
  std::vector<Tick> ticks;  // the first and last are the ends of the axis
};

/// An axis from what all points need: 0 .. most in steps of 1, 2 or 5 times a power of ten, or
/// whole decades (halves of one when there are few). `text_of` says how a value is written.
enum class AxisScale { linear, logarithmic };
[[nodiscard]] ChartAxis axis_for(std::string label, AxisScale scale, std::vector<double> values,
                                 std::string (*text_of)(double));

/// A key and the chart; empty when no line has a point.
[[nodiscard]] std::string line_chart(const std::vector<ChartLine>& lines, const ChartAxis& x,
                                     const ChartAxis& y, const std::string& what);

/// One row: a label, and a bar for each of the chart's names (a value of 0 is left out).
struct BarRow {
  std::string label;
  std::vector<double> values;
  std::vector<std::string> texts;  // behind each bar
};
[[nodiscard]] std::string bar_chart(const std::vector<std::string>& names,
                                    const std::vector<BarRow>& rows, AxisScale scale,
                                    const std::string& what);

/// The CSS that both need.
[[nodiscard]] const char* chart_style();

}  // namespace holdfast::bench
