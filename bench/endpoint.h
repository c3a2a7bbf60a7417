// Connecting: HOST:PORT as people write it, and errors as sentences.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/result.h"
#include "net/client/client.h"

namespace holdfast::bench {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

/// "HOST:PORT"; an IPv6 address stands in brackets, as "[::1]:7400".
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

/// The same, as text.
[[nodiscard]] std::string endpoint_text(const Endpoint& endpoint);

[[nodiscard]] Result<net::Client> connect_to(const Endpoint& endpoint,
                                             std::string_view gateway_name);

}  // namespace holdfast::bench
