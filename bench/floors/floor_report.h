// The floors as a table for people and as JSON for programs; docs/holdfast-bench.md names the keys.
// Thread: no state.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/floors/floor.h"

namespace holdfast::bench {

[[nodiscard]] nlohmann::ordered_json to_json(const FloorReport& report);
[[nodiscard]] std::string to_table(const FloorReport& report);

}  // namespace holdfast::bench
