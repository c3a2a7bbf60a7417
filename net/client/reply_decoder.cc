#include "net/client/reply_decoder.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "net/protocol/codec.h"

namespace holdfast::net {
namespace {

using Decoded = std::expected<ClientReply, std::string>;

template <class Message>
Decoded decode_as(const Frame& frame) {
  if (check_block(frame, wire::Layout<Message>::kBlockLengthFirst)) {
    return std::unexpected("a reply whose block length is wrong");
  }
  const auto message = body_as<Message>(frame);
  if constexpr (std::is_same_v<Message, wire::HelloReply> ||
                std::is_same_v<Message, wire::HeartbeatReply> ||
                std::is_same_v<Message, wire::GoodbyeReply>) {
    return ClientReply{frame.correlation, Pong{}};
  } else if constexpr (std::is_same_v<Message, wire::Reject>) {
    return ClientReply{frame.correlation, Reject{message.code, std::string(text_of(message.text))}};
  } else if constexpr (std::is_same_v<Message, wire::OutcomeReply>) {
    return ClientReply{frame.correlation, to_outcome(message)};
  } else if constexpr (std::is_same_v<Message, wire::LimitsReply>) {
    return ClientReply{frame.correlation,
                       LimitsPage{to_view(message), message.first, message.total}};
  } else if constexpr (std::is_same_v<Message, wire::ShadowsReply>) {
    return ClientReply{frame.correlation, ShadowsPage{to_view(message), message.shadows_behind,
                                                      message.first_tally, message.tallies}};
  } else if constexpr (std::is_same_v<Message, wire::RuleSetReply>) {
    RuleSetView view = to_view(message);
    if (view.rows.size() != message.rows) return std::unexpected("a row that no rule set has");
    return ClientReply{frame.correlation, std::move(view)};
  } else {
    return ClientReply{frame.correlation, to_view(message)};
  }
}

}  // namespace

Decoded decode_reply(const Frame& frame) {
  switch (static_cast<wire::TemplateId>(frame.header.template_id)) {
#define HOLDFAST_DECODE_REPLY(name, id, first, now) \
  case wire::TemplateId::name:                      \
    return decode_as<wire::name>(frame);
    HOLDFAST_WIRE_REPLIES(HOLDFAST_DECODE_REPLY)
#undef HOLDFAST_DECODE_REPLY
    default:
      return std::unexpected(
          fmt::format("template id {} is not a reply", frame.header.template_id));
  }
}

ServerInfo server_info_of(const Frame& hello_reply) {
  const auto message = body_as<wire::HelloReply>(hello_reply);
  return {message.schema_version,  message.frame_bytes_max,        message.in_flight_max,
          message.idle_timeout_ms, to_id<LogId>(message.log_id),
          std::string(text_of(message.server_name))};
}

}  // namespace holdfast::net
