// One connection to a server for the length of one subcommand: connects, asks, and turns everything
// that can go wrong into a `Failure` that says what to do next.
//
// When the outcome of a command is not known (connection lost, no answer in time) the failure names
// the request id to retry with. Thread: the only one.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "net/client/client.h"
#include "tools/cli/failure.h"
#include "tools/cli/options.h"
#include "tools/cli/report.h"

namespace holdfast::tools {

class Gateway {
 public:
  /// Connects to `globals.connect`.
  explicit Gateway(const Globals& globals);

  /// "127.0.0.1:7420".
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] const net::ServerInfo& server() const { return client_.server(); }

  [[nodiscard]] Outcome execute(const Command& command);
  /// Sends them in this order without waiting for each answer, and tells `answered` every outcome
  /// in the same order until it returns false. What is under way then is still answered and not
  /// told. With a lost connection it is not known which of them were done.
  void execute_all(std::span<const Command> commands,
                   const std::function<bool(const Command&, const Outcome&)>& answered);
  [[nodiscard]] AccountView show_account(AccountId account);
  [[nodiscard]] CardView show_card(CardToken card);
  [[nodiscard]] AuthorizationView show_authorization(AuthorizationId id, RequestId original);
  [[nodiscard]] ProgramView show_program(ProgramId program);
  [[nodiscard]] StatusView show_status(bool with_digest);
  [[nodiscard]] StageProfile show_stages();
  [[nodiscard]] StatusView take_snapshot();
  [[nodiscard]] LimitsView show_limits(CardToken card);
  [[nodiscard]] ShadowsView show_shadows(ProgramId program);
  /// Version 0: the active one.
  [[nodiscard]] RuleSetView show_rule_set(ProgramId program, std::uint32_t version);
  void ping();

 private:
  template <class T>
  T take(std::expected<T, net::ClientError> answer, RequestId request_id);

  std::string peer_;
  net::Client client_;
};

/// Where a server is asked for unless --connect or HOLDFAST_CONNECT says otherwise.
inline constexpr std::string_view kDefaultEndpoint = "127.0.0.1:7420";

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

/// "HOST:PORT", "[::1]:7420".
[[nodiscard]] std::expected<Endpoint, std::string> parse_endpoint(std::string_view text);

/// The failure that a client's error is; `request_id` zero: the request changes nothing.
[[nodiscard]] Failure failure_of(const net::ClientError& error, RequestId request_id);

/// Prints the answer to a command and returns `ok` or `declined`.
[[nodiscard]] ExitCode print_outcome(const Globals& globals, const Command& command,
                                     const Outcome& outcome, CurrencyCode currency);

/// Prints in the form that was asked for; fails if standard output cannot be written.
void print_report(const Globals& globals, const Report& report);
void print_text(std::string_view text);

}  // namespace holdfast::tools
