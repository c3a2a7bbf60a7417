// What `measure_many` found, as a table and as JSON;
// docs/holdfast-bench.md names the keys. Any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/floors/many.h"

namespace holdfast::bench {

[[nodiscard]] nlohmann::ordered_json to_json(const ManyReport& report);
[[nodiscard]] std::string to_table(const ManyReport& report);

}  // namespace holdfast::bench
