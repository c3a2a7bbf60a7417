#include "tools/cli/gateway.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <variant>
#include <vector>

#include "engine/decision.h"
#include "tools/cli/describe.h"

namespace holdfast::tools {
namespace {

net::Client connect_or_fail(const Globals& globals) {
  const auto endpoint = parse_endpoint(globals.connect);
  if (!endpoint) {
    fail_usage(endpoint.error(), "Name the server with --connect HOST:PORT or HOLDFAST_CONNECT.");
  }
  net::ClientOptions options;
  options.host = endpoint->host;
  options.port = endpoint->port;
  options.gateway_name = "holdfast command line";
  options.reply_timeout = std::chrono::milliseconds(static_cast<long>(globals.timeout_s * 1000));
  options.connect_timeout = std::min(options.connect_timeout, options.reply_timeout);
  auto client = net::Client::connect(options);
  if (!client) throw failure_of(client.error(), {});
  return std::move(*client);
}

std::string retry_advice(RequestId request_id) {
  if (request_id.is_zero()) return "Nothing was changed: run the command again.";
  return fmt::format(
      "Whether it was done is not known. Run the same command again with --request-id {}: it has "
      "one effect however often it is sent, and the answer is the first one.",
      id_text(request_id));
}

}  // namespace

Failure failure_of(const net::ClientError& error, RequestId request_id) {
  using Kind = net::ClientError::Kind;
  Failure failure{.code = ExitCode::unavailable,
                  .kind = {},
                  .message = error.message,
                  .advice = {},
                  .request_id = request_id.is_zero() ? std::string() : id_text(request_id)};
  switch (error.kind) {
    case Kind::connect:
      failure.kind = "connect";
      failure.advice =
          "Start the server (holdfastd --data-dir DIR --listen HOST:PORT), or name the one that "
          "runs with --connect HOST:PORT or HOLDFAST_CONNECT.";
      break;
    case Kind::connection_lost:
      failure.kind = "connection_lost";
      failure.advice = retry_advice(request_id);
      break;
    case Kind::timeout:
      failure.kind = "timeout";
      failure.advice = retry_advice(request_id) + " --timeout allows a longer wait.";
      break;
    case Kind::protocol:
      failure.code = ExitCode::protocol;
      failure.kind = "protocol";
      failure.advice = "Check that the address is a holdfastd's, and its version.";
      if (!request_id.is_zero()) failure.advice.append(" ").append(retry_advice(request_id));
      break;
    case Kind::rejected:
      failure.code = ExitCode::rejected;
      failure.kind = "rejected";
      failure.advice = "Nothing was done. Correct what the server names and run it again.";
      failure.request_id.clear();
      break;
  }
  return failure;
}

std::expected<Endpoint, std::string> parse_endpoint(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return std::unexpected(
        fmt::format("'{}' is not HOST:PORT: {}; write such as {}", text, what, kDefaultEndpoint));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("the port is missing");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("an IPv6 address stands in brackets, such as [::1]:7420");
  }
  if (host.empty()) return wrong("the host is missing");
  const auto port = parse_unsigned(text.substr(colon + 1), 65'535, "a port");
  if (!port) return wrong(port.error());
  if (*port == 0) return wrong("port 0 stands for \"any\"");
  return Endpoint{.host = std::string(host), .port = static_cast<std::uint16_t>(*port)};
}

Gateway::Gateway(const Globals& globals)
    : peer_(globals.connect), client_(connect_or_fail(globals)) {}

template <class T>
T Gateway::take(std::expected<T, net::ClientError> answer, RequestId request_id) {
  if (!answer) throw failure_of(answer.error(), request_id);
  if constexpr (!std::is_void_v<T>) return std::move(*answer);
}

Outcome Gateway::execute(const Command& command) {
  return take(client_.execute(command), command.request_id);
}
void Gateway::execute_all(std::span<const Command> commands,
                          const std::function<bool(const Command&, const Outcome&)>& answered) {
  constexpr std::size_t kUnderWayMax = 256;
  const std::size_t window = std::min<std::size_t>(kUnderWayMax, client_.server().in_flight_max);
  std::size_t sent = 0;
  std::size_t told = 0;
  bool going_on = true;
  std::vector<net::ClientReply> replies;
  while (going_on ? told < commands.size() : client_.under_way() > 0) {
    while (going_on && sent < commands.size() && client_.under_way() < window) {
      client_.submit(commands[sent++]);
    }
    replies.clear();
    take(client_.receive(replies), commands[told].request_id);
    for (const net::ClientReply& reply : replies) {
      if (!going_on) continue;
      const Command& command = commands[told++];
      if (const auto* reject = std::get_if<net::Reject>(&reply.body)) {
        throw failure_of({net::ClientError::Kind::rejected,
                          fmt::format("{} did not take the request: {}", peer_, reject->message)},
                         command.request_id);
      }
      going_on = answered(command, std::get<Outcome>(reply.body));
    }
  }
}
AccountView Gateway::show_account(AccountId account) {
  return take(client_.show_account(account), {});
}
CardView Gateway::show_card(CardToken card) { return take(client_.show_card(card), {}); }
AuthorizationView Gateway::show_authorization(AuthorizationId id, RequestId original) {
  return take(client_.show_authorization(id, original), {});
}
ProgramView Gateway::show_program(ProgramId program) {
  return take(client_.show_program(program), {});
}
StatusView Gateway::show_status(bool with_digest) {
  return take(client_.show_status(with_digest), {});
}
StageProfile Gateway::show_stages() { return take(client_.show_stages(), {}); }
StatusView Gateway::take_snapshot() { return take(client_.take_snapshot(), {}); }
LimitsView Gateway::show_limits(CardToken card) { return take(client_.show_limits(card), {}); }
ShadowsView Gateway::show_shadows(ProgramId program) {
  return take(client_.show_shadows(program), {});
}
RuleSetView Gateway::show_rule_set(ProgramId program, std::uint32_t version) {
  return take(client_.show_rule_set(program, version), {});
}
void Gateway::ping() { take(client_.ping(), {}); }

void print_text(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Failure{.code = ExitCode::output,
                  .kind = "output",
                  .message = fmt::format("standard output cannot be written: {}",
                                         std::strerror(errno)),
                  .advice = "The command itself was carried out; look at its effect with show.",
                  .request_id = {}};
  }
}

void print_report(const Globals& globals, const Report& report) {
  print_text(globals.json ? report.json() : report.human());
}

ExitCode print_outcome(const Globals& globals, const Command& command, const Outcome& outcome,
                       CurrencyCode currency) {
  print_report(globals, describe_outcome(command, outcome, currency));
  return is_approval(outcome.decision) ? ExitCode::ok : ExitCode::declined;
}

}  // namespace holdfast::tools
