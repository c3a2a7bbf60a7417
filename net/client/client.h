// A gateway's side of one connection: blocking calls for people and tools, pipelined ones for load.
//
// Speaks the engine's own vocabulary (Command, Outcome, the views of engine/request.h); the bytes
// are `net/protocol`'s. Replies come in the order of the requests. A lost connection leaves the
// outcome of requests under way unknown: connect again and send them again with the same request
// ids; the answers are the original ones. Thread: one at a time; make one Client a thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/stage_times.h"
#include "net/client/socket.h"

namespace holdfast::net {

struct ClientOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  /// Told in Hello and shown in the server's log; up to 31 characters.
  std::string gateway_name = "holdfast-client";
  std::chrono::milliseconds connect_timeout{5'000};
  /// Longest wait for one reply by the blocking calls.
  std::chrono::milliseconds reply_timeout{30'000};
};

struct ClientError {
  enum class Kind : std::uint8_t {
    connect,        // no connection could be made
    connection_lost,  // the peer closed or the socket failed; outcomes under way are unknown
    timeout,        // no reply in time; the outcome is unknown
    protocol,       // the peer sent bytes that are not the protocol's
    rejected,       // the server answered with a Reject: the request was not taken
  };
  Kind kind{};
  std::string message;  // a whole sentence for a person, naming the peer
};

/// What the server told in its HelloReply.
struct ServerInfo {
  std::uint16_t schema_version = 0;
  std::uint32_t frame_bytes_max = 0;
  std::uint32_t in_flight_max = 0;
  std::uint32_t idle_timeout_ms = 0;  // 0: none
  LogId log_id;
  std::string server_name;
};

/// The server did not take a request: it was malformed. Nothing was done.
struct Reject {
  std::uint16_t code = 0;  // net/protocol's RejectCode
  std::string message;
};

struct Pong {};

/// Limits `first` and following of a card's `total`; the next page is asked for from behind them.
struct LimitsPage {
  LimitsView view;
  std::uint16_t first = 0;
  std::uint16_t total = 0;
};

/// One shadow with its tallies `first_tally` and following of `tallies`; further shadows are asked
/// for from behind its version.
struct ShadowsPage {
  ShadowsView view;
  std::uint16_t shadows_behind = 0;
  std::uint16_t first_tally = 0;
  std::uint16_t tallies = 0;
};

struct ClientReply {
  std::uint64_t correlation = 0;
  std::variant<Pong, Outcome, AccountView, CardView, AuthorizationView, ProgramView, StatusView,
               LimitsPage, ShadowsPage, RuleSetView, StagePage, Reject>
      body;
};

/// A connection that has said Hello, for a caller that speaks the protocol itself.
struct DetachedClient {
  ClientSocket socket;
  std::uint64_t last_correlation = 0;  // the next request carries the one behind it
};

class Client {
 public:
  /// Connects and exchanges Hello.
  [[nodiscard]] static std::expected<Client, ClientError> connect(const ClientOptions& options);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  [[nodiscard]] const ServerInfo& server() const;

  // Blocking: send one, wait for its reply. Not while pipelined requests are under way.
  [[nodiscard]] std::expected<Outcome, ClientError> execute(const Command& command);
  [[nodiscard]] std::expected<AccountView, ClientError> show_account(AccountId account);
  [[nodiscard]] std::expected<CardView, ClientError> show_card(CardToken card);
  [[nodiscard]] std::expected<AuthorizationView, ClientError> show_authorization(
      AuthorizationId id, RequestId original);
  [[nodiscard]] std::expected<ProgramView, ClientError> show_program(ProgramId program);
  [[nodiscard]] std::expected<StatusView, ClientError> show_status(bool with_digest);
  /// Has a snapshot begun. It counts when `snapshots.report.newest_position` of a later status has
  /// reached this answer's `position`.
  [[nodiscard]] std::expected<StatusView, ClientError> take_snapshot();
  /// All limits of a card, of one version of its rule set. Up to 11 come in one reply and hold at
  /// one position; of more, `position` is that of the first 11 and later ones hold after it.
  [[nodiscard]] std::expected<LimitsView, ClientError> show_limits(CardToken card);
  /// What all shadows of a program answered. Each shadow is asked for by itself, and 18 tallies at
  /// a time: `position`, and what a shadow says of itself, are those of the first reply about it;
  /// payments that were judged meanwhile are in what came later.
  [[nodiscard]] std::expected<ShadowsView, ClientError> show_shadows(ProgramId program);
  /// All rows of a version (0: the active one) of a program's rule set.
  [[nodiscard]] std::expected<RuleSetView, ClientError> show_rule_set(ProgramId program,
                                                                      std::uint32_t version);
  /// How long requests spent in each stage of the server since its start. All is asked for at once
  /// and read by the server within a moment; two of them, the second `since` the first, tell what
  /// came between. Error `rejected` from a server of a schema version below 5.
  [[nodiscard]] std::expected<StageProfile, ClientError> show_stages();
  [[nodiscard]] std::expected<void, ClientError> ping();
  /// Tells the server goodbye and waits until it has answered all.
  [[nodiscard]] std::expected<void, ClientError> goodbye();

  // Pipelined: `submit…` only encodes (never blocks); the caller keeps requests under way within
  // `server().in_flight_max`. Returns the correlation id that the reply will carry.
  std::uint64_t submit(const Command& command);
  /// Of what comes in pages: the first, or for rows of a rule set the one that `inquiry` names.
  std::uint64_t submit_inquiry(RequestKind kind, const Inquiry& inquiry);
  /// Requests submitted and not yet answered.
  [[nodiscard]] std::size_t under_way() const;

  /// Writes what the socket takes without waiting; true when nothing is left to write.
  [[nodiscard]] std::expected<bool, ClientError> flush_some();
  /// Writes all, waiting for the socket.
  [[nodiscard]] std::expected<void, ClientError> flush();
  /// Appends the replies that are there without waiting; returns how many.
  [[nodiscard]] std::expected<std::size_t, ClientError> receive_some(
      std::vector<ClientReply>& replies);
  /// Waits for at least one reply (at most `reply_timeout`), then as `receive_some`. Writes what is
  /// pending while it waits.
  [[nodiscard]] std::expected<std::size_t, ClientError> receive(std::vector<ClientReply>& replies);

  /// Gives the connection away; nothing is under way. The client is not to be used after it.
  [[nodiscard]] DetachedClient detach() &&;

  /// The socket, for poll or epoll by the caller; owned by the client.
  [[nodiscard]] int native_handle() const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::net
