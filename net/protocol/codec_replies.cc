// Replies: the engine's answers to bytes (the server), and back (the client).
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <variant>

#include "engine/check.h"
#include "net/protocol/codec.h"
#include "net/protocol/reply_pages.h"

namespace holdfast::net {
namespace {

std::uint8_t yes_no(bool value) { return value ? 1 : 0; }

wire::OutcomeReply encode(const Outcome& outcome, CommandKind kind) {
  wire::OutcomeReply m;
  m.decision = static_cast<std::uint16_t>(outcome.decision);
  m.flags = outcome.flags;
  m.command_template_id = template_of(kind);
  const std::string_view de39 = decision_de39(outcome.decision);
  std::copy_n(de39.begin(), sizeof m.de39, m.de39);
  m.authorization_id = outcome.authorization.value;
  m.amount = outcome.amount.minor;
  m.ledger_balance = outcome.ledger_balance.minor;
  m.available_balance = outcome.available_balance.minor;
  m.counterparty_balance = outcome.counterparty_balance.minor;
  m.position = outcome.position.value;
  m.time_ns = outcome.time.ns;
  return m;
}

wire::AccountReply encode(const AccountView& view) {
  wire::AccountReply m;
  m.position = view.position.value;
  m.account_id = to_wire(view.account);
  m.ledger_balance = view.ledger_balance.minor;
  m.held = view.held.minor;
  m.credit_limit = view.credit_limit.minor;
  m.available_balance = view.available_balance.minor;
  m.currency = view.currency.numeric;
  m.flags = view.flags;
  m.status = static_cast<std::uint8_t>(view.status);
  m.found = yes_no(view.found);
  return m;
}

wire::CardReply encode(const CardView& view) {
  wire::CardReply m;
  m.position = view.position.value;
  m.card_token = to_wire(view.card);
  m.account_id = to_wire(view.account);
  m.program_id = view.program.value;
  m.expiry_month = view.expiry.yymm;
  m.status = static_cast<std::uint8_t>(view.status);
  m.found = yes_no(view.found);
  return m;
}

wire::AuthorizationReply encode(const AuthorizationView& view) {
  wire::AuthorizationReply m;
  m.position = view.position.value;
  m.authorization_id = view.authorization.value;
  m.request_id = to_wire(view.request_id);
  m.card_token = to_wire(view.card);
  m.account_id = to_wire(view.account);
  std::memcpy(m.merchant, view.merchant.text, sizeof m.merchant);
  m.requested = view.requested.minor;
  m.approved = view.approved.minor;
  m.captured = view.captured.minor;
  m.reversed = view.reversed.minor;
  m.refunded = view.refunded.minor;
  m.held = view.held.minor;
  m.created_at_ns = view.created_at.ns;
  m.expires_at_ns = view.expires_at.ns;
  m.program_id = view.program.value;
  m.currency = view.currency.numeric;
  m.mcc = view.mcc.code;
  m.country = view.country.numeric;
  m.state = static_cast<std::uint8_t>(view.state);
  m.channel = static_cast<std::uint8_t>(view.channel);
  m.transaction_type = static_cast<std::uint8_t>(view.type);
  m.found = yes_no(view.found);
  m.rate = view.rate;
  m.rate_markup_bp = view.rate_markup_bp;
  m.rate_scale = view.rate_scale;
  return m;
}

wire::ProgramReply encode(const ProgramView& view) {
  wire::ProgramReply m;
  m.position = view.position.value;
  m.settlement_account_id = to_wire(view.settlement_account);
  m.program_id = view.program.value;
  m.hold_period_s = view.hold_period_s;
  m.found = yes_no(view.found);
  m.rule_set_version = view.rule_set_version;
  m.rule_set_categories = view.rule_set_categories;
  m.rule_set_controls = view.rule_set_controls;
  return m;
}

void tell_snapshots(const StatusView& view, wire::StatusReply& m) {
  m.snapshot_position = view.snapshots.report.newest_position.value;
  m.snapshot_time_ns = view.snapshots.report.newest_time.ns;
  m.snapshot_bytes = view.snapshots.report.newest_bytes;
  m.snapshots_completed = view.snapshots.report.completed;
  m.snapshots_failed = view.snapshots.report.failed;
  m.snapshots_abandoned = view.snapshots.abandoned;
  m.snapshot_running_position = view.snapshots.running.position.value;
  m.snapshot_pages = view.snapshots.running.pages;
  m.snapshot_pages_copied = view.snapshots.running.pages_copied;
  m.snapshot_pages_ahead = view.snapshots.running.pages_ahead;
  m.snapshot_pages_waiting = view.snapshots.running.pages_waiting;
  m.turns = view.stalls.turns;
  m.turn_longest_ns = view.stalls.longest_turn_ns;
  m.turns_long = view.stalls.long_turns;
  m.snapshot_turn_longest_ns = view.stalls.longest_snapshot_turn_ns;
  m.snapshot_turns_long = view.stalls.long_snapshot_turns;
  m.snapshot_copying_longest_ns = view.stalls.longest_copying_ns;
  m.snapshot_phase = static_cast<std::uint8_t>(view.snapshots.running.phase);
  m.snapshots_on = yes_no(view.snapshots.is_on);
  m.snapshot_asked_for = yes_no(view.snapshots.is_asked_for);
  m.snapshot_waits = view.snapshots.waits.count;
  m.snapshot_waited_ns = view.snapshots.waits.total_ns;
  m.snapshot_wait_longest_ns = view.snapshots.waits.longest_ns;
  m.snapshot_delayed_by = static_cast<std::uint8_t>(view.snapshots.delayed_by);
}

wire::StatusReply encode(const StatusView& view) {
  wire::StatusReply m;
  m.log_id = to_wire(view.log_id);
  m.position = view.position.value;
  m.durable_position = view.durable_position.value;
  m.now_ns = view.now.ns;
  m.uptime_ns = view.uptime_ns;
  m.accounts = view.accounts;
  m.cards = view.cards;
  m.programs = view.programs;
  m.authorizations = view.authorizations;
  m.open_authorizations = view.open_authorizations;
  m.request_ids = view.request_ids;
  m.commands_applied = view.commands_applied;
  m.commands_repeated = view.commands_repeated;
  m.log_bytes_written = view.log_bytes_written;
  m.log_writes = view.log_writes;
  m.accounts_max = view.config.accounts_max;
  m.cards_max = view.config.cards_max;
  m.authorizations_max = view.config.authorizations_max;
  m.request_ids_max = view.config.request_ids_max;
  m.programs_max = view.config.programs_max;
  m.request_retention_s = view.config.request_retention_s;
  m.digest_low = view.digest.low;
  m.digest_high = view.digest.high;
  m.has_digest = yes_no(view.has_digest);
  m.authorization_retention_s = view.config.authorization_retention_s;
  tell_snapshots(view, m);
  return m;
}

template <class Message>
std::size_t write_reply(Message message, std::uint64_t correlation, std::span<std::byte> out) {
  message.correlation_id = correlation;
  return write_frame(message, out);
}

std::size_t encode_pass_through(const Reply& reply, const HelloFacts& facts,
                                std::span<std::byte> out) {
  switch (pass_through_of(reply.route)) {
    case PassThrough::hello: {
      wire::HelloReply m;
      m.schema_version = static_cast<std::uint16_t>(reply.route.detail);
      m.frame_bytes_max = limits::frame_bytes_max;
      m.in_flight_max = facts.in_flight_max;
      m.idle_timeout_ms = facts.idle_timeout_ms;
      m.log_id = to_wire(facts.log_id);
      set_text(m.server_name, facts.server_name);
      return write_reply(m, reply.correlation, out);
    }
    case PassThrough::heartbeat:
      return write_reply(wire::HeartbeatReply{}, reply.correlation, out);
    case PassThrough::goodbye:
      return write_reply(wire::GoodbyeReply{}, reply.correlation, out);
    case PassThrough::reject:
      return encode_reject(refusal_of(reply.route), reply.correlation, out);
  }
  HOLDFAST_CHECK(false, "a pass-through comes back as it went");
  return 0;
}

}  // namespace

void set_pass_through(Request& request, PassThrough what) {
  request.kind = RequestKind::pass_through;
  request.route.tag = static_cast<std::uint16_t>(static_cast<unsigned>(what) << 8);
  request.route.detail = 0;
}

void set_hello(Request& request, std::uint16_t schema_version) {
  set_pass_through(request, PassThrough::hello);
  request.route.detail = schema_version;
}

void set_reject(Request& request, const Refusal& refusal) {
  const PackedRefusal packed = pack(refusal);
  set_pass_through(request, PassThrough::reject);
  request.route.tag = static_cast<std::uint16_t>(request.route.tag | packed.code);
  request.route.detail = packed.rest;
}

PassThrough pass_through_of(const ReplyRoute& route) {
  return static_cast<PassThrough>(route.tag >> 8);
}

Refusal refusal_of(const ReplyRoute& route) {
  return unpack({static_cast<std::uint8_t>(route.tag & 0xFF), route.detail});
}

void set_text(std::span<char> field, std::string_view text) {
  const std::size_t length = std::min(text.size(), field.size() - 1);
  std::copy_n(text.begin(), length, field.begin());
  std::fill(field.begin() + static_cast<std::ptrdiff_t>(length), field.end(), '\0');
}

std::string_view text_of(std::span<const char> field) {
  const auto end = std::find(field.begin(), field.end(), '\0');
  return {field.data(), static_cast<std::size_t>(end - field.begin())};
}

std::size_t encode_reject(const Refusal& refusal, std::uint64_t correlation,
                          std::span<std::byte> out) {
  wire::Reject m;
  m.code = static_cast<std::uint16_t>(refusal.code);
  m.offending_template_id = refusal.template_id;
  m.detail = refusal.detail;
  describe(refusal, m.text);
  return write_reply(m, correlation, out);
}

std::size_t encode_reply(const Reply& reply, const HelloFacts& facts, std::span<std::byte> out) {
  if (reply.kind == RequestKind::command) {
    return write_reply(encode(reply.outcome, reply.command_kind), reply.correlation, out);
  }
  if (reply.kind == RequestKind::pass_through) return encode_pass_through(reply, facts, out);
  HOLDFAST_CHECK(reply.answer != nullptr, "an inquiry is answered with a view");
  return std::visit(
      [&]<class View>(const View& view) {
        if constexpr (std::is_same_v<View, LimitsView>) {
          return write_reply(limits_page(view, reply.route.detail), reply.correlation, out);
        } else if constexpr (std::is_same_v<View, ShadowsView>) {
          return write_reply(shadows_page(view, reply.route.detail, reply.route.tag),
                             reply.correlation, out);
        } else if constexpr (std::is_same_v<View, RuleSetView>) {
          return write_reply(rule_set_page(view), reply.correlation, out);
        } else if constexpr (std::is_same_v<View, StagePage>) {
          return write_reply(stages_page(view), reply.correlation, out);
        } else {
          return write_reply(encode(view), reply.correlation, out);
        }
      },
      *reply.answer);
}

Outcome to_outcome(const wire::OutcomeReply& m) {
  Outcome outcome;
  outcome.decision = static_cast<Decision>(m.decision);
  outcome.flags = m.flags;
  outcome.authorization = AuthorizationId{m.authorization_id};
  outcome.amount = Money{m.amount};
  outcome.ledger_balance = Money{m.ledger_balance};
  outcome.available_balance = Money{m.available_balance};
  outcome.counterparty_balance = Money{m.counterparty_balance};
  outcome.position = LogPosition{m.position};
  outcome.time = TimestampNs{m.time_ns};
  return outcome;
}

AccountView to_view(const wire::AccountReply& m) {
  AccountView view;
  view.found = m.found != 0;
  view.account = to_id<AccountId>(m.account_id);
  view.currency = CurrencyCode{m.currency};
  view.status = static_cast<AccountStatus>(m.status);
  view.flags = m.flags;
  view.ledger_balance = Money{m.ledger_balance};
  view.held = Money{m.held};
  view.credit_limit = Money{m.credit_limit};
  view.available_balance = Money{m.available_balance};
  view.position = LogPosition{m.position};
  return view;
}

CardView to_view(const wire::CardReply& m) {
  CardView view;
  view.found = m.found != 0;
  view.card = to_id<CardToken>(m.card_token);
  view.account = to_id<AccountId>(m.account_id);
  view.program = ProgramId{m.program_id};
  view.expiry = ExpiryMonth{m.expiry_month};
  view.status = static_cast<CardStatus>(m.status);
  view.position = LogPosition{m.position};
  return view;
}

AuthorizationView to_view(const wire::AuthorizationReply& m) {
  AuthorizationView view;
  view.found = m.found != 0;
  view.authorization = AuthorizationId{m.authorization_id};
  view.request_id = to_id<RequestId>(m.request_id);
  view.card = to_id<CardToken>(m.card_token);
  view.account = to_id<AccountId>(m.account_id);
  view.program = ProgramId{m.program_id};
  view.state = static_cast<AuthorizationState>(m.state);
  view.channel = static_cast<Channel>(m.channel);
  view.type = static_cast<TransactionType>(m.transaction_type);
  view.currency = CurrencyCode{m.currency};
  view.mcc = Mcc{m.mcc};
  view.country = CountryCode{m.country};
  std::memcpy(view.merchant.text, m.merchant, sizeof m.merchant);
  view.requested = Money{m.requested};
  view.approved = Money{m.approved};
  view.captured = Money{m.captured};
  view.reversed = Money{m.reversed};
  view.refunded = Money{m.refunded};
  view.held = Money{m.held};
  view.rate = m.rate;
  view.rate_markup_bp = m.rate_markup_bp;
  view.rate_scale = m.rate_scale;
  view.created_at = TimestampNs{m.created_at_ns};
  view.expires_at = TimestampNs{m.expires_at_ns};
  view.position = LogPosition{m.position};
  return view;
}

ProgramView to_view(const wire::ProgramReply& m) {
  ProgramView view;
  view.found = m.found != 0;
  view.program = ProgramId{m.program_id};
  view.hold_period_s = m.hold_period_s;
  view.settlement_account = to_id<AccountId>(m.settlement_account_id);
  view.rule_set_version = m.rule_set_version;
  view.rule_set_categories = m.rule_set_categories;
  view.rule_set_controls = m.rule_set_controls;
  view.position = LogPosition{m.position};
  return view;
}

StatusView to_view(const wire::StatusReply& m) {
  StatusView view;
  view.log_id = to_id<LogId>(m.log_id);
  view.position = LogPosition{m.position};
  view.durable_position = LogPosition{m.durable_position};
  view.now = TimestampNs{m.now_ns};
  view.uptime_ns = m.uptime_ns;
  view.accounts = m.accounts;
  view.cards = m.cards;
  view.programs = m.programs;
  view.authorizations = m.authorizations;
  view.open_authorizations = m.open_authorizations;
  view.request_ids = m.request_ids;
  view.commands_applied = m.commands_applied;
  view.commands_repeated = m.commands_repeated;
  view.log_bytes_written = m.log_bytes_written;
  view.log_writes = m.log_writes;
  view.config.accounts_max = m.accounts_max;
  view.config.cards_max = m.cards_max;
  view.config.authorizations_max = m.authorizations_max;
  view.config.request_ids_max = m.request_ids_max;
  view.config.programs_max = m.programs_max;
  view.config.request_retention_s = m.request_retention_s;
  view.config.authorization_retention_s = m.authorization_retention_s;
  view.has_digest = m.has_digest != 0;
  view.digest.low = m.digest_low;
  view.digest.high = m.digest_high;
  view.snapshots.report.newest_position.value = m.snapshot_position;
  view.snapshots.report.newest_time.ns = m.snapshot_time_ns;
  view.snapshots.report.newest_bytes = m.snapshot_bytes;
  view.snapshots.report.completed = m.snapshots_completed;
  view.snapshots.report.failed = m.snapshots_failed;
  view.snapshots.abandoned = m.snapshots_abandoned;
  view.snapshots.running.position.value = m.snapshot_running_position;
  view.snapshots.running.pages = m.snapshot_pages;
  view.snapshots.running.pages_copied = m.snapshot_pages_copied;
  view.snapshots.running.pages_ahead = m.snapshot_pages_ahead;
  view.snapshots.running.pages_waiting = m.snapshot_pages_waiting;
  view.stalls.turns = m.turns;
  view.stalls.longest_turn_ns = m.turn_longest_ns;
  view.stalls.long_turns = m.turns_long;
  view.stalls.longest_snapshot_turn_ns = m.snapshot_turn_longest_ns;
  view.stalls.long_snapshot_turns = m.snapshot_turns_long;
  view.stalls.longest_copying_ns = m.snapshot_copying_longest_ns;
  view.snapshots.running.phase = static_cast<SnapshotPhase>(m.snapshot_phase);
  view.snapshots.is_on = m.snapshots_on != 0;
  view.snapshots.is_asked_for = m.snapshot_asked_for != 0;
  view.snapshots.waits.count = m.snapshot_waits;
  view.snapshots.waits.total_ns = m.snapshot_waited_ns;
  view.snapshots.waits.longest_ns = m.snapshot_wait_longest_ns;
  view.snapshots.delayed_by = static_cast<SnapshotDelay>(m.snapshot_delayed_by);
  return view;
}

}  // namespace holdfast::net
