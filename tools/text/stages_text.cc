#include "tools/text/stages_text.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

constexpr double kSlow = 0.999;

constexpr std::array<std::string_view, kStages> kEnds = {
    "handed to the core",
    "the core's turn for it begins",
    "all of that turn are decided",
    "its log block goes to the disk",
    "that block is known to be durable",
    "the answer is written",
    "from read to written",
};

}  // namespace

std::string stage_table(const StageProfile& profile, std::string_view indent) {
  std::string text;
  auto out = std::back_inserter(text);
  const auto line = [&](auto... cells) {
    fmt::format_to(out, "{}{:<7}  {:>13}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}  {}\n", indent, cells...);
  };
  line("stage", "count", "p50", "p90", "p99", "p99.9", "max", "ends when");
  for (std::size_t i = 0; i < kStages; ++i) {
    const StageCounts& counts = profile.stages[i];
    const auto at = [&](double quantile) { return duration_text(counts.value_at_ns(quantile)); };
    line(kStageNames[i], count_text(counts.count()), at(0.5), at(0.9), at(0.99), at(kSlow),
         duration_text(counts.max_ns), kEnds[i]);
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
