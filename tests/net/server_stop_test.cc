// A server that stops: what is under way is answered first, up to a deadline.
#include <gtest/gtest.h>

#include <thread>

#include "tests/net/conversation.h"
#include "tests/net/fake_core.h"
#include "tests/net/raw_peer.h"

namespace holdfast::net {
namespace {

using namespace test;

TEST(Stop, AnswersWhatIsUnderWay) {
  ServerOptions options;
  options.network_threads = 2;
  TestServer server(options);
  server.core->hold(true);
  RawPeer first(server.port());
  RawPeer second(server.port());
  ASSERT_TRUE(first.send(conversation(100)));
  ASSERT_TRUE(second.send(conversation(200)));
  ASSERT_TRUE(eventually([&] { return server.core->taken() == 302; }));
  std::thread stopper([&] { server.server->stop(60'000); });
  EXPECT_TRUE(eventually([&] { return !RawPeer::can_connect(server.port()); }));
  EXPECT_FALSE(first.readable_now());
  server.core->hold(false);
  first.expect<wire::HelloReply>();
  expect_outcomes(first, 100);
  EXPECT_TRUE(first.at_end());
  second.expect<wire::HelloReply>();
  expect_outcomes(second, 200);
  EXPECT_TRUE(second.at_end());
  stopper.join();
  EXPECT_FALSE(Client::connect(server.client_options()).has_value());
  EXPECT_EQ(server.server->counters().connections_open, 0u);
}

TEST(Stop, EndsAtItsDeadlineWhenTheCoreDoesNotAnswer) {
  TestServer server;
  server.core->hold(true);
  RawPeer peer(server.port());
  ASSERT_TRUE(peer.send(conversation(5)));
  ASSERT_TRUE(eventually([&] { return server.core->taken() == 6; }));
  server.server->stop(50);
  EXPECT_TRUE(peer.at_end());
  EXPECT_TRUE(server.logged("cut off"));
}

TEST(Stop, WithoutSessionsAndAgain) {
  TestServer server;
  server.server->stop();
  server.server->stop();
}

}  // namespace
}  // namespace holdfast::net
