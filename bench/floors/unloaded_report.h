// The unloaded measurement as a table and as JSON; docs/holdfast-bench.md names the keys. Thread:
// no state.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/floors/unloaded.h"

namespace holdfast::bench {

[[nodiscard]] nlohmann::ordered_json to_json(const UnloadedReport& report);
[[nodiscard]] std::string to_table(const UnloadedReport& report);

}  // namespace holdfast::bench
