// The sections of the report's page, each from its parts of the report. A section whose parts are
// not there says which command measures them. Thread: no state.
#pragma once

#include <string>

#include "bench/page/report_data.h"

namespace holdfast::bench {

[[nodiscard]] std::string floors_section(const Json& report);
[[nodiscard]] std::string many_section(const Json& report);         // one request on each
[[nodiscard]] std::string throughput_section(const Json& report);   // latency against it
[[nodiscard]] std::string percentiles_section(const Json& report);
[[nodiscard]] std::string stages_section(const Json& report);
[[nodiscard]] std::string peers_section(const Json& report);
[[nodiscard]] std::string scale_section(const Json& report);
[[nodiscard]] std::string apply_section(const Json& report);
[[nodiscard]] std::string restart_section(const Json& report);      // and what snapshots cost
[[nodiscard]] std::string soak_section(const Json& report);

}  // namespace holdfast::bench
