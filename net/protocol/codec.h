// Between wire messages and the engine's vocabulary, both ways.
//
// `decode_request` is where bytes from outside become commands: what it lets through has known
// enumerators, no unknown flags, zero in what is reserved, printable text and a request id. Whether
// the values make sense together is the engine's to decide. No state; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/request.h"
#include "net/protocol/frame.h"
#include "net/protocol/messages.h"
#include "net/protocol/reject.h"

namespace holdfast::net {

/// What a `RequestKind::pass_through` stands for; kept in the high byte of `ReplyRoute::tag`.
enum class PassThrough : std::uint8_t { hello = 1, heartbeat = 2, goodbye = 3, reject = 4 };

/// Marks a request as passed through. `route.tag` and `route.detail` are set, the rest stays.
void set_pass_through(Request& request, PassThrough what);
void set_reject(Request& request, const Refusal& refusal);
/// Hello's reply tells the version that both speak.
void set_hello(Request& request, std::uint16_t schema_version);
[[nodiscard]] PassThrough pass_through_of(const ReplyRoute& route);
[[nodiscard]] Refusal refusal_of(const ReplyRoute& route);

/// What HelloReply tells of a server.
struct HelloFacts {
  std::uint32_t in_flight_max = 0;
  std::uint32_t idle_timeout_ms = 0;
  LogId log_id;
  std::string_view server_name;  // up to 31 characters are told
};

/// Server: a frame of `scan_frame` (not refused there) as a request: kind, correlation and payload,
/// or for Hello, Heartbeat and Goodbye a pass-through. On refusal the request is not to be used.
[[nodiscard]] std::optional<Refusal> decode_request(const Frame& frame, bool greeted,
                                                    Request& request);

/// Server: the reply as a frame. `out` has room for `wire::kReplyFrameBytesMax`.
[[nodiscard]] std::size_t encode_reply(const Reply& reply, const HelloFacts& facts,
                                       std::span<std::byte> out);
[[nodiscard]] std::size_t encode_reject(const Refusal& refusal, std::uint64_t correlation,
                                        std::span<std::byte> out);

/// Client: `command.kind` is one of those that may come from outside. Returns the frame's bytes;
/// `out` has room for `limits::frame_bytes_max`.
[[nodiscard]] std::size_t encode_command(const Command& command, std::uint64_t correlation,
                                         std::span<std::byte> out);
/// Client: `kind` is a show_… or pass_through (a Heartbeat).
[[nodiscard]] std::size_t encode_inquiry(RequestKind kind, const Inquiry& inquiry,
                                         std::uint64_t correlation, std::span<std::byte> out);
/// Client: the limits of a card from `first` on. (`encode_inquiry` asks for the first page.)
[[nodiscard]] std::size_t encode_show_limits(CardToken card, std::uint16_t first,
                                             std::uint64_t correlation, std::span<std::byte> out);
/// Client: the shadow with the lowest version from `from_version` on, its tallies from
/// `first_tally` on. (`encode_inquiry` asks for the first of the first.)
[[nodiscard]] std::size_t encode_show_shadows(ProgramId program, std::uint32_t from_version,
                                              std::uint16_t first_tally, std::uint64_t correlation,
                                              std::span<std::byte> out);
[[nodiscard]] std::size_t encode_hello(std::string_view gateway_name, std::uint64_t correlation,
                                       std::span<std::byte> out);

/// The template id that stands for a command on the wire; 0 for those that never travel.
[[nodiscard]] std::uint16_t template_of(CommandKind kind);

[[nodiscard]] Outcome to_outcome(const wire::OutcomeReply& reply);
[[nodiscard]] AccountView to_view(const wire::AccountReply& reply);
[[nodiscard]] CardView to_view(const wire::CardReply& reply);
[[nodiscard]] AuthorizationView to_view(const wire::AuthorizationReply& reply);
[[nodiscard]] ProgramView to_view(const wire::ProgramReply& reply);
[[nodiscard]] StatusView to_view(const wire::StatusReply& reply);
/// The limits of this page only.
[[nodiscard]] LimitsView to_view(const wire::LimitsReply& reply);
/// The one shadow of this page, if it tells one, with the tallies of this page.
[[nodiscard]] ShadowsView to_view(const wire::ShadowsReply& reply);
/// The rows of this page. One that is no row of a rule set is left out: count them.
[[nodiscard]] RuleSetView to_view(const wire::RuleSetReply& reply);
/// The buckets of this page.
[[nodiscard]] StagePage to_view(const wire::StagesReply& reply);

/// 128-bit ids keep their halves.
template <class Id>
[[nodiscard]] constexpr wire::Id128 to_wire(const Id& id) {
  return {id.low, id.high};
}
template <class Id>
[[nodiscard]] constexpr Id to_id(const wire::Id128& id) {
  return Id{id.low, id.high};
}
/// Fills a wire text field with as much of `text` as fits, keeping a zero at its end.
void set_text(std::span<char> field, std::string_view text);
/// A zero-filled (or full) wire text field as text.
[[nodiscard]] std::string_view text_of(std::span<const char> field);

}  // namespace holdfast::net
