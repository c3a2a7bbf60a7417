// Inquiries that one frame answers: an account, a card, an authorization, a program, the server's
// status. See `net/protocol/messages.h`.
#pragma once

#include <cstdint>

#include "net/protocol/messages/basics.h"

namespace holdfast::net::wire {

struct ShowAccount {
  std::uint64_t correlation_id = 0;
  Id128 account_id;
};

struct AccountReply {
  std::uint64_t correlation_id = 0;
  std::uint64_t position = 0;
  Id128 account_id;
  std::int64_t ledger_balance = 0;
  std::int64_t held = 0;
  std::int64_t credit_limit = 0;
  std::int64_t available_balance = 0;
  std::uint16_t currency = 0;
  std::uint16_t flags = 0;
  std::uint8_t status = 0;
  std::uint8_t found = 0;
  std::uint16_t reserved = 0;
};

struct ShowCard {
  std::uint64_t correlation_id = 0;
  Id128 card_token;
};

struct CardReply {
  std::uint64_t correlation_id = 0;
  std::uint64_t position = 0;
  Id128 card_token;
  Id128 account_id;
  std::uint32_t program_id = 0;
  std::uint16_t expiry_month = 0;
  std::uint8_t status = 0;
  std::uint8_t found = 0;
};

struct ShowAuthorization {
  std::uint64_t correlation_id = 0;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
};

struct AuthorizationReply {
  std::uint64_t correlation_id = 0;
  std::uint64_t position = 0;
  std::uint64_t authorization_id = 0;
  Id128 request_id;
  Id128 card_token;
  Id128 account_id;
  char merchant[16] = {};
  std::int64_t requested = 0;
  std::int64_t approved = 0;
  std::int64_t captured = 0;
  std::int64_t reversed = 0;
  std::int64_t refunded = 0;
  std::int64_t held = 0;
  std::uint64_t created_at_ns = 0;
  std::uint64_t expires_at_ns = 0;
  std::uint32_t program_id = 0;
  std::uint16_t currency = 0;
  std::uint16_t mcc = 0;
  std::uint16_t country = 0;
  std::uint8_t state = 0;
  std::uint8_t channel = 0;
  std::uint8_t transaction_type = 0;
  std::uint8_t found = 0;
  std::uint16_t reserved = 0;
  std::int64_t rate = 0;
  std::uint16_t rate_markup_bp = 0;
  std::uint8_t rate_scale = 0;
  std::uint8_t reserved2[5] = {};
};

struct ShowProgram {
  std::uint64_t correlation_id = 0;
  std::uint32_t program_id = 0;
  std::uint32_t reserved = 0;
};

struct ProgramReply {
  std::uint64_t correlation_id = 0;
  std::uint64_t position = 0;
  Id128 settlement_account_id;
  std::uint32_t program_id = 0;
  std::uint32_t hold_period_s = 0;
  std::uint8_t found = 0;
  std::uint8_t reserved[7] = {};
  std::uint32_t rule_set_version = 0;
  std::uint32_t rule_set_categories = 0;
  std::uint32_t rule_set_controls = 0;
  std::uint32_t reserved2 = 0;
};

struct ShowStatus {
  std::uint64_t correlation_id = 0;
  std::uint8_t with_digest = 0;
  std::uint8_t reserved[7] = {};
};

struct TakeSnapshot {
  std::uint64_t correlation_id = 0;
};

struct StatusReply {
  std::uint64_t correlation_id = 0;
  Id128 log_id;
  std::uint64_t position = 0;
  std::uint64_t durable_position = 0;
  std::uint64_t now_ns = 0;
  std::uint64_t uptime_ns = 0;
  std::uint64_t accounts = 0;
  std::uint64_t cards = 0;
  std::uint64_t programs = 0;
  std::uint64_t authorizations = 0;
  std::uint64_t open_authorizations = 0;
  std::uint64_t request_ids = 0;
  std::uint64_t commands_applied = 0;
  std::uint64_t commands_repeated = 0;
  std::uint64_t log_bytes_written = 0;
  std::uint64_t log_writes = 0;
  std::uint64_t accounts_max = 0;
  std::uint64_t cards_max = 0;
  std::uint64_t authorizations_max = 0;
  std::uint64_t request_ids_max = 0;
  std::uint32_t programs_max = 0;
  std::uint32_t request_retention_s = 0;
  std::uint64_t digest_low = 0;
  std::uint64_t digest_high = 0;
  std::uint8_t has_digest = 0;
  std::uint8_t reserved[7] = {};
  std::uint32_t authorization_retention_s = 0;
  std::uint32_t reserved2 = 0;
  std::uint64_t snapshot_position = 0;
  std::uint64_t snapshot_time_ns = 0;
  std::uint64_t snapshot_bytes = 0;
  std::uint64_t snapshots_completed = 0;
  std::uint64_t snapshots_failed = 0;
  std::uint64_t snapshots_abandoned = 0;
  std::uint64_t snapshot_running_position = 0;
  std::uint64_t snapshot_pages = 0;
  std::uint64_t snapshot_pages_copied = 0;
  std::uint64_t snapshot_pages_ahead = 0;
  std::uint64_t snapshot_pages_waiting = 0;
  std::uint64_t turns = 0;
  std::uint64_t turn_longest_ns = 0;
  std::uint64_t turns_long = 0;
  std::uint64_t snapshot_turn_longest_ns = 0;
  std::uint64_t snapshot_turns_long = 0;
  std::uint64_t snapshot_copying_longest_ns = 0;
  std::uint8_t snapshot_phase = 0;
  std::uint8_t snapshots_on = 0;
  std::uint8_t snapshot_asked_for = 0;
  std::uint8_t reserved3[5] = {};
  std::uint64_t snapshot_waits = 0;
  std::uint64_t snapshot_waited_ns = 0;
  std::uint64_t snapshot_wait_longest_ns = 0;
  std::uint8_t snapshot_delayed_by = 0;
  std::uint8_t reserved4[7] = {};
};

}  // namespace holdfast::net::wire
