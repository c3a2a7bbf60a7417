// Peers that read their replies slowly or not at all: memory stays bounded, nobody else waits,
// nothing is dropped, and only who takes no byte at all is cut off.
#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "tests/net/conversation.h"

namespace holdfast::net {
namespace {

using namespace test;

// Longer than any test takes.
constexpr std::uint32_t kNeverMs = 600'000;

/// How many requests the server has taken when it takes no more.
std::uint64_t taken_until_it_stands_still(const TestServer& server) {
  std::uint64_t taken = 0;
  for (int still = 0; still < 200; ++still) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const std::uint64_t now = server.core->taken();
    if (now == 0 || now != taken) still = 0;
    taken = now;
  }
  return taken;
}

TEST(SlowReader, IsBoundedAndStallsNobody) {
  ServerOptions options;
  options.write_bytes_max = 16 * 1024;
  options.send_buffer_bytes = 4 * 1024;
  options.write_stall_timeout_ms = kNeverMs;
  TestServer server(options);
  RawPeer slow(server.port(), 4 * 1024);
  const std::uint64_t count = 200'000;
  const Bytes bytes = conversation(count);
  // Sends until neither kernel nor server takes more, and reads nothing.
  std::span<const std::byte> left(bytes);
  auto pauses = server.server->counters().read_pauses;
  while (!left.empty()) {
    const std::size_t sent = slow.send_some(left);
    left = left.subspan(sent);
    if (sent > 0) continue;
    if (const auto now = server.server->counters().read_pauses; now > pauses) break;
    std::this_thread::yield();
  }
  ASSERT_FALSE(left.empty()) << "the server went on reading for a peer that does not read";
  // What the server holds for it: in flight at most, beyond the limit and the kernel's buffers.
  const auto taken = server.core->taken();
  auto healthy = server.client();
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(healthy.ping().has_value());
  EXPECT_LT(server.core->taken(), taken + 1'001 + 2 * options.in_flight_max);
  // Nothing was dropped: when it reads, all is there.
  std::jthread rest([&] { slow.send(left); });
  slow.expect<wire::HelloReply>();
  expect_outcomes(slow, count);
  rest.join();
}

TEST(SlowReader, WhoTakesNoByteIsCutOff) {
  ServerOptions options;
  options.write_bytes_max = 16 * 1024;
  options.send_buffer_bytes = 4 * 1024;
  options.write_stall_timeout_ms = 50;
  TestServer server(options);
  RawPeer stalled(server.port(), 4 * 1024);
  std::jthread sender([&] { stalled.send(conversation(200'000)); });  // ends when it is cut off
  EXPECT_TRUE(eventually([&] { return server.server->counters().timeouts == 1; }));
  sender.join();
  EXPECT_TRUE(eventually([&] { return server.server->counters().connections_open == 0; }));
  EXPECT_TRUE(server.logged("does not read its replies"));
}

// A full socket is writable again only when a third of its buffer is free. A peer that needs longer
// for that than the timeout still reads.
TEST(SlowReader, WhoTakesSomeBytesIsNotCutOff) {
  ServerOptions options;
  options.send_buffer_bytes = 256 * 1024;
  options.write_stall_timeout_ms = 500;
  TestServer server(options);
  RawPeer slow(server.port(), 4 * 1024);
  std::jthread sender([&] { slow.send(conversation(20'000)); });
  ASSERT_TRUE(eventually([&] { return server.core->taken() > 10'000; }));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < until) {
    ASSERT_GT(slow.skip_some(2'048), 0u);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(server.server->counters().timeouts, 0u);
  // It stops to read, and is cut off.
  EXPECT_TRUE(eventually([&] { return server.server->counters().timeouts == 1; }));
  sender.join();
}

// The system would let its buffer grow to 2.6 MB at once, and to 4 MB.
TEST(SlowReader, TheKernelHoldsNoMoreThanItIsAllowed) {
  ServerOptions options;
  options.in_flight_max = 256;
  options.write_bytes_max = 16 * 1024;
  options.unsent_bytes_max = 64 * 1024;
  options.write_stall_timeout_ms = kNeverMs;
  TestServer server(options);
  RawPeer slow(server.port(), 4 * 1024);
  std::jthread sender([&] { slow.send(conversation(30'000)); });
  const std::uint64_t taken = taken_until_it_stands_still(server);
  // 0.1 MB, those in flight, and what the peer's kernel took.
  EXPECT_LT(taken * wire::kFrameBytes<wire::OutcomeReply>, 500'000u);
  slow.expect<wire::HelloReply>();
  expect_outcomes(slow, 30'000);
}

TEST(SlowReader, ManyTogetherAreBoundedAndDropNothing) {
  constexpr std::uint64_t kRequests = 6'000;
  ServerOptions options;
  options.thread_write_bytes_max = 64 * 1024;
  options.thread_in_flight_max = options.in_flight_max = 256;
  options.send_buffer_bytes = 4 * 1024;
  options.write_stall_timeout_ms = kNeverMs;
  TestServer server(options);
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::vector<std::jthread> senders;
  for (int i = 0; i < 8; ++i) {
    RawPeer& peer = *peers.emplace_back(std::make_unique<RawPeer>(server.port(), 4 * 1024));
    senders.emplace_back([&peer] { peer.send(conversation(kRequests)); });
  }
  const std::uint64_t taken = taken_until_it_stands_still(server);
  // 64 KiB hold 745 replies; the rest is in flight or in the kernel. Each session alone might hold
  // 1 MiB, 12 thousand.
  EXPECT_LT(taken, 20'000u);
  auto healthy = server.client();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(healthy.ping().has_value());
  for (const auto& peer : peers) {
    peer->expect<wire::HelloReply>();
    expect_outcomes(*peer, kRequests);
  }
  senders.clear();
}

std::size_t allocated_bytes() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Each session needs 360 kB for a moment. (Under a sanitizer `mallinfo2` tells nothing.)
TEST(SlowReader, WhatABurstNeededIsGivenBackBySessionsThatLiveOn) {
  constexpr std::uint64_t kBurst = 4'000;
  constexpr std::size_t kPeers = 16;
  TestServer server;
  const auto burst = [&](RawPeer& peer) {
    server.core->hold(true);
    const auto taken = server.core->taken();
    ASSERT_TRUE(peer.send(conversation(kBurst)));
    ASSERT_TRUE(eventually([&] { return server.core->taken() == taken + kBurst + 1; }));
    server.core->hold(false);
    std::size_t left = wire::kFrameBytes<wire::HelloReply> +
                       kBurst * wire::kFrameBytes<wire::OutcomeReply>;
    while (left > 0) left -= peer.skip_some(left);
  };
  std::vector<std::unique_ptr<RawPeer>> peers;
  const auto connect_and_burst = [&] {
    for (std::size_t i = 0; i < kPeers; ++i) {
      peers.push_back(std::make_unique<RawPeer>(server.port()));
      ASSERT_NO_FATAL_FAILURE(burst(*peers.back()));
    }
  };
  // First the memory of queues, and of sessions whose slots are used again.
  ASSERT_NO_FATAL_FAILURE(connect_and_burst());
  peers.clear();
  ASSERT_TRUE(eventually([&] { return server.server->counters().connections_open == 0; }));
  const std::size_t without_peers = allocated_bytes();
  ASSERT_NO_FATAL_FAILURE(connect_and_burst());
  const std::size_t with_peers = without_peers + kPeers * (RawPeer::kReserveBytes + 64 * 1'024);
  EXPECT_TRUE(eventually([&] { return allocated_bytes() < with_peers; }))
      << allocated_bytes() - with_peers << " bytes too many";
}

}  // namespace
}  // namespace holdfast::net
