// What a session does with bytes as they come: pieces, heaps, faults, limits, ends.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "net/protocol/schema.h"
#include "tests/net/fake_core.h"
#include "tests/net/conversation.h"
#include "tests/net/raw_peer.h"

namespace holdfast::net {
namespace {

using test::append;
using test::authorize;
using test::Bytes;
using test::command_frame;
using test::conversation;
using test::eventually;
using test::expect_outcomes;
using test::goodbye_frame;
using test::heartbeat_frame;
using test::hello_frame;
using test::RawPeer;
using test::TestServer;

TEST(Session, ByteByByte) {
  TestServer server;
  RawPeer peer(server.port());
  for (const std::byte byte : conversation(3)) ASSERT_TRUE(peer.send(std::span(&byte, 1)));
  EXPECT_EQ(peer.expect<wire::HelloReply>().correlation_id, 1u);
  expect_outcomes(peer, 3);
}

TEST(Session, SplitAtEveryPlace) {
  TestServer server;
  const Bytes bytes = conversation(1);
  for (std::size_t split = 1; split < bytes.size(); split += 7) {
    RawPeer peer(server.port());
    const auto read_before = server.server->counters().bytes_read;
    ASSERT_TRUE(peer.send(std::span(bytes).first(split)));
    // The first part is read alone before the second comes.
    ASSERT_TRUE(eventually(
        [&] { return server.server->counters().bytes_read == read_before + split; }));
    ASSERT_TRUE(peer.send(std::span(bytes).subspan(split)));
    peer.expect<wire::HelloReply>();
    expect_outcomes(peer, 1);
  }
}

TEST(Session, ManyFramesInOneSegmentThenGoodbye) {
  TestServer server;
  RawPeer peer(server.port());
  Bytes bytes = conversation(3'000);  // several reads of 64 KiB
  append(bytes, goodbye_frame(9'999));
  append(bytes, heartbeat_frame(10'000));  // behind the Goodbye: not read
  ASSERT_TRUE(peer.send(bytes));
  peer.expect<wire::HelloReply>();
  expect_outcomes(peer, 3'000);
  EXPECT_EQ(peer.expect<wire::GoodbyeReply>().correlation_id, 9'999u);
  EXPECT_TRUE(peer.at_end());
}

TEST(Session, FaultsAreAnsweredInOrderAndTheSessionLives) {
  TestServer server;
  RawPeer peer(server.port());
  Bytes bytes = heartbeat_frame(1);  // before Hello
  append(bytes, hello_frame(2));
  append(bytes, command_frame(authorize(3, 1), 3));
  append(bytes, hello_frame(4));  // again
  Bytes wrong = command_frame(authorize(5, 1), 5);
  wrong[16 + 78] = std::byte{200};  // channel
  append(bytes, wrong);
  Bytes longer = command_frame(authorize(6, 1), 6);  // a newer peer's
  longer.resize(longer.size() + 8, std::byte{1});
  longer[0] = static_cast<std::byte>(longer.size());
  longer[8] = static_cast<std::byte>(longer.size() - 16);
  append(bytes, longer);
  ASSERT_TRUE(peer.send(bytes));

  auto reject = peer.expect<wire::Reject>();
  EXPECT_EQ(reject.correlation_id, 1u);
  EXPECT_EQ(reject.code, static_cast<std::uint16_t>(RejectCode::hello_required));
  EXPECT_EQ(reject.offending_template_id, wire::Layout<wire::Heartbeat>::kTemplateId);
  EXPECT_EQ(peer.expect<wire::HelloReply>().correlation_id, 2u);
  EXPECT_EQ(peer.expect<wire::OutcomeReply>().correlation_id, 3u);
  reject = peer.expect<wire::Reject>();
  EXPECT_EQ(reject.correlation_id, 4u);
  EXPECT_EQ(reject.code, static_cast<std::uint16_t>(RejectCode::already_greeted));
  reject = peer.expect<wire::Reject>();
  EXPECT_EQ(reject.correlation_id, 5u);
  EXPECT_EQ(reject.code, static_cast<std::uint16_t>(RejectCode::field_out_of_range));
  EXPECT_EQ(reject.detail, 16u + 78u);
  EXPECT_NE(text_of(reject.text).find("Authorize.channel"), std::string_view::npos);
  EXPECT_EQ(peer.expect<wire::OutcomeReply>().correlation_id, 6u);
  EXPECT_EQ(server.server->counters().rejects, 3u);
}

// A whole conversation of a gateway that was built when version 1 was the newest: the block lengths
// are those of then.
TEST(Session, AGatewayOfVersion1IsServed) {
  const auto aged = [](Bytes bytes, std::size_t block_v1) {
    bytes.resize(16 + block_v1);
    const auto length = static_cast<std::uint32_t>(bytes.size());
    const auto block = static_cast<std::uint16_t>(block_v1);
    const std::uint16_t version = 1;
    std::memcpy(bytes.data(), &length, sizeof length);
    std::memcpy(bytes.data() + 8, &block, sizeof block);
    std::memcpy(bytes.data() + 14, &version, sizeof version);
    return bytes;
  };
  TestServer server;
  RawPeer peer(server.port());
  Bytes bytes = aged(hello_frame(1), 48);
  bytes[24] = std::byte{1};  // schemaVersion
  append(bytes, aged(command_frame(authorize(1, 500), 2), 88));
  Command reverse;
  reverse.kind = CommandKind::reverse;
  reverse.request_id = RequestId{2, 7};
  reverse.reverse = Reverse{};
  reverse.reverse.original_request = RequestId{1, 7};
  append(bytes, aged(command_frame(reverse, 3), 56));
  Command flagged = authorize(3, 500);
  flagged.authorize.flags = kAuthorizePartialAllowed;
  append(bytes, aged(command_frame(flagged, 4), 88));
  ASSERT_TRUE(peer.send(bytes));
  EXPECT_EQ(peer.expect<wire::HelloReply>().schema_version, 1u);
  const auto approved = peer.expect<wire::OutcomeReply>();
  EXPECT_EQ(approved.correlation_id, 2u);
  EXPECT_EQ(approved.amount, 500);
  EXPECT_EQ(peer.expect<wire::OutcomeReply>().correlation_id, 3u);
  const auto reject = peer.expect<wire::Reject>();
  EXPECT_EQ(reject.correlation_id, 4u);
  EXPECT_EQ(reject.code, static_cast<std::uint16_t>(RejectCode::reserved_not_zero));
}

TEST(Session, DamageIsToldAfterWhatCameBeforeAndCloses) {
  for (const std::uint32_t length : {0U, 23U, 28U, 520U, 0xFFFF'FFFFU}) {
    TestServer server;
    RawPeer peer(server.port());
    Bytes bytes = conversation(2);
    Bytes damage(8);
    std::memcpy(damage.data(), &length, sizeof length);
    append(bytes, damage);
    append(bytes, heartbeat_frame(50));  // nothing behind it can be trusted
    ASSERT_TRUE(peer.send(bytes));
    peer.expect<wire::HelloReply>();
    expect_outcomes(peer, 2);
    const auto reject = peer.expect<wire::Reject>();
    EXPECT_EQ(reject.correlation_id, 0u);
    EXPECT_EQ(reject.code, length == 28 ? 2 : 1);
    EXPECT_EQ(reject.detail, length);
    EXPECT_TRUE(peer.at_end());
  }
}

TEST(Session, HalfClosedPeerStillGetsItsReplies) {
  TestServer server;
  server.core->hold(true);
  RawPeer peer(server.port());
  ASSERT_TRUE(peer.send(conversation(500)));
  peer.shut_our_side();
  ASSERT_TRUE(eventually([&] { return server.core->taken() == 501; }));
  server.core->hold(false);
  peer.expect<wire::HelloReply>();
  expect_outcomes(peer, 500);
  EXPECT_TRUE(peer.at_end());
}

TEST(Session, HalfAFrameAndThenTheEnd) {
  TestServer server;
  RawPeer peer(server.port());
  Bytes bytes = conversation(2);
  bytes.resize(bytes.size() - 5);
  ASSERT_TRUE(peer.send(bytes));
  peer.shut_our_side();
  peer.expect<wire::HelloReply>();
  expect_outcomes(peer, 1);
  EXPECT_TRUE(peer.at_end());
}

TEST(Session, InFlightLimitStopsReadingAndDropsNothing) {
  ServerOptions options;
  options.in_flight_max = 10;
  TestServer server(options);
  server.core->hold(true);
  RawPeer peer(server.port());
  ASSERT_TRUE(peer.send(conversation(1'000)));
  // With the socket not read any more, what the core has got cannot grow.
  ASSERT_TRUE(eventually([&] { return server.server->counters().read_pauses > 0; }));
  ASSERT_TRUE(eventually([&] { return server.core->taken() >= 10; }));
  EXPECT_EQ(server.core->taken(), 10u);
  server.core->hold(false);
  peer.expect<wire::HelloReply>();
  expect_outcomes(peer, 1'000);
}

TEST(Session, ThreadsCreditIsSharedAndDropsNothing) {
  ServerOptions options;
  options.in_flight_max = 16;
  options.thread_in_flight_max = 16;
  TestServer server(options);
  server.core->hold(true);
  RawPeer first(server.port());
  RawPeer second(server.port());
  RawPeer third(server.port());
  for (RawPeer* peer : {&first, &second, &third}) ASSERT_TRUE(peer->send(conversation(300)));
  ASSERT_TRUE(eventually([&] { return server.server->counters().read_pauses >= 3; }));
  ASSERT_TRUE(eventually([&] { return server.core->taken() >= 16; }));
  EXPECT_EQ(server.core->taken(), 16u);
  server.core->hold(false);
  for (RawPeer* peer : {&first, &second, &third}) {
    peer->expect<wire::HelloReply>();
    expect_outcomes(*peer, 300);
  }
}

TEST(Session, IdleIsClosedButNotWhileSomethingIsUnderWay) {
  ServerOptions options;
  options.idle_timeout_ms = 1'000;
  TestServer server(options);
  server.core->hold(true);
  RawPeer busy(server.port());
  // All at once: a test that is kept from running in between would be silent, too.
  ASSERT_TRUE(busy.send(conversation(1)));
  ASSERT_TRUE(eventually([&] { return server.core->taken() == 2; }));
  RawPeer silent(server.port());  // says nothing at all
  EXPECT_TRUE(silent.at_end());
  EXPECT_FALSE(busy.readable_now());
  server.core->hold(false);
  busy.expect<wire::HelloReply>();
  expect_outcomes(busy, 1);
  EXPECT_TRUE(busy.at_end());  // quiet since its reply
  EXPECT_EQ(server.server->counters().timeouts, 2u);
}

TEST(Session, ConnectionsAboveTheLimitAreTold) {
  ServerOptions options;
  options.connections_max = 2;
  TestServer server(options);
  auto first = server.client();
  auto second = std::make_unique<Client>(server.client());
  const auto third = Client::connect(server.client_options());
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().kind, ClientError::Kind::rejected);
  EXPECT_NE(third.error().message.find("greatest number of connections"), std::string::npos)
      << third.error().message;
  EXPECT_EQ(server.server->counters().connections_refused, 1u);
  ASSERT_TRUE(second->goodbye().has_value());
  second.reset();
  EXPECT_TRUE(eventually([&] { return Client::connect(server.client_options()).has_value(); }));
  EXPECT_TRUE(first.ping().has_value());
}

TEST(Session, RepliesOfAnEndedSessionReachNobodyElse) {
  TestServer server;
  for (int round = 0; round < 20; ++round) {
    const auto dropped = server.server->counters().replies_dropped;
    const auto taken = server.core->taken();
    server.core->hold(true);
    RawPeer gone(server.port());
    ASSERT_TRUE(gone.send(conversation(40)));
    ASSERT_TRUE(eventually([&] { return server.core->taken() == taken + 41; }));
    gone.reset();
    ASSERT_TRUE(eventually([&] { return server.server->counters().connections_open == 0; }));
    RawPeer next(server.port());  // takes the same slot
    ASSERT_TRUE(next.send(hello_frame(1'000)));
    ASSERT_TRUE(eventually([&] { return server.core->taken() == taken + 42; }));
    server.core->hold(false);
    EXPECT_EQ(next.expect<wire::HelloReply>().correlation_id, 1'000u);
    EXPECT_EQ(server.server->counters().replies_dropped, dropped + 41);
    EXPECT_FALSE(next.readable_now());
    next.close();
    ASSERT_TRUE(eventually([&] { return server.server->counters().connections_open == 0; }));
  }
}

// Random bytes, and conversations with bytes changed: the server answers or closes, and serves
// others meanwhile.
TEST(Hostile, RandomAndMutatedBytesHarmNobody) {
  ServerOptions options;
  options.network_threads = 2;
  TestServer server(options);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> served{0};
  std::thread healthy([&] {
    auto client = server.client();
    while (!done) {
      const auto outcome = client.execute(authorize(1, 1));
      ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
      ++served;
    }
  });
  std::mt19937_64 random(20261122);
  for (int round = 0; round < 400; ++round) {
    RawPeer peer(server.port());
    Bytes bytes = conversation(round % 40);
    append(bytes, heartbeat_frame(1));
    if (round % 4 == 0) {
      for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    } else {
      for (std::uint64_t changes = 1 + random() % 8; changes > 0; --changes) {
        bytes[random() % bytes.size()] = static_cast<std::byte>(random());
      }
    }
    peer.send(bytes);  // may be refused midway
    peer.shut_our_side();
    while (const auto frame = peer.frame()) {
      const MessageInfo* message = message_info(frame->header.template_id);
      ASSERT_NE(message, nullptr);
      ASSERT_GE(message->template_id, 100);
    }
  }
  EXPECT_TRUE(eventually([&] { return served > 0; }));
  done = true;
  healthy.join();
  EXPECT_GT(server.server->counters().rejects, 100u);
}

}  // namespace
}  // namespace holdfast::net
