// Where the server's time goes, stage by stage.
#include <fmt/core.h>

#include "tools/cli/describe.h"
#include "tools/text/stages_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

double us(std::uint64_t ns) { return static_cast<double>(ns) / 1'000.0; }

std::vector<Field> stage_fields(const StageCounts& counts) {
  Report report;
  report.add_json("p50", us(counts.value_at_ns(0.5)))
      .add_json("p90", us(counts.value_at_ns(0.9)))
      .add_json("p99", us(counts.value_at_ns(0.99)))
      .add_json("p999", us(counts.value_at_ns(0.999)))
      .add_json("max", us(counts.max_ns))
      .add_json("mean", counts.mean_ns() / 1'000.0)
      .add_json("count", counts.count());
  return std::move(report.fields);
}

}  // namespace

Report describe_stages(const StageProfile& profile, std::string_view peer, bool since_start) {
  Report report;
  report.headline = fmt::format("holdfastd at {}, stage times of {}{}", peer,
                                since_start ? "all since its start, " : "the last ",
                                duration_text(profile.uptime_ns));
  std::vector<Field> stages;
  for (std::size_t i = 0; i < kStages; ++i) {
    stages.push_back({std::string(kStageNames[i]), stage_fields(profile.stages[i]), {}, {}});
  }
  const Stage slowest = profile.slowest_at(0.999);
  report.add_json("window_s", static_cast<double>(profile.uptime_ns) / 1e9)
      .add_json("since_start", since_start)
      .add_json("stages_us", std::move(stages))
      .add_json("slowest_p999", slowest == Stage::total
                                    ? FieldValue{std::monostate{}}
                                    : FieldValue{std::string(
                                          kStageNames[static_cast<std::size_t>(slowest)])});
  return report;
}

}  // namespace holdfast::tools
