// Reply frames in the engine's own vocabulary: what `Client` does with each frame, for callers that
// read the socket themselves. No state; any thread.
#pragma once

#include <expected>
#include <string>

#include "net/client/client.h"
#include "net/protocol/frame.h"

namespace holdfast::net {

/// A frame of `scan_frame` (whole, not refused there) as a reply. HelloReply, HeartbeatReply and
/// GoodbyeReply are a `Pong`. The error says what is not the protocol's.
[[nodiscard]] std::expected<ClientReply, std::string> decode_reply(const Frame& frame);

/// What a HelloReply tells; a frame for which `decode_reply` gave a `Pong`.
[[nodiscard]] ServerInfo server_info_of(const Frame& hello_reply);

}  // namespace holdfast::net
