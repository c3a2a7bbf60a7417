#include "bench/page/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

namespace holdfast::bench {
namespace {

constexpr double kChance = 0.01;
constexpr std::size_t kRunsMin = 5;  // 4 against 4 cannot be rarer than 2 in 70

/// A figure worth comparing: a part, a path of names ('*': any; an array's entries are named by
/// what tells them apart), and which way is better.
struct FigureRule {
  std::string_view part;
  std::vector<std::string_view> path;
  Better which;
};
const FigureRule kFigures[] = {
    {"floor", {"floors", "durable_write_4k_us", "*", "p50"}, Better::lower},
    {"floor", {"floors", "group_commit_us", "*", "p99"}, Better::lower},
    {"floor", {"floors", "echo_us", "p50"}, Better::lower},
    {"floor", {"floors", "echo_durable_us", "p50"}, Better::lower},
    {"floor", {"floors", "echo_durable_us", "p99"}, Better::lower},
    {"floor", {"floors", "sequential_write_mb_per_s", "*"}, Better::higher},
    {"floor", {"floors", "hash_lookup_ns", "*", "*"}, Better::lower},
    {"unloaded", {"ratios", "*", "median"}, Better::lower},
    {"unloaded", {"holdfast_us", "p50"}, Better::lower},
    {"unloaded", {"holdfast_us", "p99"}, Better::lower},
    {"many", {"ratios", "holdfast_many_to_one", "median"}, Better::higher},
    {"many", {"ratios", "holdfast_to_echo", "median"}, Better::higher},
    {"many", {"ratios", "holdfast_to_echo_durable", "median"}, Better::higher},
    {"many", {"per_s", "*", "median"}, Better::higher},
    {"run", {"throughput_per_s"}, Better::higher},
    {"run", {"latency_us", "p50"}, Better::lower},
    {"run", {"latency_us", "p99"}, Better::lower},
    {"run", {"latency_us", "p999"}, Better::lower},
    {"run", {"stages_us", "*", "p99"}, Better::lower},
    {"sweep", {"saturation_per_s"}, Better::higher},
    {"peers", {"ratios", "*"}, Better::higher},
    {"apply_ratio", {"apply_ratio", "*", "ratio", "median"}, Better::lower},
    {"apply_ratio", {"apply_ratio", "*", "apply_ns", "median"}, Better::lower},
    {"scale", {"scale", "*", "throughput_per_s", "median"}, Better::higher},
    {"scale", {"scale", "*", "bytes_per_account"}, Better::lower},
    {"scale", {"scale", "*", "start_s"}, Better::lower},
    {"restart", {"seconds", "start"}, Better::lower},
    {"restart", {"rates_per_s", "replay"}, Better::higher},
};

using Values = std::map<std::string, std::vector<double>>;

/// What tells an array's entry apart.
std::string name_of_entry(const Json& entry, std::size_t place) {
  for (const char* key : {"accounts", "rate_per_s", "name"}) {
    if (!entry.is_object() || !entry.contains(key)) continue;
    const Json& value = entry[key];
    return fmt::format("{} {}", key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return std::to_string(place);
}

void collect(const Json& json, const FigureRule& rule, std::size_t depth, const std::string& name,
             Values& values) {
  if (depth == rule.path.size()) {
    if (json.is_number()) values[name].push_back(json.get<double>());
    return;
  }
  const std::string_view step = rule.path[depth];
  const auto go_on = [&](const Json& next, const std::string& word) {
    collect(next, rule, depth + 1, name.empty() ? word : name + " " + word, values);
  };
  if (step != "*") {
    if (json.is_object() && json.contains(std::string(step))) {
      go_on(json[std::string(step)], std::string(step));
    }
  } else if (json.is_object()) {
    for (const auto& [key, value] : json.items()) go_on(value, key);
  } else if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) go_on(json[i], name_of_entry(json[i], i));
  }
}

Values values_of(const Json& report, const FigureRule& rule) {
  Values values;
  for (const RunGroup& group : groups_of(report, rule.part)) {
    std::string name(rule.part);
    if (!group.label.empty()) name += ", " + group.label;
    for (const Json* run : group.runs) collect(*run, rule, 0, name + ":", values);
  }
  return values;
}

ComparedFigure compared(const std::string& name, Better which, const std::vector<double>& a,
                        const std::vector<double>& b) {
  ComparedFigure figure{.name = name, .which = which, .a = spread_of(a), .b = spread_of(b)};
  if (a.empty() || b.empty()) {
    figure.verdict = Verdict::one_sided;
    return figure;
  }
  if (figure.a.median != 0) figure.change = figure.b.median / figure.a.median - 1;
  figure.p = mann_whitney_p(a, b);
  if (a.size() < kRunsMin || b.size() < kRunsMin) return figure;
  const bool is_more = figure.b.median > figure.a.median;
  figure.verdict = figure.p >= kChance || figure.b.median == figure.a.median
                       ? Verdict::within_noise
                   : is_more == (which == Better::higher) ? Verdict::better
                                                          : Verdict::worse;
  return figure;
}

std::string_view text_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::better: return "better";
    case Verdict::worse: return "WORSE";
    case Verdict::within_noise: return "within noise";
    case Verdict::too_few_runs: return "too few runs";
    case Verdict::one_sided: return "only one has it";
  }
  return "";
}

std::string number_text(double value) {
  return std::abs(value) >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

}  // namespace

double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty()) return 1;
  double u = 0;  // pairs in which b's is larger
  for (const double x : a) {
    for (const double y : b) u += y > x ? 1 : y == x ? 0.5 : 0;
  }
  // ways[i][s]: in how many orders of i values of a and j of b `u` is s (Mann and Whitney 1947).
  // The largest value is b's, and above all i of a's, or it is a's, and adds nothing.
  const std::size_t n = a.size();
  const std::size_t most = n * b.size();
  std::vector<std::vector<double>> ways(n + 1, std::vector<double>(most + 1, 0));
  for (auto& row : ways) row[0] = 1;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    for (std::size_t i = 1; i <= n; ++i) {
      std::vector<double> row(most + 1, 0);
      for (std::size_t s = 0; s <= most; ++s) {
        row[s] = (s >= i ? ways[i][s - i] : 0) + ways[i - 1][s];
      }
      ways[i] = std::move(row);
    }
  }
  const double extreme = std::min(u, static_cast<double>(most) - u);
  double all = 0;
  double tail = 0;
  for (std::size_t s = 0; s <= most; ++s) {
    all += ways[n][s];
    // Halves from ties are rounded towards the middle.
    if (static_cast<double>(s) <= std::ceil(extreme)) tail += ways[n][s];
  }
  return std::min(1.0, 2 * tail / all);
}

bool Comparison::has_worse() const {
  return std::any_of(figures.begin(), figures.end(),
                     [](const auto& figure) { return figure.verdict == Verdict::worse; });
}

Comparison compare_reports(const Json& a, const Json& b) {
  Comparison comparison;
  for (const FigureRule& rule : kFigures) {
    const Values in_a = values_of(a, rule);
    Values in_b = values_of(b, rule);
    for (const auto& [name, values] : in_a) {
      comparison.figures.push_back(compared(name, rule.which, values, in_b[name]));
      in_b.erase(name);
    }
    for (const auto& [name, values] : in_b) {
      comparison.figures.push_back(compared(name, rule.which, {}, values));
    }
  }
  return comparison;
}

Json to_json(const Comparison& comparison) {
  Json figures = Json::array();
  for (const ComparedFigure& figure : comparison.figures) {
    figures.push_back({{"name", figure.name},
                       {"better", figure.which == Better::higher ? "higher" : "lower"},
                       {"a", to_json(figure.a)},
                       {"b", to_json(figure.b)},
                       {"change", figure.change},
                       {"p", figure.p},
                       {"verdict", text_of(figure.verdict)}});
  }
  return {{"kind", "comparison"},
          {"passed", comparison.passed()},
          {"a", comparison.a_path},
          {"b", comparison.b_path},
          {"figures", figures}};
}

std::string to_table(const Comparison& comparison) {
  std::string text;
  auto out = std::back_inserter(text);
  std::size_t width = 10;
  for (const auto& figure : comparison.figures) width = std::max(width, figure.name.size());
  fmt::format_to(out, "A: {}\nB: {}\n{:<{}} {:>30} {:>30} {:>8}   {}\n", comparison.a_path,
                 comparison.b_path, "medians (middle half of the runs)", width, "A", "B", "change",
                 "beyond noise?");
  const auto side = [](const Spread& spread) {
    if (spread.runs == 0) return std::string("-");
    return fmt::format("{} ({} .. {})", number_text(spread.median), number_text(spread.quarter_1),
                       number_text(spread.quarter_3));
  };
  std::size_t changed = 0;
  std::size_t undecided = 0;
  for (const ComparedFigure& figure : comparison.figures) {
    const bool has_change = figure.verdict != Verdict::one_sided;
    fmt::format_to(out, "{:<{}} {:>30} {:>30} {:>8}   {}\n", figure.name, width, side(figure.a),
                   side(figure.b),
                   has_change ? fmt::format("{:+.1f}%", 100 * figure.change) : std::string("-"),
                   text_of(figure.verdict));
    if (figure.verdict == Verdict::better || figure.verdict == Verdict::worse) ++changed;
    if (figure.verdict == Verdict::too_few_runs) ++undecided;
  }
  fmt::format_to(out,
                 "{} of {} figures changed beyond noise (Mann-Whitney U, two-sided, p below {}; at "
                 "least {} runs a side)\n",
                 changed, comparison.figures.size(), kChance, kRunsMin);
  if (undecided > 0) {
    fmt::format_to(out, "{} have too few runs to say: `holdfast-bench report --repeat {}`\n",
                   undecided, kRunsMin);
  }
  return text;
}

}  // namespace holdfast::bench
