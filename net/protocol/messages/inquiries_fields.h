// The tables of the fields of inquiries that one frame answers; see
// `net/protocol/field_table.h`.
#pragma once

#include "net/protocol/field_table.h"
#include "net/protocol/messages/inquiries.h"

namespace holdfast::net::wire {

inline constexpr FieldInfo kShowAccountFields[] = {
    HOLDFAST_FIELD(ShowAccount, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowAccount, account_id, "accountId", "Id128"),
};
inline constexpr FieldInfo kAccountReplyFields[] = {
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
inline constexpr FieldInfo kShowCardFields[] = {
    HOLDFAST_FIELD(ShowCard, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowCard, card_token, "cardToken", "Id128"),
};
inline constexpr FieldInfo kCardReplyFields[] = {
    HOLDFAST_FIELD(CardReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(CardReply, position, "position", "LogPosition"),
    HOLDFAST_FIELD(CardReply, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(CardReply, account_id, "accountId", "Id128"),
    HOLDFAST_FIELD(CardReply, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(CardReply, expiry_month, "expiryMonth", "ExpiryMonth"),
    HOLDFAST_FIELD(CardReply, status, "status", "CardStatus"),
    HOLDFAST_FIELD(CardReply, found, "found", "YesNo"),
};
inline constexpr FieldInfo kShowAuthorizationFields[] = {
    HOLDFAST_FIELD(ShowAuthorization, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowAuthorization, authorization_id, "authorizationId", "AuthorizationId"),
    HOLDFAST_FIELD(ShowAuthorization, original_request_id, "originalRequestId", "Id128"),
};
inline constexpr FieldInfo kAuthorizationReplyFields[] = {
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
inline constexpr FieldInfo kShowProgramFields[] = {
    HOLDFAST_FIELD(ShowProgram, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowProgram, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShowProgram, reserved, "reserved", "uint32"),
};
inline constexpr FieldInfo kProgramReplyFields[] = {
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
inline constexpr FieldInfo kShowStatusFields[] = {
    HOLDFAST_FIELD(ShowStatus, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowStatus, with_digest, "withDigest", "YesNo"),
    HOLDFAST_FIELD(ShowStatus, reserved, "reserved", "Reserved7"),
};
inline constexpr FieldInfo kTakeSnapshotFields[] = {
    HOLDFAST_FIELD(TakeSnapshot, correlation_id, "correlationId", "CorrelationId"),
};
inline constexpr FieldInfo kStatusReplyFields[] = {
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
    HOLDFAST_FIELD(StatusReply, snapshot_running_position, "snapshotRunningPosition",
                   "LogPosition"),
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
    HOLDFAST_FIELD(StatusReply, snapshot_waits, "snapshotWaits", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_waited_ns, "snapshotWaitedNs", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_wait_longest_ns, "snapshotWaitLongestNs", "uint64"),
    HOLDFAST_FIELD(StatusReply, snapshot_delayed_by, "snapshotDelayedBy", "SnapshotDelay"),
    HOLDFAST_FIELD(StatusReply, reserved4, "reserved4", "Reserved7"),
};

}  // namespace holdfast::net::wire
