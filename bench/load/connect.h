// Many connections at once: a few threads connect and say Hello, and the limit on open files is
// raised for as many as are asked for.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/endpoint.h"
#include "bench/result.h"
#include "net/client/client.h"

namespace holdfast::bench {

struct ConnectPlan {
  Endpoint endpoint;
  std::uint32_t connections = 1;
  std::uint32_t in_flight = 1;  // that each is to have; a server that allows less is an error
};

/// The connections, in order; connection i said Hello as "holdfast-bench/i". Blocks; starts and
/// ends threads of its own. The error says what to raise when there are too many.
[[nodiscard]] Result<std::vector<net::DetachedClient>> connect_all(const ConnectPlan& plan);

/// One connection more, or again.
[[nodiscard]] Result<net::DetachedClient> connect_one(const ConnectPlan& plan,
                                                      std::string_view gateway_name);

/// Raises the soft limit on open files, and the hard one where that is allowed, to `files` and
/// some to spare.
[[nodiscard]] Result<void> allow_open_files(std::uint64_t files);

}  // namespace holdfast::bench
