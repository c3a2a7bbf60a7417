// The fields of commands that make and change accounts, cards, programs and rates.
#include <cstddef>
#include <cstdint>

#include "net/protocol/codec.h"
#include "net/protocol/command_fields.h"

namespace holdfast::net {

#define AT(Message, member) offsetof(wire::Message, member)

namespace {

constexpr std::uint8_t kAccountChangeAll = kChangeStatus | kChangeCreditLimit;
constexpr std::uint8_t kCardChangeAll = kChangeStatus | kChangeProgram | kChangeExpiry;

}  // namespace

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

void decode(const wire::SetRate& m, SetRate& c, FieldCheck& check) {
  check.zero(AT(SetRate, reserved1), m.reserved1);
  check.zero(AT(SetRate, reserved2), m.reserved2);
  c.from = CurrencyCode{m.from_currency};
  c.to = CurrencyCode{m.to_currency};
  c.markup_bp = m.markup_bp;
  c.scale = m.scale;
  c.rate = m.rate;
  c.life_s = m.life_s;
}
void encode(const SetRate& c, wire::SetRate& m) {
  m.from_currency = c.from.numeric;
  m.to_currency = c.to.numeric;
  m.markup_bp = c.markup_bp;
  m.scale = c.scale;
  m.rate = c.rate;
  m.life_s = c.life_s;
}

#undef AT

}  // namespace holdfast::net
