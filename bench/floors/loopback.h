// What both ends of the echoes need of a socket. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "bench/result.h"

namespace holdfast::bench {

/// What failed, and what errno says.
[[nodiscard]] std::unexpected<std::string> loopback_failed(std::string_view what);
/// No waiting for more to send (TCP_NODELAY).
void send_at_once(int socket);
/// On a free port of 127.0.0.1; the descriptor is the caller's. Gives it and its port.
[[nodiscard]] Result<std::pair<int, std::uint16_t>> listen_on_loopback(int backlog);
/// Blocking; the descriptor is the caller's.
[[nodiscard]] Result<int> connect_to_loopback(const std::string& host, std::uint16_t port);
/// Sends all, waiting if need be.
[[nodiscard]] Result<void> send_all(int socket, std::span<const std::byte> bytes);

}  // namespace holdfast::bench
