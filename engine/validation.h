// Whether a command's fields hold what the protocol allows, before any table is looked at.
//
// The network rooms check what they decode; the engine trusts nobody, because a log written by
// another version and a fuzzer reach it too. Thread: any; no state.
#pragma once

#include "engine/command.h"
#include "engine/decision.h"

namespace holdfast {

/// `approved` when well formed, else `malformed` or `invalid_amount` (in this order).
/// The command's kind is known.
[[nodiscard]] Decision validate(const Command& command);

/// Kinds that a gateway may send; the rest are the engine's own.
[[nodiscard]] constexpr bool is_gateway_command(CommandKind kind) {
  return static_cast<std::uint16_t>(kind) < 64 && command_body_bytes(kind) != 0;
}

}  // namespace holdfast
