// Requests: bytes to commands and inquiries (the server), and back (the client). The two directions
// of a message stand together so that a field cannot be in one and not in the other.
#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "net/protocol/codec.h"
#include "net/protocol/field_check.h"

namespace holdfast::net {
namespace {

#define AT(Message, member) offsetof(wire::Message, member)

template <std::size_t N>
void copy_text(char (&to)[N], const char (&from)[N]) {
  std::memcpy(to, from, N);
}

void decode(const wire::CreateAccount& m, CreateAccount& c, FieldCheck& check) {
  check.zero(AT(CreateAccount, flags), m.flags & static_cast<std::uint16_t>(~kAccountFlagsAll));
  check.zero(AT(CreateAccount, reserved), m.reserved);
  c.account = to_id<AccountId>(m.account_id);
  c.credit_limit = Money{m.credit_limit};
  c.currency = CurrencyCode{m.currency};
  c.flags = m.flags;
}
void encode(const CreateAccount& c, wire::CreateAccount& m) {
  m.account_id = to_wire(c.account);
  m.credit_limit = c.credit_limit.minor;
  m.currency = c.currency.numeric;
  m.flags = c.flags;
}

constexpr std::uint8_t kAccountChangeAll = kChangeStatus | kChangeCreditLimit;
constexpr std::uint8_t kCardChangeAll = kChangeStatus | kChangeProgram | kChangeExpiry;

void decode(const wire::UpdateAccount& m, UpdateAccount& c, FieldCheck& check) {
  check.zero(AT(UpdateAccount, change), m.change & static_cast<std::uint8_t>(~kAccountChangeAll));
  check.zero(AT(UpdateAccount, reserved), m.reserved);
  check.at_most(AT(UpdateAccount, status), m.status,
                static_cast<std::uint8_t>(AccountStatus::closed));
  c.account = to_id<AccountId>(m.account_id);
  c.credit_limit = Money{m.credit_limit};
  c.status = static_cast<AccountStatus>(m.status);
  c.change = m.change;
}
void encode(const UpdateAccount& c, wire::UpdateAccount& m) {
  m.account_id = to_wire(c.account);
  m.credit_limit = c.credit_limit.minor;
  m.status = static_cast<std::uint8_t>(c.status);
  m.change = c.change;
}

void decode(const wire::CreateCard& m, CreateCard& c, FieldCheck& check) {
  check.zero(AT(CreateCard, reserved), m.reserved);
  c.card = to_id<CardToken>(m.card_token);
  c.account = to_id<AccountId>(m.account_id);
  c.program = ProgramId{m.program_id};
  c.expiry = ExpiryMonth{m.expiry_month};
}
void encode(const CreateCard& c, wire::CreateCard& m) {
  m.card_token = to_wire(c.card);
  m.account_id = to_wire(c.account);
  m.program_id = c.program.value;
  m.expiry_month = c.expiry.yymm;
}

void decode(const wire::UpdateCard& m, UpdateCard& c, FieldCheck& check) {
  check.zero(AT(UpdateCard, change), m.change & static_cast<std::uint8_t>(~kCardChangeAll));
  check.at_most(AT(UpdateCard, status), m.status, static_cast<std::uint8_t>(CardStatus::closed));
  c.card = to_id<CardToken>(m.card_token);
  c.program = ProgramId{m.program_id};
  c.expiry = ExpiryMonth{m.expiry_month};
  c.status = static_cast<CardStatus>(m.status);
  c.change = m.change;
}
void encode(const UpdateCard& c, wire::UpdateCard& m) {
  m.card_token = to_wire(c.card);
  m.program_id = c.program.value;
  m.expiry_month = c.expiry.yymm;
  m.status = static_cast<std::uint8_t>(c.status);
  m.change = c.change;
}

void decode(const wire::PutProgram& m, PutProgram& c, FieldCheck&) {
  c.program = ProgramId{m.program_id};
  c.hold_period_s = m.hold_period_s;
  c.settlement_account = to_id<AccountId>(m.settlement_account_id);
}
void encode(const PutProgram& c, wire::PutProgram& m) {
  m.program_id = c.program.value;
  m.hold_period_s = c.hold_period_s;
  m.settlement_account_id = to_wire(c.settlement_account);
}

void decode(const wire::Transfer& m, Transfer& c, FieldCheck& check) {
  check.zero(AT(Transfer, reserved), m.reserved);
  c.debit = to_id<AccountId>(m.debit_account_id);
  c.credit = to_id<AccountId>(m.credit_account_id);
  c.amount = Money{m.amount};
  c.currency = CurrencyCode{m.currency};
  c.reference = m.reference;
}
void encode(const Transfer& c, wire::Transfer& m) {
  m.debit_account_id = to_wire(c.debit);
  m.credit_account_id = to_wire(c.credit);
  m.amount = c.amount.minor;
  m.currency = c.currency.numeric;
  m.reference = c.reference;
}

void decode(const wire::Authorize& m, Authorize& c, FieldCheck& check) {
  check.zero(AT(Authorize, flags), m.flags);
  check.zero(AT(Authorize, reserved), m.reserved);
  check.text(AT(Authorize, merchant), m.merchant);
  check.text(AT(Authorize, terminal), m.terminal);
  check.at_most(AT(Authorize, channel), m.channel, kChannelMax);
  check.at_most(AT(Authorize, transaction_type), m.transaction_type, kTransactionTypeMax);
  c.card = to_id<CardToken>(m.card_token);
  c.amount = Money{m.amount};
  copy_text(c.merchant.text, m.merchant);
  copy_text(c.terminal.text, m.terminal);
  c.currency = CurrencyCode{m.currency};
  c.mcc = Mcc{m.mcc};
  c.country = CountryCode{m.country};
  c.channel = static_cast<Channel>(m.channel);
  c.type = static_cast<TransactionType>(m.transaction_type);
  c.flags = m.flags;
}
void encode(const Authorize& c, wire::Authorize& m) {
  m.card_token = to_wire(c.card);
  m.amount = c.amount.minor;
  copy_text(m.merchant, c.merchant.text);
  copy_text(m.terminal, c.terminal.text);
  m.currency = c.currency.numeric;
  m.mcc = c.mcc.code;
  m.country = c.country.numeric;
  m.channel = static_cast<std::uint8_t>(c.channel);
  m.transaction_type = static_cast<std::uint8_t>(c.type);
  m.flags = c.flags;
}

void decode(const wire::Capture& m, Capture& c, FieldCheck& check) {
  check.zero(AT(Capture, reserved), m.reserved);
  check.at_most(AT(Capture, is_final), m.is_final, 1);
  c.authorization = AuthorizationId{m.authorization_id};
  c.original_request = to_id<RequestId>(m.original_request_id);
  c.amount = Money{m.amount};
  c.settlement_account = to_id<AccountId>(m.settlement_account_id);
  c.final = m.is_final;
}
void encode(const Capture& c, wire::Capture& m) {
  m.authorization_id = c.authorization.value;
  m.original_request_id = to_wire(c.original_request);
  m.amount = c.amount.minor;
  m.settlement_account_id = to_wire(c.settlement_account);
  m.is_final = c.final;
}

void decode(const wire::Reverse& m, Reverse& c, FieldCheck&) {
  c.authorization = AuthorizationId{m.authorization_id};
  c.original_request = to_id<RequestId>(m.original_request_id);
  c.amount = Money{m.amount};
}
void encode(const Reverse& c, wire::Reverse& m) {
  m.authorization_id = c.authorization.value;
  m.original_request_id = to_wire(c.original_request);
  m.amount = c.amount.minor;
}

void decode(const wire::Refund& m, Refund& c, FieldCheck& check) {
  check.zero(AT(Refund, reserved), m.reserved);
  check.text(AT(Refund, merchant), m.merchant);
  c.authorization = AuthorizationId{m.authorization_id};
  c.original_request = to_id<RequestId>(m.original_request_id);
  c.card = to_id<CardToken>(m.card_token);
  c.settlement_account = to_id<AccountId>(m.settlement_account_id);
  c.amount = Money{m.amount};
  copy_text(c.merchant.text, m.merchant);
  c.currency = CurrencyCode{m.currency};
  c.mcc = Mcc{m.mcc};
}
void encode(const Refund& c, wire::Refund& m) {
  m.authorization_id = c.authorization.value;
  m.original_request_id = to_wire(c.original_request);
  m.card_token = to_wire(c.card);
  m.settlement_account_id = to_wire(c.settlement_account);
  m.amount = c.amount.minor;
  copy_text(m.merchant, c.merchant.text);
  m.currency = c.currency.numeric;
  m.mcc = c.mcc.code;
}

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

template <class Message, class Body>
std::optional<Refusal> decode_command(const Frame& frame, CommandKind kind, Body Command::*member,
                                      Request& request) {
  const auto message = body_as<Message>(frame);
  FieldCheck check(frame.header.template_id);
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
  FieldCheck check(frame.header.template_id);
  request.inquiry = Inquiry{};
  decode(body_as<Message>(frame), request.inquiry, check);
  request.kind = kind;
  return check.refusal();
}

std::optional<Refusal> decode_hello(const Frame& frame, Request& request) {
  const auto hello = body_as<wire::Hello>(frame);
  FieldCheck check(frame.header.template_id);
  check.zero(AT(Hello, reserved1), hello.reserved1);
  check.zero(AT(Hello, reserved2), hello.reserved2);
  check.text(AT(Hello, gateway_name), hello.gateway_name);
  if (hello.schema_version < wire::kSchemaVersionMin) {
    return Refusal{RejectCode::unsupported_version, frame.header.template_id, hello.schema_version};
  }
  set_hello(request, std::min(hello.schema_version, wire::kSchemaVersion));
  return check.refusal();
}

constexpr std::uint16_t request_length_v1(std::uint16_t template_id) {
  switch (static_cast<wire::TemplateId>(template_id)) {
#define HOLDFAST_LENGTH_V1(name, id, v1, now) \
  case wire::TemplateId::name:                \
    return v1;
    HOLDFAST_WIRE_REQUESTS(HOLDFAST_LENGTH_V1)
#undef HOLDFAST_LENGTH_V1
    default:
      return 0;
  }
}

// All that the header and the state of the session can tell, in the order of the reject codes.
std::optional<Refusal> judge_header(const Frame& frame, bool greeted) {
  const wire::FrameHeader& header = frame.header;
  const std::uint16_t length_v1 = request_length_v1(header.template_id);
  if (length_v1 == 0) return Refusal{RejectCode::unknown_template, header.template_id, 0};
  if (auto refusal = check_block(frame, length_v1)) return refusal;
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

// X(command's kind and member, message): the commands that may come from outside.
#define HOLDFAST_OUTSIDE_COMMANDS(X) \
  X(create_account, CreateAccount)   \
  X(update_account, UpdateAccount)   \
  X(create_card, CreateCard)         \
  X(update_card, UpdateCard)         \
  X(put_program, PutProgram)         \
  X(transfer, Transfer)              \
  X(authorize, Authorize)            \
  X(capture, Capture)                \
  X(reverse, Reverse)                \
  X(refund, Refund)

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
    case RequestKind::pass_through:
      return write_frame(wire::Heartbeat{correlation}, out);
    case RequestKind::command:
      break;
  }
  HOLDFAST_CHECK(false, "a command is not an inquiry: use encode_command");
  return 0;
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
