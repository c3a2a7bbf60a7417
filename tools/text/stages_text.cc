#include "tools/text/stages_text.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "tools/text/terminal.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

constexpr double kSlow = 0.999;

constexpr std::array<std::string_view, kStages> kEnds = {
    "handed to the core",
    "the core turns to it",
    "its turn is decided",
    "its block goes to disk",
    "its block is durable",
    "the answer is written",
    "from read to written",
};
constexpr std::size_t kFigureColumns = 72;
constexpr std::size_t kEndsColumns = 24;

}  // namespace

std::string stage_table(const StageProfile& profile, std::string_view indent) {
  std::string text;
  auto out = std::back_inserter(text);
  // What the stages are stands in the documentation, too; wrapped lines read badly.
  const bool has_ends = indent.size() + kFigureColumns + kEndsColumns <= terminal_columns();
  const auto line = [&](std::string_view ends, auto... cells) {
    fmt::format_to(out, "{}{:<7}  {:>11}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}", indent, cells...);
    if (has_ends) fmt::format_to(out, "  {}", ends);
    text += '\n';
  };
  line("ends when", "stage", "count", "p50", "p90", "p99", "p99.9", "max");
  for (std::size_t i = 0; i < kStages; ++i) {
    const StageCounts& counts = profile.stages[i];
    const auto at = [&](double quantile) { return duration_text(counts.value_at_ns(quantile)); };
    line(kEnds[i], kStageNames[i], count_text(counts.count()), at(0.5), at(0.9), at(0.99),
         at(kSlow), duration_text(counts.max_ns));
  }
  return text;
}

std::string slowest_stage_text(const StageProfile& profile) {
  const Stage slowest = profile.slowest_at(kSlow);
  if (slowest == Stage::total) return "no request was answered in this time";
  return fmt::format("p99.9 is {}; the stage with the largest is {}, {}",
                     duration_text(profile[Stage::total].value_at_ns(kSlow)),
                     kStageNames[static_cast<std::size_t>(slowest)],
                     duration_text(profile[slowest].value_at_ns(kSlow)));
}

}  // namespace holdfast::tools
