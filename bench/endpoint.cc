#include "bench/endpoint.h"

#include <fmt/format.h>

#include <charconv>

namespace holdfast::bench {

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return std::unexpected(fmt::format(
        "\"{}\" is not HOST:PORT: {}; write it as 127.0.0.1:7400 or [::1]:7400", text, what));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("an IPv6 address must stand in brackets");
  }
  if (host.empty()) return wrong("the host is missing");
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
    return wrong("the port must be 1..65535");
  }
  return Endpoint{.host = std::string(host), .port = port};
}

std::string endpoint_text(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint.host, v6 ? "]" : "", endpoint.port);
}

Result<net::Client> connect_to(const Endpoint& endpoint, std::string_view gateway_name) {
  net::ClientOptions options;
  options.host = endpoint.host;
  options.port = endpoint.port;
  options.gateway_name = std::string(gateway_name);
  auto client = net::Client::connect(options);
  if (!client) return std::unexpected(client.error().message);
  return std::move(*client);
}

}  // namespace holdfast::bench
