// In steady state a request allocates nothing: not in the server, nor on the way to the core and
// back.
//
// This program's operator new counts. After some rounds have made all buffers as large as they need
// to be, whole rounds of requests must not move the counter.
#include <gtest/gtest.h>

#include <string>

#include "tests/allocation_count.h"
#include "tests/net/fake_core.h"
#include "tests/net/raw_peer.h"

namespace holdfast::net {
namespace {

using holdfast::test::allocations;
using holdfast::test::counting;

TEST(SteadyState, RequestsAllocateNothing) {
  test::TestServer server;
  test::RawPeer peer(server.port());
  ASSERT_TRUE(peer.send(test::hello_frame()));
  peer.expect<wire::HelloReply>();

  test::Bytes batch;
  constexpr std::uint64_t kPerRound = 500;
  for (std::uint64_t i = 0; i < kPerRound; ++i) {
    test::append(batch, i % 10 == 0 ? test::heartbeat_frame(i)
                                    : test::command_frame(test::authorize(i + 1, 1), i));
  }
  const auto round = [&](std::size_t piece) {
    for (std::span<const std::byte> rest(batch); !rest.empty();) {
      const auto now = rest.first(std::min(piece, rest.size()));
      ASSERT_TRUE(peer.send(now));
      rest = rest.subspan(now.size());
    }
    for (std::uint64_t i = 0; i < kPerRound; ++i) {
      const auto frame = peer.frame();
      ASSERT_TRUE(frame);
      ASSERT_EQ(frame->correlation, i);
    }
  };
  // The most that can come at once: all replies of a round in one piece.
  server.core->hold(true);
  const auto taken = server.core->taken();
  ASSERT_TRUE(peer.send(batch));
  ASSERT_TRUE(test::eventually([&] { return server.core->taken() == taken + kPerRound; }));
  server.core->hold(false);
  for (std::uint64_t i = 0; i < kPerRound; ++i) ASSERT_TRUE(peer.frame());
  // The queues' blocks and Asio's own memory find their sizes.
  for (int i = 0; i < 200; ++i) round(i % 2 == 0 ? batch.size() : 1'000);
  allocations = 0;
  counting = true;
  for (int i = 0; i < 50; ++i) round(i % 2 == 0 ? batch.size() : 1'000);
  counting = false;
  EXPECT_EQ(allocations.load(), 0u) << "in " << 50 * kPerRound << " requests";
  // The counter counts: else the line above would prove nothing.
  counting = true;
  delete new std::string(100, 'x');
  counting = false;
  EXPECT_GE(allocations.load(), 1u);
}

}  // namespace
}  // namespace holdfast::net
