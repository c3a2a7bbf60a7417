// The fields of commands that move and hold money.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "net/protocol/codec.h"
#include "net/protocol/command_fields.h"

namespace holdfast::net {

#define AT(Message, member) offsetof(wire::Message, member)

namespace {

template <std::size_t N>
void copy_text(char (&to)[N], const char (&from)[N]) {
  std::memcpy(to, from, N);
}

}  // namespace

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
  // In version 1 no flag had a meaning, and a peer of it never meant one.
  const std::uint32_t flags_known = check.version() >= 2 ? kAuthorizeFlagsAll : 0;
  check.zero(AT(Authorize, flags), m.flags & ~flags_known);
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
  c.cashback = Money{m.cashback};
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
  m.cashback = c.cashback.minor;
}

void decode(const wire::Capture& m, Capture& c, FieldCheck& check) {
  check.zero(AT(Capture, reserved), m.reserved);
  check.at_most(AT(Capture, is_final), m.is_final, 1);
  c.authorization = AuthorizationId{m.authorization_id};
  c.original_request = to_id<RequestId>(m.original_request_id);
  c.amount = Money{m.amount};
  c.settlement_account = to_id<AccountId>(m.settlement_account_id);
  c.final = m.is_final;
  c.card = to_id<CardToken>(m.card_token);
}
void encode(const Capture& c, wire::Capture& m) {
  m.authorization_id = c.authorization.value;
  m.original_request_id = to_wire(c.original_request);
  m.amount = c.amount.minor;
  m.settlement_account_id = to_wire(c.settlement_account);
  m.is_final = c.final;
  m.card_token = to_wire(c.card);
}

void decode(const wire::Reverse& m, Reverse& c, FieldCheck& check) {
  check.zero(AT(Reverse, reserved), m.reserved);
  check.at_most(AT(Reverse, is_advice), m.is_advice, 1);
  c.authorization = AuthorizationId{m.authorization_id};
  c.original_request = to_id<RequestId>(m.original_request_id);
  c.amount = Money{m.amount};
  c.advice = m.is_advice;
}
void encode(const Reverse& c, wire::Reverse& m) {
  m.authorization_id = c.authorization.value;
  m.original_request_id = to_wire(c.original_request);
  m.amount = c.amount.minor;
  m.is_advice = c.advice;
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

void decode(const wire::Increment& m, Increment& c, FieldCheck&) {
  c.authorization = AuthorizationId{m.authorization_id};
  c.original_request = to_id<RequestId>(m.original_request_id);
  c.amount = Money{m.amount};
}
void encode(const Increment& c, wire::Increment& m) {
  m.authorization_id = c.authorization.value;
  m.original_request_id = to_wire(c.original_request);
  m.amount = c.amount.minor;
}

void decode(const wire::Advise& m, Advise& c, FieldCheck& check) {
  check.zero(AT(Advise, reserved), m.reserved);
  check.text(AT(Advise, merchant), m.merchant);
  check.text(AT(Advise, terminal), m.terminal);
  check.at_most(AT(Advise, channel), m.channel, kChannelMax);
  check.at_most(AT(Advise, transaction_type), m.transaction_type, kTransactionTypeMax);
  check.at_most(AT(Advise, is_posted), m.is_posted, 1);
  c.card = to_id<CardToken>(m.card_token);
  c.amount = Money{m.amount};
  copy_text(c.merchant.text, m.merchant);
  copy_text(c.terminal.text, m.terminal);
  c.currency = CurrencyCode{m.currency};
  c.mcc = Mcc{m.mcc};
  c.country = CountryCode{m.country};
  c.channel = static_cast<Channel>(m.channel);
  c.type = static_cast<TransactionType>(m.transaction_type);
  c.post = m.is_posted;
  c.settlement_account = to_id<AccountId>(m.settlement_account_id);
}
void encode(const Advise& c, wire::Advise& m) {
  m.card_token = to_wire(c.card);
  m.amount = c.amount.minor;
  copy_text(m.merchant, c.merchant.text);
  copy_text(m.terminal, c.terminal.text);
  m.currency = c.currency.numeric;
  m.mcc = c.mcc.code;
  m.country = c.country.numeric;
  m.channel = static_cast<std::uint8_t>(c.channel);
  m.transaction_type = static_cast<std::uint8_t>(c.type);
  m.is_posted = c.post;
  m.settlement_account_id = to_wire(c.settlement_account);
}

#undef AT

}  // namespace holdfast::net
