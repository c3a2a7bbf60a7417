// The tables of the fields of the messages of administration; see
// `net/protocol/field_table.h`.
#pragma once

#include "net/protocol/field_table.h"
#include "net/protocol/messages/administration.h"

namespace holdfast::net::wire {

inline constexpr FieldInfo kCreateAccountFields[] = {
    HOLDFAST_FIELD(CreateAccount, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(CreateAccount, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(CreateAccount, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(CreateAccount, credit_limit, "creditLimit", "Money"),
    HOLDFAST_FIELD(CreateAccount, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(CreateAccount, flags, "flags", "AccountFlags"),
    HOLDFAST_FIELD(CreateAccount, reserved, "reserved", "uint32"),
};
inline constexpr FieldInfo kUpdateAccountFields[] = {
    HOLDFAST_FIELD(UpdateAccount, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(UpdateAccount, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(UpdateAccount, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(UpdateAccount, credit_limit, "creditLimit", "Money"),
    HOLDFAST_FIELD(UpdateAccount, status, "status", "AccountStatus"),
    HOLDFAST_FIELD(UpdateAccount, change, "change", "AccountChange"),
    HOLDFAST_FIELD(UpdateAccount, reserved, "reserved", "Reserved6"),
};
inline constexpr FieldInfo kCreateCardFields[] = {
    HOLDFAST_FIELD(CreateCard, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(CreateCard, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(CreateCard, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(CreateCard, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(CreateCard, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(CreateCard, expiry_month, "expiryMonth", "ExpiryMonth"),
    HOLDFAST_FIELD(CreateCard, reserved, "reserved", "uint16"),
};
inline constexpr FieldInfo kUpdateCardFields[] = {
    HOLDFAST_FIELD(UpdateCard, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(UpdateCard, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(UpdateCard, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(UpdateCard, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(UpdateCard, expiry_month, "expiryMonth", "ExpiryMonth"),
    HOLDFAST_FIELD(UpdateCard, status, "status", "CardStatus"),
    HOLDFAST_FIELD(UpdateCard, change, "change", "CardChange"),
};
inline constexpr FieldInfo kPutProgramFields[] = {
    HOLDFAST_FIELD(PutProgram, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(PutProgram, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(PutProgram, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(PutProgram, hold_period_s, "holdPeriodS", "uint32"),
    HOLDFAST_FIELD(PutProgram, settlement_account_id, "settlementAccountId", "Id128"),
};
inline constexpr FieldInfo kSetRateFields[] = {
    HOLDFAST_FIELD(SetRate, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(SetRate, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(SetRate, rate, "rate", "int64"),
    HOLDFAST_FIELD(SetRate, from_currency, "fromCurrency", "CurrencyCode"),
    HOLDFAST_FIELD(SetRate, to_currency, "toCurrency", "CurrencyCode"),
    HOLDFAST_FIELD(SetRate, markup_bp, "markupBp", "uint16"),
    HOLDFAST_FIELD(SetRate, scale, "scale", "uint8"),
    HOLDFAST_FIELD(SetRate, reserved1, "reserved1", "uint8"),
    HOLDFAST_FIELD(SetRate, life_s, "lifeS", "uint32"),
    HOLDFAST_FIELD(SetRate, reserved2, "reserved2", "uint32"),
};

}  // namespace holdfast::net::wire
