// Requests: bytes to commands and inquiries (the server), and back (the client). The fields of each
// command are taken over in command_fields_*.cc.
#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "net/protocol/codec.h"
#include "net/protocol/command_fields.h"

namespace holdfast::net {
namespace {

#define AT(Message, member) offsetof(wire::Message, member)

void decode(const wire::ShowAccount& m, Inquiry& q, FieldCheck&) {
  q.account = to_id<AccountId>(m.account_id);
}
void decode(const wire::ShowCard& m, Inquiry& q, FieldCheck&) {
  q.card = to_id<CardToken>(m.card_token);
}
void decode(const wire::ShowAuthorization& m, Inquiry& q, FieldCheck&) {
  q.authorization = AuthorizationId{m.authorization_id};
  q.original_request = to_id<RequestId>(m.original_request_id);
}
void decode(const wire::ShowProgram& m, Inquiry& q, FieldCheck& check) {
  check.zero(AT(ShowProgram, reserved), m.reserved);
  q.program = ProgramId{m.program_id};
}
void decode(const wire::ShowStatus& m, Inquiry& q, FieldCheck& check) {
  check.zero(AT(ShowStatus, reserved), m.reserved);
  check.at_most(AT(ShowStatus, with_digest), m.with_digest, 1);
  q.with_digest = m.with_digest;
}

void decode(const wire::TakeSnapshot&, Inquiry&, FieldCheck&) {}

void decode(const wire::ShowStages& m, Inquiry& q, FieldCheck& check) {
  check.zero(AT(ShowStages, reserved1), m.reserved1);
  check.zero(AT(ShowStages, reserved2), m.reserved2);
  check.at_most(AT(ShowStages, stage), m.stage, kStages - 1);
  check.at_most(AT(ShowStages, first_bucket), m.first_bucket, kStageBuckets - 1);
  q.stage = static_cast<Stage>(m.stage);
  q.first_bucket = m.first_bucket;
}

void decode(const wire::ShowRuleSet& m, Inquiry& q, FieldCheck& check) {
  check.zero(AT(ShowRuleSet, reserved), m.reserved);
  q.program = ProgramId{m.program_id};
  q.rule_set_version = m.rule_set_version;
  q.first_row = m.first_row;
}

/// Which page is asked for goes with the route: the engine tells all, `encode_reply` cuts the page.
std::optional<Refusal> decode_show_limits(const Frame& frame, Request& request) {
  FieldCheck check(frame.header.template_id, frame.header.version);
  const auto message = body_as<wire::ShowLimits>(frame);
  check.zero(AT(ShowLimits, reserved), message.reserved);
  request.kind = RequestKind::show_limits;
  request.inquiry = Inquiry{};
  request.inquiry.card = to_id<CardToken>(message.card_token);
  request.route.detail = message.first;
  return check.refusal();
}

/// As `decode_show_limits`: the engine tells all shadows, `encode_reply` cuts the page.
std::optional<Refusal> decode_show_shadows(const Frame& frame, Request& request) {
  FieldCheck check(frame.header.template_id, frame.header.version);
  const auto message = body_as<wire::ShowShadows>(frame);
  check.zero(AT(ShowShadows, reserved), message.reserved);
  request.kind = RequestKind::show_shadows;
  request.inquiry = Inquiry{};
  request.inquiry.program = ProgramId{message.program_id};
  request.route.detail = message.from_version;
  request.route.tag = message.first_tally;
  return check.refusal();
}

template <class Message, class Body>
std::optional<Refusal> decode_command(const Frame& frame, CommandKind kind, Body Command::*member,
                                      Request& request) {
  const auto message = body_as<Message>(frame);
  FieldCheck check(frame.header.template_id, frame.header.version);
  Command& command = request.command;
  command = Command{};
  command.kind = kind;
  command.request_id = to_id<RequestId>(message.request_id);
  command.*member = Body{};
  decode(message, command.*member, check);
  check.given(offsetof(Message, request_id), message.request_id);
  request.kind = RequestKind::command;
  return check.refusal();
}

template <class Message>
std::optional<Refusal> decode_inquiry(const Frame& frame, RequestKind kind, Request& request) {
  FieldCheck check(frame.header.template_id, frame.header.version);
  request.inquiry = Inquiry{};
  decode(body_as<Message>(frame), request.inquiry, check);
  request.kind = kind;
  return check.refusal();
}

std::optional<Refusal> decode_hello(const Frame& frame, Request& request) {
  const auto hello = body_as<wire::Hello>(frame);
  FieldCheck check(frame.header.template_id, frame.header.version);
  check.zero(AT(Hello, reserved1), hello.reserved1);
  check.zero(AT(Hello, reserved2), hello.reserved2);
  check.text(AT(Hello, gateway_name), hello.gateway_name);
  if (hello.schema_version < wire::kSchemaVersionMin) {
    return Refusal{RejectCode::unsupported_version, frame.header.template_id, hello.schema_version};
  }
  set_hello(request, std::min(hello.schema_version, wire::kSchemaVersion));
  return check.refusal();
}

constexpr std::uint16_t request_length_first(std::uint16_t template_id) {
  switch (static_cast<wire::TemplateId>(template_id)) {
#define HOLDFAST_LENGTH_FIRST(name, id, first, now) \
  case wire::TemplateId::name:                \
    return first;
    HOLDFAST_WIRE_REQUESTS(HOLDFAST_LENGTH_FIRST)
#undef HOLDFAST_LENGTH_FIRST
    default:
      return 0;
  }
}

// All that the header and the state of the session can tell, in the order of the reject codes.
std::optional<Refusal> judge_header(const Frame& frame, bool greeted) {
  const wire::FrameHeader& header = frame.header;
  const std::uint16_t length_first = request_length_first(header.template_id);
  if (length_first == 0) return Refusal{RejectCode::unknown_template, header.template_id, 0};
  if (auto refusal = check_block(frame, length_first)) return refusal;
  const bool is_hello = header.template_id == wire::Layout<wire::Hello>::kTemplateId;
  if (!greeted && !is_hello) return Refusal{RejectCode::hello_required, header.template_id, 0};
  if (greeted && is_hello) return Refusal{RejectCode::already_greeted, header.template_id, 0};
  const auto not_zero = [&](std::size_t offset) {
    return Refusal{RejectCode::reserved_not_zero, header.template_id,
                   static_cast<std::uint32_t>(offset)};
  };
  if (header.flags != 0) return not_zero(offsetof(wire::FrameHeader, flags));
  if (header.reserved != 0) return not_zero(offsetof(wire::FrameHeader, reserved));
  return std::nullopt;
}

template <class Message, class Body>
std::size_t encode_command_as(const Command& command, const Body& body, std::uint64_t correlation,
                              std::span<std::byte> out) {
  Message message;
  message.correlation_id = correlation;
  message.request_id = to_wire(command.request_id);
  encode(body, message);
  return write_frame(message, out);
}

}  // namespace

std::optional<Refusal> decode_request(const Frame& frame, bool greeted, Request& request) {
  request.correlation = frame.correlation;
  if (auto refusal = judge_header(frame, greeted)) return refusal;
  using enum wire::TemplateId;
  switch (static_cast<wire::TemplateId>(frame.header.template_id)) {
#define HOLDFAST_DECODE(member, Message) \
  case Message:                          \
    return decode_command<wire::Message>(frame, CommandKind::member, &Command::member, request);
    HOLDFAST_OUTSIDE_COMMANDS(HOLDFAST_DECODE)
#undef HOLDFAST_DECODE
    case ShowAccount:
      return decode_inquiry<wire::ShowAccount>(frame, RequestKind::show_account, request);
    case ShowCard:
      return decode_inquiry<wire::ShowCard>(frame, RequestKind::show_card, request);
    case ShowAuthorization:
      return decode_inquiry<wire::ShowAuthorization>(frame, RequestKind::show_authorization,
                                                     request);
    case ShowProgram:
      return decode_inquiry<wire::ShowProgram>(frame, RequestKind::show_program, request);
    case ShowStatus:
      return decode_inquiry<wire::ShowStatus>(frame, RequestKind::show_status, request);
    case TakeSnapshot:
      return decode_inquiry<wire::TakeSnapshot>(frame, RequestKind::take_snapshot, request);
    case ShowLimits:
      return decode_show_limits(frame, request);
    case ShowShadows:
      return decode_show_shadows(frame, request);
    case ShowRuleSet:
      return decode_inquiry<wire::ShowRuleSet>(frame, RequestKind::show_rule_set, request);
    case ShowStages:
      return decode_inquiry<wire::ShowStages>(frame, RequestKind::show_stages, request);
    case Hello:
      return decode_hello(frame, request);
    case Heartbeat:
      set_pass_through(request, PassThrough::heartbeat);
      return std::nullopt;
    case Goodbye:
      set_pass_through(request, PassThrough::goodbye);
      return std::nullopt;
    default:
      return Refusal{RejectCode::unknown_template, frame.header.template_id, 0};
  }
}

std::uint16_t template_of(CommandKind kind) {
  switch (kind) {
#define HOLDFAST_TEMPLATE_OF(member, Message) \
  case CommandKind::member:                   \
    return wire::Layout<wire::Message>::kTemplateId;
    HOLDFAST_OUTSIDE_COMMANDS(HOLDFAST_TEMPLATE_OF)
#undef HOLDFAST_TEMPLATE_OF
    case CommandKind::expire:
    case CommandKind::configure:
      return 0;
  }
  return 0;
}

std::size_t encode_command(const Command& command, std::uint64_t correlation,
                           std::span<std::byte> out) {
  switch (command.kind) {
#define HOLDFAST_ENCODE(member, Message)                                                       \
  case CommandKind::member:                                                                    \
    return encode_command_as<wire::Message>(command, command.member, correlation, out);
    HOLDFAST_OUTSIDE_COMMANDS(HOLDFAST_ENCODE)
#undef HOLDFAST_ENCODE
    case CommandKind::expire:
    case CommandKind::configure:
      break;
  }
  HOLDFAST_CHECK(false, "expire and configure are the engine's own and never travel");
  return 0;
}

std::size_t encode_inquiry(RequestKind kind, const Inquiry& inquiry, std::uint64_t correlation,
                           std::span<std::byte> out) {
  switch (kind) {
    case RequestKind::show_account:
      return write_frame(wire::ShowAccount{correlation, to_wire(inquiry.account)}, out);
    case RequestKind::show_card:
      return write_frame(wire::ShowCard{correlation, to_wire(inquiry.card)}, out);
    case RequestKind::show_authorization:
      return write_frame(wire::ShowAuthorization{correlation, inquiry.authorization.value,
                                                 to_wire(inquiry.original_request)},
                         out);
    case RequestKind::show_program:
      return write_frame(wire::ShowProgram{correlation, inquiry.program.value, 0}, out);
    case RequestKind::show_status: {
      wire::ShowStatus message;
      message.correlation_id = correlation;
      message.with_digest = inquiry.with_digest != 0 ? 1 : 0;
      return write_frame(message, out);
    }
    case RequestKind::take_snapshot:
      return write_frame(wire::TakeSnapshot{correlation}, out);
    case RequestKind::show_limits:
      return encode_show_limits(inquiry.card, 0, correlation, out);
    case RequestKind::show_shadows:
      return encode_show_shadows(inquiry.program, 0, 0, correlation, out);
    case RequestKind::show_rule_set:
      return write_frame(wire::ShowRuleSet{correlation, inquiry.program.value,
                                           inquiry.rule_set_version, inquiry.first_row, 0},
                         out);
    case RequestKind::show_stages:
      return write_frame(wire::ShowStages{correlation, static_cast<std::uint8_t>(inquiry.stage), 0,
                                          inquiry.first_bucket, 0},
                         out);
    case RequestKind::pass_through:
      return write_frame(wire::Heartbeat{correlation}, out);
    case RequestKind::command:
      break;
  }
  HOLDFAST_CHECK(false, "a command is not an inquiry: use encode_command");
  return 0;
}

std::size_t encode_show_limits(CardToken card, std::uint16_t first, std::uint64_t correlation,
                               std::span<std::byte> out) {
  wire::ShowLimits message;
  message.correlation_id = correlation;
  message.card_token = to_wire(card);
  message.first = first;
  return write_frame(message, out);
}

std::size_t encode_show_shadows(ProgramId program, std::uint32_t from_version,
                                std::uint16_t first_tally, std::uint64_t correlation,
                                std::span<std::byte> out) {
  wire::ShowShadows message;
  message.correlation_id = correlation;
  message.program_id = program.value;
  message.from_version = from_version;
  message.first_tally = first_tally;
  return write_frame(message, out);
}

std::size_t encode_hello(std::string_view gateway_name, std::uint64_t correlation,
                         std::span<std::byte> out) {
  wire::Hello hello;
  hello.correlation_id = correlation;
  hello.schema_version = wire::kSchemaVersion;
  set_text(hello.gateway_name, gateway_name);
  return write_frame(hello, out);
}

}  // namespace holdfast::net
