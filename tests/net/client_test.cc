// The client against a server that does not behave, and against a newer one.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <optional>
#include <thread>

#include "tests/net/fake_core.h"
#include "tests/net/raw_peer.h"

namespace holdfast::net {
namespace {

using test::append;
using test::authorize;
using test::Bytes;

// Takes one connection, runs a script on it, closes it.
class ScriptedServer {
 public:
  using Script = std::function<void(int fd)>;
  explicit ScriptedServer(Script script) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    HOLDFAST_CHECK(::bind(listener_, plain, length) == 0 && ::listen(listener_, 1) == 0 &&
                       ::getsockname(listener_, plain, &length) == 0,
                   "a test needs a listening socket");
    options.port = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(script)] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      script(fd);
      ::close(fd);
    });
  }
  ~ScriptedServer() {
    thread_.join();
    ::close(listener_);
  }

  ClientOptions options;

 private:
  int listener_ = -1;
  std::thread thread_;
};

// Reads whole requests, `count` of them.
void take_requests(int fd, int count) {
  Bytes bytes;
  while (count > 0) {
    std::byte byte{};
    if (::recv(fd, &byte, 1, 0) != 1) return;
    bytes.push_back(byte);
    if (scan_frame(bytes).status != FrameStatus::whole) continue;
    bytes.clear();
    --count;
  }
}

void send_all(int fd, const Bytes& bytes) {
  HOLDFAST_CHECK(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                     static_cast<ssize_t>(bytes.size()),
                 "a small message fits the socket");
}

template <class Message>
Bytes reply_frame(std::uint64_t correlation, Message message = {}) {
  message.correlation_id = correlation;
  Bytes bytes(wire::kFrameBytes<Message>);
  (void)write_frame(message, std::span(bytes));
  return bytes;
}

Bytes hello_reply() {
  wire::HelloReply reply;
  reply.schema_version = 1;
  reply.in_flight_max = 8;
  return reply_frame(1, reply);
}

// Greets, then answers the next request with `answer`.
ScriptedServer::Script greet_then(Bytes answer) {
  return [answer](int fd) {
    take_requests(fd, 1);
    send_all(fd, hello_reply());
    take_requests(fd, 1);
    send_all(fd, answer);
  };
}

ClientError error_of_execute(ScriptedServer& server) {
  auto client = Client::connect(server.options);
  HOLDFAST_CHECK(client.has_value(), "the scripted server greets");
  const auto outcome = client->execute(authorize(1, 1));
  HOLDFAST_CHECK(!outcome.has_value(), "the scripted server misbehaves");
  // The same again: a connection that is broken stays broken.
  const auto again = client->execute(authorize(1, 1));
  EXPECT_FALSE(again.has_value());
  return outcome.error();
}

TEST(Client, TellsNonsenseFromReplies) {
  Bytes other_schema = reply_frame<wire::HeartbeatReply>(2);
  other_schema[12] = std::byte{9};
  Bytes no_reply = reply_frame<wire::HeartbeatReply>(2);
  no_reply[10] = std::byte{17};  // a request's template
  Bytes short_body = reply_frame<wire::HeartbeatReply>(2);
  short_body[10] = std::byte{110};  // OutcomeReply of 8 bytes
  const struct {
    Bytes answer;
    const char* part;
  } cases[] = {
      {Bytes(64, std::byte{0xFF}), "impossible length"},
      {other_schema, "another schema"},
      {no_reply, "template id 17 is not a reply"},
      {short_body, "block length is wrong"},
      {reply_frame<wire::OutcomeReply>(7), "correlation 7 where 2 was due"},
      {reply_frame<wire::HeartbeatReply>(2), "another kind than was asked for"},
  };
  for (const auto& nonsense : cases) {
    ScriptedServer server(greet_then(nonsense.answer));
    const ClientError error = error_of_execute(server);
    EXPECT_EQ(error.kind, ClientError::Kind::protocol) << error.message;
    EXPECT_NE(error.message.find(nonsense.part), std::string::npos) << error.message;
  }
}

TEST(Client, MoreRepliesThanRequestsAreNonsense) {
  ScriptedServer server([](int fd) {
    take_requests(fd, 1);
    Bytes bytes = hello_reply();
    append(bytes, reply_frame<wire::HeartbeatReply>(2));
    send_all(fd, bytes);
    take_requests(fd, 1);
  });
  // The surplus is seen when it comes, with the HelloReply or after it.
  std::optional<ClientError> error;
  if (auto client = Client::connect(server.options); !client) {
    error = client.error();
  } else {
    const auto pong = client->ping();
    ASSERT_FALSE(pong.has_value());
    error = pong.error();
  }
  EXPECT_EQ(error->kind, ClientError::Kind::protocol) << error->message;
}

TEST(Client, ALostConnectionLeavesTheOutcomeUnknown) {
  ScriptedServer server([](int fd) {
    take_requests(fd, 1);
    send_all(fd, hello_reply());
    take_requests(fd, 1);
    Bytes half = reply_frame<wire::OutcomeReply>(2);
    half.resize(half.size() / 2);
    send_all(fd, half);
  });
  const ClientError error = error_of_execute(server);
  EXPECT_EQ(error.kind, ClientError::Kind::connection_lost);
  EXPECT_NE(error.message.find("the same request ids"), std::string::npos) << error.message;
}

TEST(Client, AReplyThatDoesNotComeIsATimeout) {
  ScriptedServer server([](int fd) {
    take_requests(fd, 1);
    send_all(fd, hello_reply());
    take_requests(fd, 2);  // until the client gives up and closes
  });
  server.options.reply_timeout = std::chrono::milliseconds(500);  // for the greeting, too
  const ClientError error = error_of_execute(server);
  EXPECT_EQ(error.kind, ClientError::Kind::timeout);
  EXPECT_NE(error.message.find("within 500 ms"), std::string::npos) << error.message;
}

TEST(Client, AServerThatIsNotHoldfastIsTold) {
  ScriptedServer server([](int fd) {
    const char text[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    Bytes bytes(sizeof text - 1);
    std::memcpy(bytes.data(), text, bytes.size());
    send_all(fd, bytes);
    take_requests(fd, 1);
  });
  const auto client = Client::connect(server.options);
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().kind, ClientError::Kind::protocol) << client.error().message;
}

TEST(Client, ANewerServersLongerReplyIsUnderstood) {
  wire::OutcomeReply reply;
  reply.decision = 60'000;  // a decision of a later version
  reply.amount = 42;
  Bytes longer = reply_frame(2, reply);
  longer.resize(longer.size() + 16, std::byte{0x55});
  longer[0] = static_cast<std::byte>(longer.size());
  longer[8] = static_cast<std::byte>(longer.size() - 16);
  longer[14] = std::byte{2};
  ScriptedServer server(greet_then(longer));
  auto client = Client::connect(server.options);
  ASSERT_TRUE(client.has_value());
  const auto outcome = client->execute(authorize(1, 1));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(outcome->amount, Money{42});
  EXPECT_FALSE(is_approval(outcome->decision));
  EXPECT_EQ(decision_name(outcome->decision), "unknown_decision");
}

TEST(Client, ARejectedRequestLeavesTheConnectionUsable) {
  test::TestServer server;
  auto client = server.client();
  Command wrong = authorize(1, 1);
  wrong.authorize.channel = static_cast<Channel>(99);
  const auto rejected = client.execute(wrong);
  ASSERT_FALSE(rejected.has_value());
  EXPECT_EQ(rejected.error().kind, ClientError::Kind::rejected);
  EXPECT_NE(rejected.error().message.find("Authorize.channel"), std::string::npos);
  // Pipelined, it stands in its place among the replies.
  client.submit(authorize(2, 1));
  client.submit(wrong);
  client.submit(authorize(3, 1));
  std::vector<ClientReply> replies;
  while (replies.size() < 3) ASSERT_TRUE(client.receive(replies).has_value());
  EXPECT_TRUE(std::holds_alternative<Outcome>(replies[0].body));
  ASSERT_TRUE(std::holds_alternative<Reject>(replies[1].body));
  EXPECT_EQ(std::get<Reject>(replies[1].body).code,
            static_cast<std::uint16_t>(RejectCode::field_out_of_range));
  EXPECT_TRUE(std::holds_alternative<Outcome>(replies[2].body));
  EXPECT_TRUE(client.ping().has_value());
}

TEST(Client, AHostThatDoesNotExistIsTold) {
  ClientOptions options;
  options.host = "no-such-host.invalid";
  options.port = 1;
  const auto client = Client::connect(options);
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().kind, ClientError::Kind::connect);
  EXPECT_NE(client.error().message.find("no-such-host.invalid:1"), std::string::npos);
}

// A writer that never reads would wait for a server that waits for it: `flush` takes replies.
TEST(Client, FlushOfMoreThanTheServerTakesEnds) {
  ServerOptions options;
  options.write_bytes_max = 16 * 1024;
  options.send_buffer_bytes = 256 * 1024;
  test::TestServer server(options);
  auto client = server.client();
  constexpr std::uint64_t kRequests = 100'000;  // more than both kernels hold
  for (std::uint64_t i = 0; i < kRequests; ++i) client.submit(authorize(i + 1, 1));
  const auto flushed = client.flush();
  ASSERT_TRUE(flushed.has_value()) << flushed.error().message;
  std::vector<ClientReply> replies;
  while (replies.size() < kRequests) {
    const auto received = client.receive(replies);
    ASSERT_TRUE(received.has_value()) << received.error().message;
  }
  EXPECT_EQ(client.under_way(), 0u);
}

TEST(Client, TakesAllPagesOfAllStagesAtOnce) {
  test::TestServer server;
  Client client = server.client();
  const auto profile = client.show_stages();
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->uptime_ns, 77u);
  for (std::size_t stage = 0; stage < kStages; ++stage) {
    const StageCounts& counts = profile->stages[stage];
    ASSERT_EQ(counts.buckets.size(), kStageBuckets);
    for (std::size_t i = 0; i < kStageBuckets; ++i) {
      ASSERT_EQ(counts.buckets[i], 10 * i + stage) << "stage " << stage;
    }
    EXPECT_EQ(counts.sum_ns, 1'000'000 + stage);
    EXPECT_EQ(counts.max_ns, 2'000'000'000 + stage);
  }
}

TEST(Client, AnOlderServerHasNoStageTimesToTell) {
  ScriptedServer server([](int fd) {
    take_requests(fd, 1);
    send_all(fd, hello_reply());
  });
  auto client = Client::connect(server.options);
  ASSERT_TRUE(client);
  const auto profile = client->show_stages();
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().kind, ClientError::Kind::rejected);
  EXPECT_NE(profile.error().message.find("newer holdfastd"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::net
