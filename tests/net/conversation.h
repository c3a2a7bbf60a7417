// A whole conversation as bytes, for tests of what a session does with them, and its answers.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "tests/net/fake_core.h"
#include "tests/net/frames.h"
#include "tests/net/raw_peer.h"

namespace holdfast::net::test {

/// Hello (correlation 1), then `count` authorizations with correlations 2, 3, …
inline Bytes conversation(std::uint64_t count) {
  Bytes bytes = hello_frame();
  for (std::uint64_t i = 0; i < count; ++i) {
    append(bytes, command_frame(authorize(i + 1, 1), i + 2));
  }
  return bytes;
}

/// What it is answered with behind the HelloReply.
inline void expect_outcomes(RawPeer& peer, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto reply = peer.expect<wire::OutcomeReply>();
    ASSERT_EQ(reply.correlation_id, i + 2);
    ASSERT_EQ(reply.ledger_balance, -static_cast<std::int64_t>(i + 1));
  }
}

}  // namespace holdfast::net::test
