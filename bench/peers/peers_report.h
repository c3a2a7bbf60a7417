// The peers side by side as a table and as JSON; docs/holdfast-bench.md names the keys. Thread: no
// state.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/peers/peers.h"

namespace holdfast::bench {

[[nodiscard]] nlohmann::ordered_json to_json(const PeersReport& report);
[[nodiscard]] std::string to_table(const PeersReport& report);

}  // namespace holdfast::bench
