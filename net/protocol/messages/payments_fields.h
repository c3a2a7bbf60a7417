// The tables of the fields of the messages of payments, and of outcomes; see
// `net/protocol/field_table.h`.
#pragma once

#include "net/protocol/field_table.h"
#include "net/protocol/messages/payments.h"

namespace holdfast::net::wire {

inline constexpr FieldInfo kTransferFields[] = {
    HOLDFAST_FIELD(Transfer, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Transfer, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Transfer, debit_account_id, "debitAccountId", "Id128"),
    HOLDFAST_FIELD(Transfer, credit_account_id, "creditAccountId", "Id128"),
    HOLDFAST_FIELD(Transfer, amount, "amount", "Money"),
    HOLDFAST_FIELD(Transfer, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(Transfer, reserved, "reserved", "uint16"),
    HOLDFAST_FIELD(Transfer, reference, "reference", "uint32"),
};
inline constexpr FieldInfo kAuthorizeFields[] = {
    HOLDFAST_FIELD(Authorize, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Authorize, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Authorize, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(Authorize, amount, "amount", "Money"),
    HOLDFAST_FIELD(Authorize, merchant, "merchant", "MerchantId"),
    HOLDFAST_FIELD(Authorize, terminal, "terminal", "TerminalId"),
    HOLDFAST_FIELD(Authorize, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(Authorize, mcc, "mcc", "Mcc"),
    HOLDFAST_FIELD(Authorize, country, "country", "CountryCode"),
    HOLDFAST_FIELD(Authorize, channel, "channel", "Channel"),
    HOLDFAST_FIELD(Authorize, transaction_type, "transactionType", "TransactionType"),
    HOLDFAST_FIELD(Authorize, flags, "flags", "AuthorizeFlags"),
    HOLDFAST_FIELD(Authorize, reserved, "reserved", "uint32"),
    HOLDFAST_FIELD(Authorize, cashback, "cashback", "Money"),
};
inline constexpr FieldInfo kCaptureFields[] = {
    HOLDFAST_FIELD(Capture, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Capture, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Capture, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(Capture, original_request_id, "originalRequestId", "Id128"),
    HOLDFAST_FIELD(Capture, amount, "amount", "Money"),
    HOLDFAST_FIELD(Capture, settlement_account_id, "settlementAccountId", "Id128"),
    HOLDFAST_FIELD(Capture, is_final, "isFinal", "YesNo"),
    HOLDFAST_FIELD(Capture, reserved, "reserved", "Reserved7"),
    HOLDFAST_FIELD(Capture, card_token, "cardToken", "Id128"),
};
inline constexpr FieldInfo kReverseFields[] = {
    HOLDFAST_FIELD(Reverse, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Reverse, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Reverse, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(Reverse, original_request_id, "originalRequestId", "Id128"),
    HOLDFAST_FIELD(Reverse, amount, "amount", "Money"),
    HOLDFAST_FIELD(Reverse, is_advice, "isAdvice", "YesNo"),
    HOLDFAST_FIELD(Reverse, reserved, "reserved", "Reserved7"),
};
inline constexpr FieldInfo kRefundFields[] = {
    HOLDFAST_FIELD(Refund, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Refund, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Refund, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(Refund, original_request_id, "originalRequestId", "Id128"),
    HOLDFAST_FIELD(Refund, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(Refund, settlement_account_id, "settlementAccountId", "Id128"),
    HOLDFAST_FIELD(Refund, amount, "amount", "Money"),
    HOLDFAST_FIELD(Refund, merchant, "merchant", "MerchantId"),
    HOLDFAST_FIELD(Refund, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(Refund, mcc, "mcc", "Mcc"),
    HOLDFAST_FIELD(Refund, reserved, "reserved", "uint32"),
};
inline constexpr FieldInfo kIncrementFields[] = {
    HOLDFAST_FIELD(Increment, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Increment, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Increment, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(Increment, original_request_id, "originalRequestId", "Id128"),
    HOLDFAST_FIELD(Increment, amount, "amount", "Money"),
};
inline constexpr FieldInfo kAdviseFields[] = {
    HOLDFAST_FIELD(Advise, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Advise, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Advise, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(Advise, amount, "amount", "Money"),
    HOLDFAST_FIELD(Advise, merchant, "merchant", "MerchantId"),
    HOLDFAST_FIELD(Advise, terminal, "terminal", "TerminalId"),
    HOLDFAST_FIELD(Advise, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(Advise, mcc, "mcc", "Mcc"),
    HOLDFAST_FIELD(Advise, country, "country", "CountryCode"),
    HOLDFAST_FIELD(Advise, channel, "channel", "Channel"),
    HOLDFAST_FIELD(Advise, transaction_type, "transactionType", "TransactionType"),
    HOLDFAST_FIELD(Advise, settlement_account_id, "settlementAccountId", "Id128"),
    HOLDFAST_FIELD(Advise, is_posted, "isPosted", "YesNo"),
    HOLDFAST_FIELD(Advise, reserved, "reserved", "Reserved7"),
};
inline constexpr FieldInfo kOutcomeReplyFields[] = {
    HOLDFAST_FIELD(OutcomeReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(OutcomeReply, decision, "decision", "Decision"),
    HOLDFAST_FIELD(OutcomeReply, flags, "flags", "OutcomeFlags"),
    HOLDFAST_FIELD(OutcomeReply, command_template_id, "commandTemplateId", "TemplateNumber"),
    HOLDFAST_FIELD(OutcomeReply, de39, "de39", "De39"),
    HOLDFAST_FIELD(OutcomeReply, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(OutcomeReply, amount, "amount", "Money"),
    HOLDFAST_FIELD(OutcomeReply, ledger_balance, "ledgerBalance", "Money"),
    HOLDFAST_FIELD(OutcomeReply, available_balance, "availableBalance", "Money"),
    HOLDFAST_FIELD(OutcomeReply, counterparty_balance, "counterpartyBalance", "Money"),
    HOLDFAST_FIELD(OutcomeReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(OutcomeReply, time_ns, "timeNs", "TimestampNs"),
};

}  // namespace holdfast::net::wire
