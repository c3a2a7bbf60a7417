// A report as one self-contained HTML page: machine, floors, latency against throughput,
// percentiles, stages, peers, scale. What the report does not hold is said, with the command that
// measures it.
#pragma once

#include <string>

#include "bench/page/report_data.h"

namespace holdfast::bench {

[[nodiscard]] std::string report_page(const Json& report);

}  // namespace holdfast::bench
