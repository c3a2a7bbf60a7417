#include "bench/pauses/processors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "engine/scheduling.h"
#include "engine/types.h"

namespace holdfast::bench {

Result<std::vector<unsigned>> allowed_processors() {
  std::vector<unsigned> processors = processors_of();
  if (processors.empty()) {
    return std::unexpected(
        fmt::format("which processors may be used is not told: {}", std::strerror(errno)));
  }
  return processors;
}

Result<void> bind_to(std::span<const unsigned> processors) {
  if (const int error = bind_thread(processors); error != 0) {
    return std::unexpected(fmt::format("binding a thread to processor {}: {}",
                                       fmt::join(processors, ", "), std::strerror(error)));
  }
  return {};
}

std::string check_load_processors(std::span<const unsigned> processors) {
  if (processors.empty()) return "";
  const auto allowed = allowed_processors();
  if (!allowed) return allowed.error();
  for (const unsigned processor : processors) {
    if (std::find(allowed->begin(), allowed->end(), processor) != allowed->end()) continue;
    return fmt::format("--load-processors: this process may use {}, and not {}",
                       fmt::join(*allowed, ", "), processor);
  }
  return "";
}

BoundForNow::BoundForNow(std::span<const unsigned> processors) {
  if (processors.empty()) return;
  before_ = processors_of();
  (void)bind_thread(processors);  // was checked
}

BoundForNow::~BoundForNow() {
  if (!before_.empty()) (void)bind_thread(before_);
}

StealTimes parse_steal_times(std::string_view proc_stat, std::uint64_t tick_ns) {
  // "cpu3 user nice system idle iowait irq softirq steal …"; the first line, "cpu ", is of all.
  constexpr int kColumnsBefore = 7;
  StealTimes steal;
  std::istringstream lines{std::string(proc_stat)};
  for (std::string line; std::getline(lines, line);) {
    unsigned processor = 0;
    if (!line.starts_with("cpu") || line.starts_with("cpu ")) continue;
    std::istringstream words(line.substr(3));
    if (!(words >> processor)) continue;
    std::uint64_t value = 0;
    for (int i = 0; i < kColumnsBefore; ++i) words >> value;
    if (words >> value) steal[processor] = value * tick_ns;
  }
  const bool is_told = std::any_of(steal.begin(), steal.end(),
                                   [](const auto& of_one) { return of_one.second > 0; });
  return is_told ? steal : StealTimes{};
}

std::optional<std::uint64_t> steal_between(const StealTimes& before, const StealTimes& after,
                                           unsigned processor) {
  const auto until = after.find(processor);
  if (until == after.end()) return std::nullopt;
  const auto from = before.find(processor);
  // The kernel corrects it now and then, also downwards.
  return until->second - std::min(until->second, from == before.end() ? 0 : from->second);
}

StealTimes steal_times() {
  std::ifstream file("/proc/stat");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return parse_steal_times(text, kNsPerSecond / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace holdfast::bench
