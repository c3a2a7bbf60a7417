// The processors that this process may use, and what the hypervisor took of each. Any thread; no
// state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/result.h"

namespace holdfast::bench {

/// Their numbers, rising (engine/scheduling.h).
[[nodiscard]] Result<std::vector<unsigned>> allowed_processors();

/// Binds the calling thread to these.
[[nodiscard]] Result<void> bind_to(std::span<const unsigned> processors);
/// Empty when this process may use these (none: all), else a sentence about `--load-processors`.
[[nodiscard]] std::string check_load_processors(std::span<const unsigned> processors);

/// Binds the calling thread to these (none: as it is) until it is destroyed, by the same thread.
class BoundForNow {
 public:
  explicit BoundForNow(std::span<const unsigned> processors);
  ~BoundForNow();
  BoundForNow(const BoundForNow&) = delete;
  BoundForNow& operator=(const BoundForNow&) = delete;

 private:
  std::vector<unsigned> before_;  // empty: nothing to undo
};

/// By processor: nanoseconds since the machine started that it wanted to run and the hypervisor ran
/// others. Empty: the kernel has told none since then, because there was none or because the
/// hypervisor does not tell it.
using StealTimes = std::map<unsigned, std::uint64_t>;
[[nodiscard]] StealTimes steal_times();
/// From the text of /proc/stat, which counts in `tick_ns`.
[[nodiscard]] StealTimes parse_steal_times(std::string_view proc_stat, std::uint64_t tick_ns);
/// What came between two looks; nothing: the kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> steal_between(const StealTimes& before,
                                                         const StealTimes& after,
                                                         unsigned processor);

}  // namespace holdfast::bench
