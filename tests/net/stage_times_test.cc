// The network threads' part of the stage times: receive, send and total.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "net/send_times.h"
#include "tests/net/fake_core.h"
#include "tests/net/raw_peer.h"

namespace holdfast::net {
namespace {

using test::append;
using test::authorize;
using test::Bytes;
using test::command_frame;
using test::eventually;
using test::RawPeer;
using test::TestServer;

std::uint64_t count_of(const StageBoard& board, Stage stage) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < kStageBuckets; ++i) count += board.bucket(stage, i);
  return count;
}

TEST(SendTimes, AnAnswerCountsWhenItsLastByteIsWritten) {
  StageBoard board(1);
  StageTimes& times = board.network_thread(0);
  SendTimes waiting;
  waiting.add({100, 300}, 10);
  waiting.add({100, 300}, 10);  // the same run
  waiting.add({0, 300}, 5);     // not counted, but its bytes are there
  waiting.add({200, 300}, 10);

  waiting.wrote(19, 400, times);
  EXPECT_EQ(count_of(board, Stage::send), 0U);
  waiting.wrote(1, 500, times);
  EXPECT_EQ(count_of(board, Stage::send), 2U);
  EXPECT_EQ(board.sum_ns(Stage::send), 2 * 200 * kStageTickNs);
  EXPECT_EQ(board.sum_ns(Stage::total), 2 * 400 * kStageTickNs);
  waiting.wrote(14, 600, times);
  EXPECT_EQ(count_of(board, Stage::send), 2U);
  waiting.add({200, 700}, 8);  // joins behind what is half written
  waiting.wrote(1 + 8, 800, times);
  EXPECT_EQ(count_of(board, Stage::total), 4U);
  EXPECT_EQ(board.sum_ns(Stage::send), (2 * 200 + 500 + 100) * kStageTickNs);
  EXPECT_EQ(board.max_ns(Stage::total), 600 * kStageTickNs);
  waiting.wrote(40, 900, times);  // of bytes that were never added
  EXPECT_EQ(count_of(board, Stage::total), 4U);
}

TEST(SendTimes, WhatASessionLeavesBehindIsForgotten) {
  StageBoard board(1);
  SendTimes waiting;
  for (StageTick i = 1; i < 1'000; ++i) waiting.add({i, i}, 10);
  waiting.clear();
  waiting.release_spare();
  waiting.wrote(10'000, 2'000, board.network_thread(0));
  EXPECT_EQ(count_of(board, Stage::send), 0U);
}

TEST(StageTimes, EveryRequestCountsOnceAndWhoLooksDoesNot) {
  ServerOptions options;
  options.network_threads = 2;
  TestServer server(options);
  constexpr std::uint64_t kEach = 300;
  for (int connection = 0; connection < 2; ++connection) {
    RawPeer peer(server.port());
    Bytes bytes = test::hello_frame();
    for (std::uint64_t i = 0; i < kEach; ++i) append(bytes, command_frame(authorize(i + 1, 1), i));
    append(bytes, test::heartbeat_frame(7));
    bytes.resize(bytes.size() + limits::frame_bytes_max);
    bytes.resize(bytes.size() - limits::frame_bytes_max +
                 encode_inquiry(RequestKind::show_stages, Inquiry{}, 8,
                                std::span(bytes).last(limits::frame_bytes_max)));
    Bytes malformed = test::heartbeat_frame(9);
    malformed[10] = std::byte{200};  // no such template: answered with a Reject
    append(bytes, malformed);
    for (std::span<const std::byte> rest(bytes); !rest.empty();) {
      const auto piece = rest.first(std::min<std::size_t>(rest.size(), 5'000));
      ASSERT_TRUE(peer.send(piece));
      rest = rest.subspan(piece.size());
    }
    for (std::uint64_t i = 0; i < kEach + 4; ++i) ASSERT_TRUE(peer.frame());
  }
  // Hello, commands, heartbeat, reject; a write may be recorded a little after the peer has it.
  constexpr std::uint64_t kCounted = 2 * (kEach + 3);
  EXPECT_TRUE(eventually([&] { return count_of(server.stages, Stage::total) == kCounted; }));
  EXPECT_EQ(count_of(server.stages, Stage::receive), kCounted);
  EXPECT_EQ(count_of(server.stages, Stage::send), kCounted);
  EXPECT_GE(server.stages.sum_ns(Stage::total), server.stages.sum_ns(Stage::send));
}

TEST(StageTimes, TheTotalHoldsWhatTheCoreTook) {
  TestServer server;
  const auto start = std::chrono::steady_clock::now();  // the greeting has a total, too
  RawPeer peer(server.port());
  ASSERT_TRUE(peer.send(test::hello_frame()));
  peer.expect<wire::HelloReply>();
  server.core->hold(true);
  const std::uint64_t taken = server.core->taken();
  ASSERT_TRUE(peer.send(command_frame(authorize(1, 1), 2)));
  ASSERT_TRUE(eventually([&] { return server.core->taken() == taken + 1; }));
  const auto held_from = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto held = std::chrono::steady_clock::now() - held_from;
  server.core->hold(false);
  peer.expect<wire::OutcomeReply>();
  ASSERT_TRUE(eventually([&] { return count_of(server.stages, Stage::total) == 2; }));
  const auto took = std::chrono::steady_clock::now() - start;
  const std::chrono::nanoseconds told(server.stages.max_ns(Stage::total));
  EXPECT_GE(told + std::chrono::nanoseconds(2 * kStageTickNs), held);
  EXPECT_LE(told, took);
}

// Requests that were read and had to wait for credit have waited in `receive`.
TEST(StageTimes, WaitingForCreditIsPartOfReceive) {
  ServerOptions options;
  options.in_flight_max = 4;
  TestServer server(options);
  RawPeer peer(server.port());
  ASSERT_TRUE(peer.send(test::hello_frame()));
  peer.expect<wire::HelloReply>();
  server.core->hold(true);
  const std::uint64_t taken = server.core->taken();
  Bytes bytes;
  for (std::uint64_t i = 0; i < 8; ++i) append(bytes, command_frame(authorize(i + 1, 1), i));
  const std::uint64_t read = server.server->counters().bytes_read;
  ASSERT_TRUE(peer.send(bytes));
  // One small piece comes in one read; four of the eight find credit.
  ASSERT_TRUE(
      eventually([&] { return server.server->counters().bytes_read == read + bytes.size(); }));
  ASSERT_TRUE(eventually([&] { return server.core->taken() == taken + 4; }));
  const auto held_from = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto held = std::chrono::steady_clock::now() - held_from;
  server.core->hold(false);
  for (int i = 0; i < 8; ++i) peer.expect<wire::OutcomeReply>();
  ASSERT_TRUE(eventually([&] { return count_of(server.stages, Stage::total) == 9; }));
  EXPECT_EQ(count_of(server.stages, Stage::receive), 9U);
  const std::chrono::nanoseconds told(server.stages.max_ns(Stage::receive));
  EXPECT_GE(told + std::chrono::nanoseconds(2 * kStageTickNs), held);
}

}  // namespace
}  // namespace holdfast::net
