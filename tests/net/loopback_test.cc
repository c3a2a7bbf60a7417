// Client and server over a loopback socket, with a core that answers by rule.
#include <gtest/gtest.h>

#include "tests/net/fake_core.h"

namespace holdfast::net {
namespace {

using test::authorize;
using test::TestServer;

TEST(Loopback, HelloTellsTheServersLimitsAndName) {
  ServerOptions options;
  options.in_flight_max = 77;
  options.idle_timeout_ms = 12'345;
  options.server_name = "unit";
  options.log_id = LogId{0x1122, 0x3344};
  TestServer server(options);
  auto client = server.client();
  EXPECT_EQ(client.server().schema_version, 6);
  EXPECT_EQ(client.server().in_flight_max, 77u);
  EXPECT_EQ(client.server().idle_timeout_ms, 12'345u);
  EXPECT_EQ(client.server().frame_bytes_max, limits::frame_bytes_max);
  EXPECT_EQ(client.server().log_id, (LogId{0x1122, 0x3344}));
  EXPECT_EQ(client.server().server_name, "unit");
  EXPECT_TRUE(test::eventually([&] { return server.logged("is gateway \"holdfast-client\""); }));
}

TEST(Loopback, BlockingCallsAnswerEachKind) {
  TestServer server;
  auto client = server.client();
  const auto approved = client.execute(authorize(11, 500));
  ASSERT_TRUE(approved.has_value()) << approved.error().message;
  EXPECT_EQ(approved->decision, Decision::approved);
  EXPECT_EQ(approved->amount, Money{500});
  EXPECT_EQ(approved->ledger_balance, Money{-11});
  EXPECT_EQ(approved->position, LogPosition{1});
  EXPECT_EQ(approved->time, TimestampNs{1000});
  const auto declined = client.execute(authorize(12, 5000));
  ASSERT_TRUE(declined.has_value());
  EXPECT_EQ(declined->decision, Decision::insufficient_funds);

  const auto account = client.show_account(AccountId{5, 6});
  ASSERT_TRUE(account.has_value());
  EXPECT_TRUE(account->found);
  EXPECT_EQ(account->account, (AccountId{5, 6}));
  EXPECT_EQ(account->position, LogPosition{2});
  const auto card = client.show_card(CardToken{8, 9});
  ASSERT_TRUE(card.has_value());
  EXPECT_FALSE(card->found);
  EXPECT_EQ(card->card, (CardToken{8, 9}));
  const auto hold = client.show_authorization(AuthorizationId{3}, RequestId{1, 2});
  ASSERT_TRUE(hold.has_value());
  EXPECT_EQ(hold->authorization, AuthorizationId{3});
  EXPECT_EQ(hold->request_id, (RequestId{1, 2}));
  const auto program = client.show_program(ProgramId{4});
  ASSERT_TRUE(program.has_value());
  EXPECT_EQ(program->program, ProgramId{4});
  const auto status = client.show_status(true);
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(status->has_digest);
  EXPECT_TRUE(client.ping().has_value());
  EXPECT_TRUE(client.goodbye().has_value());
}

TEST(Loopback, LimitsOfMoreThanOneReplyAreToldWhole) {
  TestServer server;
  auto client = server.client();
  for (const std::uint64_t total : {0U, 1U, 11U, 12U, 22U, 23U, 64U}) {
    const auto view = client.show_limits(CardToken{total, 0});
    ASSERT_TRUE(view.has_value()) << view.error().message;
    EXPECT_TRUE(view->found);
    EXPECT_EQ(view->card, (CardToken{total, 0}));
    ASSERT_EQ(view->limits.size(), total);
    for (std::size_t i = 0; i < total; ++i) EXPECT_EQ(view->limits[i].control, i + 1);
  }
  // The rule set changes three times while it is read: no limits of two versions together.
  const auto view = client.show_limits(CardToken{64, 3});
  ASSERT_TRUE(view.has_value()) << view.error().message;
  EXPECT_EQ(view->rule_set_version, 1u);
  ASSERT_EQ(view->limits.size(), 64u);
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(view->limits[i].control, i + 1);
}

TEST(Loopback, ShadowsAreToldWhole) {
  TestServer server;
  auto client = server.client();
  // Program n runs n shadows; the one of version v has seen v pairs of decisions.
  for (const std::uint32_t count : {0U, 1U, 2U, 16U}) {
    const auto view = client.show_shadows(ProgramId{count});
    ASSERT_TRUE(view.has_value()) << view.error().message;
    EXPECT_TRUE(view->found);
    EXPECT_EQ(view->program, ProgramId{count});
    EXPECT_EQ(view->active_version, 99u);
    ASSERT_EQ(view->shadows.size(), count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const ShadowView& shadow = view->shadows[i];
      EXPECT_EQ(shadow.version, (i + 1) * test::kShadowVersionStep);
      EXPECT_EQ(shadow.judged, i + 1000);
      ASSERT_EQ(shadow.tallies.size(), shadow.version);
      for (std::size_t t = 0; t < shadow.tallies.size(); ++t) {
        EXPECT_EQ(shadow.tallies[t].count, t + 1);
        EXPECT_EQ(shadow.tallies[t].amount, Money{-static_cast<std::int64_t>(t)});
      }
    }
  }
  const auto unknown = client.show_shadows(ProgramId{test::kUnknownProgram});
  ASSERT_TRUE(unknown.has_value()) << unknown.error().message;
  EXPECT_FALSE(unknown->found);
}

// A shadow is stopped and started, or a pair comes new, between its pages: it is read again.
TEST(Loopback, AShadowThatChangesBetweenItsPagesIsReadAgain) {
  TestServer server;
  auto client = server.client();
  const auto view = client.show_shadows(ProgramId{test::kRestlessProgram});
  ASSERT_TRUE(view.has_value()) << view.error().message;
  ASSERT_EQ(view->shadows.size(), 1u);
  EXPECT_EQ(view->shadows[0].tallies.size(), 40u);
  for (const ShadowTally& tally : view->shadows[0].tallies) {
    EXPECT_EQ(tally.count, view->shadows[0].started_at.ns);  // all of one run
  }
}

TEST(Loopback, RuleSetsOfMoreThanOneReplyAreToldWhole) {
  TestServer server;
  auto client = server.client();
  for (const std::uint32_t total : {0U, 1U, 4U, 5U, 8U, 103U}) {
    const auto view = client.show_rule_set(ProgramId{total}, 7);
    ASSERT_TRUE(view.has_value()) << view.error().message;
    EXPECT_TRUE(view->found);
    EXPECT_EQ(view->version, 7u);
    EXPECT_EQ(view->state, RuleSetState::former);
    EXPECT_EQ(view->announced.list_items, total);
    ASSERT_EQ(view->rows.size(), total);
    for (std::size_t i = 0; i < total; ++i) {
      ASSERT_EQ(view->rows[i].kind, CommandKind::add_list_item);
      EXPECT_EQ(view->rows[i].add_list_item.list, i + 1);
      EXPECT_EQ(view->rows[i].request_id, RequestId{});
    }
  }
  // 0 stands for the active one, and the rows are all of that one.
  const auto active = client.show_rule_set(ProgramId{9}, 0);
  ASSERT_TRUE(active.has_value()) << active.error().message;
  EXPECT_EQ(active->version, 99u);
  EXPECT_EQ(active->rows.size(), 9u);
  const auto unknown = client.show_rule_set(ProgramId{test::kUnknownProgram}, 1);
  ASSERT_TRUE(unknown.has_value()) << unknown.error().message;
  EXPECT_FALSE(unknown->found);
  // Rows come while it is read: no row twice, none left out.
  const auto growing = client.show_rule_set(ProgramId{test::kRestlessProgram}, 1);
  ASSERT_TRUE(growing.has_value()) << growing.error().message;
  ASSERT_EQ(growing->rows.size(), 15u);
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(growing->rows[i].add_list_item.list, i + 1);
}

TEST(Loopback, PipelinedRepliesComeInOrder) {
  ServerOptions options;
  options.network_threads = 2;
  TestServer server(options);
  constexpr std::uint64_t kRequests = 20'000;
  for (int connection = 0; connection < 3; ++connection) {
    auto client = server.client();
    std::vector<ClientReply> replies;
    std::uint64_t sent = 0;
    while (replies.size() < kRequests) {
      while (sent < kRequests && client.under_way() < client.server().in_flight_max) {
        ++sent;
        if (sent % 5 == 0) {
          client.submit_inquiry(RequestKind::pass_through, {});
        } else {
          client.submit(authorize(sent, static_cast<std::int64_t>(sent % 2'000)));
        }
      }
      const auto received = client.receive(replies);
      ASSERT_TRUE(received.has_value()) << received.error().message;
    }
    for (std::uint64_t i = 0; i < kRequests; ++i) {
      const ClientReply& reply = replies[i];
      ASSERT_EQ(reply.correlation, i + 2);  // Hello was 1
      if ((i + 1) % 5 == 0) {
        ASSERT_TRUE(std::holds_alternative<Pong>(reply.body));
      } else {
        const auto& outcome = std::get<Outcome>(reply.body);
        ASSERT_EQ(outcome.ledger_balance.minor, -static_cast<std::int64_t>(i + 1));
        ASSERT_EQ(is_approval(outcome.decision), (i + 1) % 2'000 <= 1'000);
      }
    }
    EXPECT_EQ(client.under_way(), 0u);
    EXPECT_TRUE(client.goodbye().has_value());
  }
}

TEST(Loopback, GoodbyeKeepsRepliesThatCameBeforeIt) {
  TestServer server;
  auto client = server.client();
  for (std::uint64_t i = 1; i <= 10; ++i) client.submit(authorize(i, 1));
  ASSERT_TRUE(client.goodbye().has_value());
  std::vector<ClientReply> replies;
  const auto received = client.receive_some(replies);
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(*received, 10u);
  // The server closed; what is asked now is lost, and told so.
  client.submit(authorize(11, 1));
  const auto lost = client.receive(replies);
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().kind, ClientError::Kind::connection_lost);
  EXPECT_NE(lost.error().message.find("outcome of 1 request"), std::string::npos);
}

TEST(Loopback, AnEndpointKnowsWhetherItIsOne) {
  using Endpoint = Server::Endpoint;
  TestServer server;
  EXPECT_TRUE(server.server->local_endpoint().is_loopback());
  for (const char* host : {"127.0.0.2", "::1"}) EXPECT_TRUE(Endpoint(host, 1).is_loopback());
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1"}) {
    EXPECT_FALSE(Endpoint(host, 1).is_loopback()) << host;
  }
}

TEST(Loopback, ConnectErrorNamesThePeer) {
  std::uint16_t port = 0;
  {
    TestServer server;
    port = server.port();
  }
  ClientOptions options;
  options.port = port;
  const auto client = Client::connect(options);
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().kind, ClientError::Kind::connect);
  EXPECT_NE(client.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
  EXPECT_NE(client.error().message.find("holdfastd"), std::string::npos);
}

TEST(Loopback, ListenErrorsNameTheAddress) {
  TestServer server;
  Lanes lanes(1, 64);
  ServerOptions options;
  options.thread_in_flight_max = options.in_flight_max = 64;
  options.port = server.port();
  auto second = Server::create(options, lanes);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().find("cannot listen on 127.0.0.1:"), std::string::npos)
      << second.error();
  options.in_flight_max = 0;
  second = Server::create(options, lanes);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().find("in_flight_max"), std::string::npos);
  options.in_flight_max = 64;
  options.thread_in_flight_max = 65;
  second = Server::create(options, lanes);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), "thread_in_flight_max is 65; the lanes have room for 64 each");
  options.thread_in_flight_max = 64;
  options.network_threads = 2;
  second = Server::create(options, lanes);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), "1 lanes for 2 network threads; one each is needed");
}

}  // namespace
}  // namespace holdfast::net
