#include "net/protocol/schema.h"

#include <array>
#include <type_traits>

#include "net/protocol/messages.h"

namespace holdfast::net {
namespace {

using namespace wire;  // the tables below name nothing else

template <class T>
consteval Primitive primitive_of() {
  using Element = std::remove_all_extents_t<T>;
  if constexpr (std::is_same_v<Element, std::uint8_t>) return Primitive::uint8;
  else if constexpr (std::is_same_v<Element, std::uint16_t>) return Primitive::uint16;
  else if constexpr (std::is_same_v<Element, std::uint32_t>) return Primitive::uint32;
  else if constexpr (std::is_same_v<Element, std::uint64_t>) return Primitive::uint64;
  else if constexpr (std::is_same_v<Element, std::int32_t>) return Primitive::int32;
  else if constexpr (std::is_same_v<Element, std::int64_t>) return Primitive::int64;
  else if constexpr (std::is_same_v<Element, char>) return Primitive::character;
  else if constexpr (std::is_same_v<Element, Limit>) return Primitive::limit;
  else if constexpr (std::is_same_v<Element, Tally>) return Primitive::tally;
  else if constexpr (std::is_same_v<Element, RuleSetRow>) return Primitive::row;
  else {
    static_assert(std::is_same_v<Element, Id128>, "a type that the schema does not have");
    return Primitive::id128;
  }
}

#define HOLDFAST_FIELD(Message, member, name, type)                            \
  FieldInfo {                                                                  \
    name, #member, type, offsetof(Message, member), sizeof(Message::member),   \
        primitive_of<decltype(Message::member)>()                              \
  }

constexpr FieldInfo kHelloFields[] = {
    HOLDFAST_FIELD(Hello, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Hello, schema_version, "schemaVersion", "uint16"),
    HOLDFAST_FIELD(Hello, reserved1, "reserved1", "uint16"),
    HOLDFAST_FIELD(Hello, reserved2, "reserved2", "uint32"),
    HOLDFAST_FIELD(Hello, gateway_name, "gatewayName", "Name"),
};
constexpr FieldInfo kHeartbeatFields[] = {
    HOLDFAST_FIELD(Heartbeat, correlation_id, "correlationId", "CorrelationId"),
};
constexpr FieldInfo kGoodbyeFields[] = {
    HOLDFAST_FIELD(Goodbye, correlation_id, "correlationId", "CorrelationId"),
};
constexpr FieldInfo kCreateAccountFields[] = {
    HOLDFAST_FIELD(CreateAccount, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(CreateAccount, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(CreateAccount, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(CreateAccount, credit_limit, "creditLimit", "Money"),
    HOLDFAST_FIELD(CreateAccount, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(CreateAccount, flags, "flags", "AccountFlags"),
    HOLDFAST_FIELD(CreateAccount, reserved, "reserved", "uint32"),
};
constexpr FieldInfo kUpdateAccountFields[] = {
    HOLDFAST_FIELD(UpdateAccount, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(UpdateAccount, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(UpdateAccount, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(UpdateAccount, credit_limit, "creditLimit", "Money"),
    HOLDFAST_FIELD(UpdateAccount, status, "status", "AccountStatus"),
    HOLDFAST_FIELD(UpdateAccount, change, "change", "AccountChange"),
    HOLDFAST_FIELD(UpdateAccount, reserved, "reserved", "Reserved6"),
};
constexpr FieldInfo kCreateCardFields[] = {
    HOLDFAST_FIELD(CreateCard, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(CreateCard, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(CreateCard, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(CreateCard, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(CreateCard, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(CreateCard, expiry_month, "expiryMonth", "ExpiryMonth"),
    HOLDFAST_FIELD(CreateCard, reserved, "reserved", "uint16"),
};
constexpr FieldInfo kUpdateCardFields[] = {
    HOLDFAST_FIELD(UpdateCard, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(UpdateCard, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(UpdateCard, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(UpdateCard, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(UpdateCard, expiry_month, "expiryMonth", "ExpiryMonth"),
    HOLDFAST_FIELD(UpdateCard, status, "status", "CardStatus"),
    HOLDFAST_FIELD(UpdateCard, change, "change", "CardChange"),
};
constexpr FieldInfo kPutProgramFields[] = {
    HOLDFAST_FIELD(PutProgram, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(PutProgram, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(PutProgram, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(PutProgram, hold_period_s, "holdPeriodS", "uint32"),
    HOLDFAST_FIELD(PutProgram, settlement_account_id, "settlementAccountId", "Id128"),
};
constexpr FieldInfo kTransferFields[] = {
    HOLDFAST_FIELD(Transfer, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Transfer, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Transfer, debit_account_id, "debitAccountId", "Id128"),
    HOLDFAST_FIELD(Transfer, credit_account_id, "creditAccountId", "Id128"),
    HOLDFAST_FIELD(Transfer, amount, "amount", "Money"),
    HOLDFAST_FIELD(Transfer, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(Transfer, reserved, "reserved", "uint16"),
    HOLDFAST_FIELD(Transfer, reference, "reference", "uint32"),
};
constexpr FieldInfo kAuthorizeFields[] = {
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
constexpr FieldInfo kCaptureFields[] = {
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
constexpr FieldInfo kReverseFields[] = {
    HOLDFAST_FIELD(Reverse, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Reverse, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Reverse, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(Reverse, original_request_id, "originalRequestId", "Id128"),
    HOLDFAST_FIELD(Reverse, amount, "amount", "Money"),
    HOLDFAST_FIELD(Reverse, is_advice, "isAdvice", "YesNo"),
    HOLDFAST_FIELD(Reverse, reserved, "reserved", "Reserved7"),
};
constexpr FieldInfo kRefundFields[] = {
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
constexpr FieldInfo kIncrementFields[] = {
    HOLDFAST_FIELD(Increment, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Increment, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(Increment, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(Increment, original_request_id, "originalRequestId", "Id128"),
    HOLDFAST_FIELD(Increment, amount, "amount", "Money"),
};
constexpr FieldInfo kAdviseFields[] = {
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
constexpr FieldInfo kSetRateFields[] = {
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
constexpr FieldInfo kBeginRuleSetFields[] = {
    HOLDFAST_FIELD(BeginRuleSet, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(BeginRuleSet, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(BeginRuleSet, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(BeginRuleSet, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(BeginRuleSet, categories, "categories", "uint32"),
    HOLDFAST_FIELD(BeginRuleSet, controls, "controls", "uint32"),
    HOLDFAST_FIELD(BeginRuleSet, list_items, "listItems", "uint32"),
    HOLDFAST_FIELD(BeginRuleSet, zone_offsets, "zoneOffsets", "uint32"),
};
constexpr FieldInfo kAddCategoryFields[] = {
    HOLDFAST_FIELD(AddCategory, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(AddCategory, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(AddCategory, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(AddCategory, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(AddCategory, mcc_first, "mccFirst", "Mcc"),
    HOLDFAST_FIELD(AddCategory, mcc_last, "mccLast", "Mcc"),
    HOLDFAST_FIELD(AddCategory, hold_period_s, "holdPeriodS", "uint32"),
    HOLDFAST_FIELD(AddCategory, hold_period_merchant_s, "holdPeriodMerchantS", "uint32"),
    HOLDFAST_FIELD(AddCategory, tolerance_bp, "toleranceBp", "uint32"),
    HOLDFAST_FIELD(AddCategory, tolerance, "tolerance", "Money"),
    HOLDFAST_FIELD(AddCategory, estimate, "estimate", "Money"),
};
constexpr FieldInfo kActivateRuleSetFields[] = {
    HOLDFAST_FIELD(ActivateRuleSet, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ActivateRuleSet, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(ActivateRuleSet, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ActivateRuleSet, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
};
constexpr FieldInfo kAddControlFields[] = {
    HOLDFAST_FIELD(AddControl, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(AddControl, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(AddControl, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(AddControl, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(AddControl, amount_max, "amountMax", "Money"),
    HOLDFAST_FIELD(AddControl, count_max, "countMax", "uint32"),
    HOLDFAST_FIELD(AddControl, window_s, "windowS", "uint32"),
    HOLDFAST_FIELD(AddControl, granularity_s, "granularityS", "uint32"),
    HOLDFAST_FIELD(AddControl, control, "control", "uint16"),
    HOLDFAST_FIELD(AddControl, zone, "zone", "uint16"),
    HOLDFAST_FIELD(AddControl, mcc_list, "mccList", "uint16"),
    HOLDFAST_FIELD(AddControl, country_list, "countryList", "uint16"),
    HOLDFAST_FIELD(AddControl, merchant_list, "merchantList", "uint16"),
    HOLDFAST_FIELD(AddControl, channels, "channels", "ChannelSet"),
    HOLDFAST_FIELD(AddControl, transaction_types, "transactionTypes", "TransactionTypeSet"),
    HOLDFAST_FIELD(AddControl, scope, "scope", "ControlScope"),
    HOLDFAST_FIELD(AddControl, effect, "effect", "ControlEffect"),
    HOLDFAST_FIELD(AddControl, window, "window", "WindowKind"),
    HOLDFAST_FIELD(AddControl, week_start, "weekStart", "uint8"),
    HOLDFAST_FIELD(AddControl, reserved, "reserved", "uint16"),
};
constexpr FieldInfo kAddListItemFields[] = {
    HOLDFAST_FIELD(AddListItem, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(AddListItem, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(AddListItem, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(AddListItem, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(AddListItem, merchant, "merchant", "MerchantId"),
    HOLDFAST_FIELD(AddListItem, list, "list", "uint16"),
    HOLDFAST_FIELD(AddListItem, mcc_first, "mccFirst", "Mcc"),
    HOLDFAST_FIELD(AddListItem, mcc_last, "mccLast", "Mcc"),
    HOLDFAST_FIELD(AddListItem, country, "country", "CountryCode"),
    HOLDFAST_FIELD(AddListItem, kind, "kind", "ListKind"),
    HOLDFAST_FIELD(AddListItem, reserved, "reserved", "Reserved7"),
};
constexpr FieldInfo kAddZoneOffsetFields[] = {
    HOLDFAST_FIELD(AddZoneOffset, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(AddZoneOffset, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(AddZoneOffset, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(AddZoneOffset, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(AddZoneOffset, from_s, "fromS", "int64"),
    HOLDFAST_FIELD(AddZoneOffset, offset_s, "offsetS", "int32"),
    HOLDFAST_FIELD(AddZoneOffset, zone, "zone", "uint16"),
    HOLDFAST_FIELD(AddZoneOffset, reserved, "reserved", "uint16"),
};
constexpr FieldInfo kShadowRuleSetFields[] = {
    HOLDFAST_FIELD(ShadowRuleSet, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShadowRuleSet, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(ShadowRuleSet, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShadowRuleSet, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ShadowRuleSet, run, "run", "YesNo"),
    HOLDFAST_FIELD(ShadowRuleSet, reserved, "reserved", "Reserved7"),
};
constexpr FieldInfo kShowAccountFields[] = {
    HOLDFAST_FIELD(ShowAccount, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowAccount, account_id, "accountId", "Id128"),
};
constexpr FieldInfo kShowCardFields[] = {
    HOLDFAST_FIELD(ShowCard, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowCard, card_token, "cardToken", "Id128"),
};
constexpr FieldInfo kShowAuthorizationFields[] = {
    HOLDFAST_FIELD(ShowAuthorization, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowAuthorization, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(ShowAuthorization, original_request_id, "originalRequestId", "Id128"),
};
constexpr FieldInfo kShowProgramFields[] = {
    HOLDFAST_FIELD(ShowProgram, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowProgram, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShowProgram, reserved, "reserved", "uint32"),
};
constexpr FieldInfo kShowStatusFields[] = {
    HOLDFAST_FIELD(ShowStatus, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowStatus, with_digest, "withDigest", "YesNo"),
    HOLDFAST_FIELD(ShowStatus, reserved, "reserved", "Reserved7"),
};
constexpr FieldInfo kTakeSnapshotFields[] = {
    HOLDFAST_FIELD(TakeSnapshot, correlation_id, "correlationId", "CorrelationId"),
};
constexpr FieldInfo kShowStagesFields[] = {
    HOLDFAST_FIELD(ShowStages, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowStages, stage, "stage", "Stage"),
    HOLDFAST_FIELD(ShowStages, reserved1, "reserved1", "uint8"),
    HOLDFAST_FIELD(ShowStages, first_bucket, "firstBucket", "uint16"),
    HOLDFAST_FIELD(ShowStages, reserved2, "reserved2", "uint32"),
};
constexpr FieldInfo kShowLimitsFields[] = {
    HOLDFAST_FIELD(ShowLimits, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowLimits, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(ShowLimits, first, "first", "uint16"),
    HOLDFAST_FIELD(ShowLimits, reserved, "reserved", "Reserved6"),
};
constexpr FieldInfo kShowShadowsFields[] = {
    HOLDFAST_FIELD(ShowShadows, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowShadows, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShowShadows, from_version, "fromVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ShowShadows, first_tally, "firstTally", "uint16"),
    HOLDFAST_FIELD(ShowShadows, reserved, "reserved", "Reserved6"),
};
constexpr FieldInfo kShowRuleSetFields[] = {
    HOLDFAST_FIELD(ShowRuleSet, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowRuleSet, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShowRuleSet, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ShowRuleSet, first_row, "firstRow", "uint32"),
    HOLDFAST_FIELD(ShowRuleSet, reserved, "reserved", "uint32"),
};
constexpr FieldInfo kHelloReplyFields[] = {
    HOLDFAST_FIELD(HelloReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(HelloReply, schema_version, "schemaVersion", "uint16"),
    HOLDFAST_FIELD(HelloReply, reserved, "reserved", "uint16"),
    HOLDFAST_FIELD(HelloReply, frame_bytes_max, "frameBytesMax", "uint32"),
    HOLDFAST_FIELD(HelloReply, in_flight_max, "inFlightMax", "uint32"),
    HOLDFAST_FIELD(HelloReply, idle_timeout_ms, "idleTimeoutMs", "uint32"),
    HOLDFAST_FIELD(HelloReply, log_id, "logId", "Id128"),
    HOLDFAST_FIELD(HelloReply, server_name, "serverName", "Name"),
};
constexpr FieldInfo kHeartbeatReplyFields[] = {
    HOLDFAST_FIELD(HeartbeatReply, correlation_id, "correlationId", "CorrelationId"),
};
constexpr FieldInfo kGoodbyeReplyFields[] = {
    HOLDFAST_FIELD(GoodbyeReply, correlation_id, "correlationId", "CorrelationId"),
};
constexpr FieldInfo kOutcomeReplyFields[] = {
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
constexpr FieldInfo kAccountReplyFields[] = {
    HOLDFAST_FIELD(AccountReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(AccountReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(AccountReply, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(AccountReply, ledger_balance, "ledgerBalance", "Money"),
    HOLDFAST_FIELD(AccountReply, held, "held", "Money"),
    HOLDFAST_FIELD(AccountReply, credit_limit, "creditLimit", "Money"),
    HOLDFAST_FIELD(AccountReply, available_balance, "availableBalance", "Money"),
    HOLDFAST_FIELD(AccountReply, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(AccountReply, flags, "flags", "AccountFlags"),
    HOLDFAST_FIELD(AccountReply, status, "status", "AccountStatus"),
    HOLDFAST_FIELD(AccountReply, found, "found", "YesNo"),
    HOLDFAST_FIELD(AccountReply, reserved, "reserved", "uint16"),
};
constexpr FieldInfo kCardReplyFields[] = {
    HOLDFAST_FIELD(CardReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(CardReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(CardReply, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(CardReply, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(CardReply, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(CardReply, expiry_month, "expiryMonth", "ExpiryMonth"),
    HOLDFAST_FIELD(CardReply, status, "status", "CardStatus"),
    HOLDFAST_FIELD(CardReply, found, "found", "YesNo"),
};
constexpr FieldInfo kAuthorizationReplyFields[] = {
    HOLDFAST_FIELD(AuthorizationReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(AuthorizationReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(AuthorizationReply, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(AuthorizationReply, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(AuthorizationReply, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(AuthorizationReply, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(AuthorizationReply, merchant, "merchant", "MerchantId"),
    HOLDFAST_FIELD(AuthorizationReply, requested, "requested", "Money"),
    HOLDFAST_FIELD(AuthorizationReply, approved, "approved", "Money"),
    HOLDFAST_FIELD(AuthorizationReply, captured, "captured", "Money"),
    HOLDFAST_FIELD(AuthorizationReply, reversed, "reversed", "Money"),
    HOLDFAST_FIELD(AuthorizationReply, refunded, "refunded", "Money"),
    HOLDFAST_FIELD(AuthorizationReply, held, "held", "Money"),
    HOLDFAST_FIELD(AuthorizationReply, created_at_ns, "createdAtNs", "TimestampNs"),
    HOLDFAST_FIELD(AuthorizationReply, expires_at_ns, "expiresAtNs", "TimestampNs"),
    HOLDFAST_FIELD(AuthorizationReply, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(AuthorizationReply, currency, "currency", "CurrencyCode"),
    HOLDFAST_FIELD(AuthorizationReply, mcc, "mcc", "Mcc"),
    HOLDFAST_FIELD(AuthorizationReply, country, "country", "CountryCode"),
    HOLDFAST_FIELD(AuthorizationReply, state, "state", "AuthorizationState"),
    HOLDFAST_FIELD(AuthorizationReply, channel, "channel", "Channel"),
    HOLDFAST_FIELD(AuthorizationReply, transaction_type, "transactionType", "TransactionType"),
    HOLDFAST_FIELD(AuthorizationReply, found, "found", "YesNo"),
    HOLDFAST_FIELD(AuthorizationReply, reserved, "reserved", "uint16"),
    HOLDFAST_FIELD(AuthorizationReply, rate, "rate", "int64"),
    HOLDFAST_FIELD(AuthorizationReply, rate_markup_bp, "rateMarkupBp", "uint16"),
    HOLDFAST_FIELD(AuthorizationReply, rate_scale, "rateScale", "uint8"),
    HOLDFAST_FIELD(AuthorizationReply, reserved2, "reserved2", "Reserved5"),
};
constexpr FieldInfo kProgramReplyFields[] = {
    HOLDFAST_FIELD(ProgramReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ProgramReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(ProgramReply, settlement_account_id, "settlementAccountId", "Id128"),
    HOLDFAST_FIELD(ProgramReply, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ProgramReply, hold_period_s, "holdPeriodS", "uint32"),
    HOLDFAST_FIELD(ProgramReply, found, "found", "YesNo"),
    HOLDFAST_FIELD(ProgramReply, reserved, "reserved", "Reserved7"),
    HOLDFAST_FIELD(ProgramReply, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ProgramReply, rule_set_categories, "ruleSetCategories", "uint32"),
    HOLDFAST_FIELD(ProgramReply, rule_set_controls, "ruleSetControls", "uint32"),
    HOLDFAST_FIELD(ProgramReply, reserved2, "reserved2", "uint32"),
};
constexpr FieldInfo kStatusReplyFields[] = {
    HOLDFAST_FIELD(StatusReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(StatusReply, log_id, "logId", "Id128"),
    HOLDFAST_FIELD(StatusReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(StatusReply, durable_position, "durablePosition", "LogPosition"),
    HOLDFAST_FIELD(StatusReply, now_ns, "nowNs", "TimestampNs"),
    HOLDFAST_FIELD(StatusReply, uptime_ns, "uptimeNs", "uint64"),
    HOLDFAST_FIELD(StatusReply, accounts, "accounts", "uint64"),
    HOLDFAST_FIELD(StatusReply, cards, "cards", "uint64"),
    HOLDFAST_FIELD(StatusReply, programs, "programs", "uint64"),
    HOLDFAST_FIELD(StatusReply, authorizations, "authorizations", "uint64"),
    HOLDFAST_FIELD(StatusReply, open_authorizations, "openAuthorizations", "uint64"),
    HOLDFAST_FIELD(StatusReply, request_ids, "requestIds", "uint64"),
    HOLDFAST_FIELD(StatusReply, commands_applied, "commandsApplied", "uint64"),
    HOLDFAST_FIELD(StatusReply, commands_repeated, "commandsRepeated", "uint64"),
    HOLDFAST_FIELD(StatusReply, log_bytes_written, "logBytesWritten", "uint64"),
    HOLDFAST_FIELD(StatusReply, log_writes, "logWrites", "uint64"),
    HOLDFAST_FIELD(StatusReply, accounts_max, "accountsMax", "uint64"),
    HOLDFAST_FIELD(StatusReply, cards_max, "cardsMax", "uint64"),
    HOLDFAST_FIELD(StatusReply, authorizations_max, "authorizationsMax", "uint64"),
    HOLDFAST_FIELD(StatusReply, request_ids_max, "requestIdsMax", "uint64"),
    HOLDFAST_FIELD(StatusReply, programs_max, "programsMax", "uint32"),
    HOLDFAST_FIELD(StatusReply, request_retention_s, "requestRetentionS", "uint32"),
    HOLDFAST_FIELD(StatusReply, digest_low, "digestLow", "uint64"),
    HOLDFAST_FIELD(StatusReply, digest_high, "digestHigh", "uint64"),
    HOLDFAST_FIELD(StatusReply, has_digest, "hasDigest", "YesNo"),
    HOLDFAST_FIELD(StatusReply, reserved, "reserved", "Reserved7"),
    HOLDFAST_FIELD(StatusReply, authorization_retention_s, "authorizationRetentionS", "uint32"),
    HOLDFAST_FIELD(StatusReply, reserved2, "reserved2", "uint32"),
    HOLDFAST_FIELD(StatusReply, snapshot_position, "snapshotPosition", "LogPosition"),
    HOLDFAST_FIELD(StatusReply, snapshot_time_ns, "snapshotTimeNs", "TimestampNs"),
    HOLDFAST_FIELD(StatusReply, snapshot_bytes, "snapshotBytes", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshots_completed, "snapshotsCompleted", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshots_failed, "snapshotsFailed", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshots_abandoned, "snapshotsAbandoned", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_running_position, "snapshotRunningPosition", "LogPosition"),
    HOLDFAST_FIELD(StatusReply, snapshot_pages, "snapshotPages", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_pages_copied, "snapshotPagesCopied", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_pages_ahead, "snapshotPagesAhead", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_pages_waiting, "snapshotPagesWaiting", "uint64"),
    HOLDFAST_FIELD(StatusReply, turns, "turns", "uint64"),
    HOLDFAST_FIELD(StatusReply, turn_longest_ns, "turnLongestNs", "uint64"),
    HOLDFAST_FIELD(StatusReply, turns_long, "turnsLong", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_turn_longest_ns, "snapshotTurnLongestNs", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_turns_long, "snapshotTurnsLong", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_copying_longest_ns, "snapshotCopyingLongestNs", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_phase, "snapshotPhase", "SnapshotPhase"),
    HOLDFAST_FIELD(StatusReply, snapshots_on, "snapshotsOn", "YesNo"),
    HOLDFAST_FIELD(StatusReply, snapshot_asked_for, "snapshotAskedFor", "YesNo"),
    HOLDFAST_FIELD(StatusReply, reserved3, "reserved3", "Reserved5"),
};
constexpr FieldInfo kLimitsReplyFields[] = {
    HOLDFAST_FIELD(LimitsReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(LimitsReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(LimitsReply, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(LimitsReply, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(LimitsReply, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(LimitsReply, total, "total", "uint16"),
    HOLDFAST_FIELD(LimitsReply, first, "first", "uint16"),
    HOLDFAST_FIELD(LimitsReply, found, "found", "YesNo"),
    HOLDFAST_FIELD(LimitsReply, reserved, "reserved", "Reserved3"),
    HOLDFAST_FIELD(LimitsReply, limit1, "limit1", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit2, "limit2", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit3, "limit3", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit4, "limit4", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit5, "limit5", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit6, "limit6", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit7, "limit7", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit8, "limit8", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit9, "limit9", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit10, "limit10", "Limit"),
    HOLDFAST_FIELD(LimitsReply, limit11, "limit11", "Limit"),
};
constexpr FieldInfo kShadowsReplyFields[] = {
    HOLDFAST_FIELD(ShadowsReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShadowsReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(ShadowsReply, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShadowsReply, active_version, "activeVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ShadowsReply, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ShadowsReply, shadows, "shadows", "uint16"),
    HOLDFAST_FIELD(ShadowsReply, shadows_behind, "shadowsBehind", "uint16"),
    HOLDFAST_FIELD(ShadowsReply, started_at_ns, "startedAtNs", "TimestampNs"),
    HOLDFAST_FIELD(ShadowsReply, judged, "judged", "uint64"),
    HOLDFAST_FIELD(ShadowsReply, first_divergence, "firstDivergence", "LogPosition"),
    HOLDFAST_FIELD(ShadowsReply, tallies, "tallies", "uint16"),
    HOLDFAST_FIELD(ShadowsReply, first_tally, "firstTally", "uint16"),
    HOLDFAST_FIELD(ShadowsReply, found, "found", "YesNo"),
    HOLDFAST_FIELD(ShadowsReply, reserved, "reserved", "Reserved3"),
    HOLDFAST_FIELD(ShadowsReply, tally1, "tally1", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally2, "tally2", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally3, "tally3", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally4, "tally4", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally5, "tally5", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally6, "tally6", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally7, "tally7", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally8, "tally8", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally9, "tally9", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally10, "tally10", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally11, "tally11", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally12, "tally12", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally13, "tally13", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally14, "tally14", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally15, "tally15", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally16, "tally16", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally17, "tally17", "Tally"),
    HOLDFAST_FIELD(ShadowsReply, tally18, "tally18", "Tally"),
};
constexpr FieldInfo kRuleSetReplyFields[] = {
    HOLDFAST_FIELD(RuleSetReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(RuleSetReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(RuleSetReply, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(RuleSetReply, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(RuleSetReply, categories, "categories", "uint32"),
    HOLDFAST_FIELD(RuleSetReply, controls, "controls", "uint32"),
    HOLDFAST_FIELD(RuleSetReply, list_items, "listItems", "uint32"),
    HOLDFAST_FIELD(RuleSetReply, zone_offsets, "zoneOffsets", "uint32"),
    HOLDFAST_FIELD(RuleSetReply, rows_total, "rowsTotal", "uint32"),
    HOLDFAST_FIELD(RuleSetReply, first_row, "firstRow", "uint32"),
    HOLDFAST_FIELD(RuleSetReply, rows, "rows", "uint8"),
    HOLDFAST_FIELD(RuleSetReply, state, "state", "RuleSetState"),
    HOLDFAST_FIELD(RuleSetReply, found, "found", "YesNo"),
    HOLDFAST_FIELD(RuleSetReply, reserved, "reserved", "Reserved5"),
    HOLDFAST_FIELD(RuleSetReply, row1, "row1", "RuleSetRow"),
    HOLDFAST_FIELD(RuleSetReply, row2, "row2", "RuleSetRow"),
    HOLDFAST_FIELD(RuleSetReply, row3, "row3", "RuleSetRow"),
    HOLDFAST_FIELD(RuleSetReply, row4, "row4", "RuleSetRow"),
};
constexpr FieldInfo kStagesReplyFields[] = {
    HOLDFAST_FIELD(StagesReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(StagesReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(StagesReply, uptime_ns, "uptimeNs", "uint64"),
    HOLDFAST_FIELD(StagesReply, sum_ns, "sumNs", "uint64"),
    HOLDFAST_FIELD(StagesReply, max_ns, "maxNs", "uint64"),
    HOLDFAST_FIELD(StagesReply, stage, "stage", "Stage"),
    HOLDFAST_FIELD(StagesReply, reserved1, "reserved1", "uint8"),
    HOLDFAST_FIELD(StagesReply, first_bucket, "firstBucket", "uint16"),
    HOLDFAST_FIELD(StagesReply, buckets_total, "bucketsTotal", "uint16"),
    HOLDFAST_FIELD(StagesReply, reserved2, "reserved2", "uint16"),
    HOLDFAST_FIELD(StagesReply, counts, "counts", "BucketCounts"),
};
constexpr FieldInfo kRejectFields[] = {
    HOLDFAST_FIELD(Reject, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Reject, code, "code", "RejectCode"),
    HOLDFAST_FIELD(Reject, offending_template_id, "offendingTemplateId", "TemplateNumber"),
    HOLDFAST_FIELD(Reject, detail, "detail", "uint32"),
    HOLDFAST_FIELD(Reject, text, "text", "RejectText"),
};

#undef HOLDFAST_FIELD

// Every byte of a struct is named once: no field can be in the struct and not in the table.
consteval bool covers(std::span<const FieldInfo> fields, std::size_t bytes) {
  std::size_t end = 0;
  for (const FieldInfo& field : fields) {
    if (field.offset != end) return false;
    end += field.bytes;
  }
  return end == bytes;
}
#define HOLDFAST_COVERS(name, id, first, now) static_assert(covers(k##name##Fields, sizeof(name)));
HOLDFAST_WIRE_MESSAGES(HOLDFAST_COVERS)
#undef HOLDFAST_COVERS

constexpr auto kMessages = std::to_array<MessageInfo>({
#define HOLDFAST_MESSAGE(name, id, first, now) {#name, id, first, now, k##name##Fields},
    HOLDFAST_WIRE_MESSAGES(HOLDFAST_MESSAGE)
#undef HOLDFAST_MESSAGE
});

}  // namespace

std::span<const MessageInfo> messages() { return kMessages; }

const MessageInfo* message_info(std::uint16_t template_id) {
  for (const MessageInfo& message : kMessages) {
    if (message.template_id == template_id) return &message;
  }
  return nullptr;
}

const FieldInfo* field_at(const MessageInfo& message, std::size_t frame_offset) {
  for (const FieldInfo& field : message.fields) {
    const std::size_t start = sizeof(FrameHeader) + field.offset;
    if (frame_offset >= start && frame_offset < start + field.bytes) return &field;
  }
  return nullptr;
}

}  // namespace holdfast::net
