// What a network thread hands to the core, and what it gets back.
//
// Every request of a session, also those that the core only passes through (a heartbeat, a reject
// of a malformed frame), takes the same way, so that replies keep the order of the requests without
// any reordering on the way back. Whoever has it may change it; nothing here is shared.
#pragma once

#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/snapshot.h"
#include "engine/stage_times.h"
#include "engine/types.h"

namespace holdfast {

/// Where the reply goes, in its network thread. The core does not look into it.
struct ReplyRoute {
  std::uint32_t session = 0;
  std::uint32_t generation = 0;  // tells a session from an earlier one in the same place
  std::uint32_t detail = 0;      // the network thread's own; comes back as it went
  std::uint16_t tag = 0;         // likewise
  std::uint16_t reserved = 0;    // 16 bytes: 14 are copied in halves that wait for each other
};

enum class RequestKind : std::uint8_t {
  command,        // apply `command`; answered with an Outcome
  pass_through,   // answered, in order, with nothing but the route and correlation
  show_account,   // `inquiry.account`; answered with an AccountView
  show_card,      // `inquiry.card`; CardView
  show_authorization,  // `inquiry.authorization` or `inquiry.original_request`; AuthorizationView
  show_program,   // `inquiry.program`; ProgramView
  show_status,    // `inquiry.with_digest`; StatusView
  show_limits,    // `inquiry.card`; LimitsView
  show_shadows,   // `inquiry.program`; ShadowsView
  show_rule_set,  // `inquiry.program`, `rule_set_version` and `first_row`; RuleSetView
  take_snapshot,  // one begins as soon as none is under way; StatusView. It is there when
                  // `snapshots.report.newest_position` has reached this answer's `position`
  show_stages,    // `inquiry.stage` and `first_bucket`; StagePage
};

struct Inquiry {
  AccountId account;
  CardToken card;
  AuthorizationId authorization;
  RequestId original_request;
  ProgramId program;
  // 1: compute the state digest (touches all state: seconds if large).
  std::uint32_t with_digest = 0;
  std::uint32_t rule_set_version = 0;  // 0: the active one
  std::uint32_t first_row = 0;    // rows are told in pages
  Stage stage{};
  std::uint16_t first_bucket = 0;  // buckets are told in pages
};

// Laid out so that an authorization is two cache lines (engine/lanes.h).
struct Request {
  std::uint64_t correlation = 0;  // the caller's own; comes back with the reply
  ReplyRoute route;
  StageTick received = 0;         // end of its read; 0: not counted in any stage
  RequestKind kind = RequestKind::pass_through;
  union {
    Command command;
    Inquiry inquiry;
  };
  Request() : command() {}
  /// What is asked is yet to be written.
  struct Header {};
  explicit Request(Header) {}
};
static_assert(std::is_trivially_copyable_v<Request>);

/// Answers to inquiries. `found` false: the named thing is not known and the rest is zero.
/// All of a view holds at `position`, and is told only when that position is durable.
struct AccountView {
  bool found = false;
  AccountId account;
  CurrencyCode currency;
  AccountStatus status{};
  std::uint16_t flags = 0;  // kAccount…
  Money ledger_balance;
  Money held;
  Money credit_limit;
  Money available_balance;
  LogPosition position;
};

struct CardView {
  bool found = false;
  CardToken card;
  AccountId account;
  ProgramId program;
  ExpiryMonth expiry;
  CardStatus status{};
  LogPosition position;
};

enum class AuthorizationState : std::uint8_t {
  open = 0,      // money is held
  captured = 1,  // closed by a final capture, or fully captured
  reversed = 2,  // closed by reversal of all that was left, nothing captured
  expired = 3,   // released by time; a late capture is still posted
};

struct AuthorizationView {
  bool found = false;
  AuthorizationId authorization;
  RequestId request_id;
  CardToken card;
  AccountId account;
  ProgramId program;
  AuthorizationState state{};
  Channel channel{};
  TransactionType type{};
  CurrencyCode currency;  // of `requested`; all other amounts are in the account's
  Mcc mcc;
  CountryCode country;
  MerchantId merchant;
  Money requested;
  Money approved;
  Money captured;
  Money reversed;   // given back by reversals
  Money refunded;
  Money held;       // still held now
  /// How `requested` became the account's currency; all zero when it was asked in it.
  std::int64_t rate = 0;
  std::uint8_t rate_scale = 0;
  std::uint16_t rate_markup_bp = 0;
  TimestampNs created_at;
  TimestampNs expires_at;
  LogPosition position;
};

struct ProgramView {
  bool found = false;
  ProgramId program;
  std::uint32_t hold_period_s = 0;
  AccountId settlement_account;
  std::uint32_t rule_set_version = 0;     // active; 0: none
  std::uint32_t rule_set_categories = 0;  // of the active one
  std::uint32_t rule_set_controls = 0;    // of the active one
  LogPosition position;
};

/// What a card's controls with a window have counted, and what is left, at the engine's time.
struct LimitView {
  std::uint16_t control = 0;
  ControlScope scope{};
  WindowKind window{};
  Money amount_max;                // INT64_MAX: no cap by amount
  Money amount_used;
  std::uint32_t count_max = 0;     // UINT32_MAX: no cap by count
  std::uint32_t count_used = 0;
  TimestampNs window_start;        // calendar windows and rolling (of its oldest step); lifetime: 0
};

struct LimitsView {
  bool found = false;              // the card is known
  CardToken card;
  ProgramId program;
  std::uint32_t rule_set_version = 0;
  std::vector<LimitView> limits;   // in the order of the rule set's controls
  LogPosition position;
};

/// How often a shadow and the active rule set answered so to the same payment.
struct ShadowTally {
  Decision active{};
  Decision shadow{};
  std::uint64_t count = 0;
  Money amount;  // asked for, in the accounts' currency; stops at INT64_MAX
};

/// A rule set that runs beside the active one.
struct ShadowView {
  std::uint32_t version = 0;
  TimestampNs started_at;
  std::uint64_t judged = 0;             // payments, since it started
  LogPosition first_divergence;         // of the first that it answered otherwise; zero: none
  std::vector<ShadowTally> tallies;     // by active decision, then shadow decision
};

struct ShadowsView {
  bool found = false;                   // the program is known
  ProgramId program;
  std::uint32_t active_version = 0;     // 0: none
  std::vector<ShadowView> shadows;      // by version
  LogPosition position;
};

enum class RuleSetState : std::uint8_t {
  begun = 0,     // rows are missing
  complete = 1,  // never activated
  shadow = 2,    // runs beside the active one
  active = 3,
  former = 4,    // was active
};

/// One page of a rule set's rows: commands add_category, add_control, add_list_item and
/// add_zone_offset, in this order of kinds and each kind in its order of arrival, request ids zero.
struct RuleSetView {
  bool found = false;                   // the version was begun
  ProgramId program;
  std::uint32_t version = 0;
  RuleSetState state{};
  BeginRuleSet announced;
  std::uint32_t rows_total = 0;         // that are there now
  std::uint32_t first_row = 0;          // of this page
  std::vector<Command> rows;
  LogPosition position;
};

/// Sums over tables that must agree with each other; see `StateMachine::digest`.
struct StateDigest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const StateDigest&, const StateDigest&) = default;
};

/// The core's turns, since start. What a snapshot costs is told apart.
struct StallStatus {
  std::uint64_t turns = 0;                   // that did anything
  std::uint64_t longest_turn_ns = 0;         // without a snapshot under way
  std::uint64_t long_turns = 0;              // above 1 ms, without a snapshot under way
  std::uint64_t longest_snapshot_turn_ns = 0;
  std::uint64_t long_snapshot_turns = 0;
  std::uint64_t longest_copying_ns = 0;  // of a turn: what a snapshot's steps took of the processor
};

/// How often and how long commands waited because the packets for pages that they change had run out
/// and the writer had none free. Since start.
struct SnapshotWaits {
  std::uint64_t count = 0;
  std::uint64_t total_ns = 0;
  std::uint64_t longest_ns = 0;  // one wait, over all turns in a row that ended by it
};

struct SnapshotStatus {
  bool is_on = false;         // the server takes snapshots
  bool is_asked_for = false;  // one will begin when the one under way has ended
  SnapshotDelay delayed_by{};  // one is due; why it had not begun when that was looked at last
  SnapshotReport report;
  SnapshotProgress running;   // phase `none`: nothing is under way
  std::uint64_t abandoned = 0;  // since start: by the core, because the disk was too slow or failed
  SnapshotWaits waits;
};

struct StatusView {
  LogId log_id;
  LogPosition position;          // last applied
  LogPosition durable_position;  // last that survives a crash
  TimestampNs now;               // the core's time
  std::uint64_t uptime_ns = 0;
  std::uint64_t accounts = 0;
  std::uint64_t cards = 0;
  std::uint64_t programs = 0;
  std::uint64_t authorizations = 0;
  std::uint64_t open_authorizations = 0;
  std::uint64_t request_ids = 0;
  std::uint64_t commands_applied = 0;   // since start
  std::uint64_t commands_repeated = 0;  // since start
  std::uint64_t log_bytes_written = 0;  // since start
  std::uint64_t log_writes = 0;         // since start
  EngineConfig config;
  bool has_digest = false;
  StateDigest digest;
  SnapshotStatus snapshots;
  StallStatus stalls;
};

/// Part of one stage's histogram, since start. Pages that are asked for together come from one
/// moment, or nearly.
struct StagePage {
  Stage stage{};
  std::uint16_t first_bucket = 0;
  std::vector<std::uint64_t> buckets;  // up to limits::stage_buckets_per_reply
  std::uint64_t sum_ns = 0;            // of all buckets
  std::uint64_t max_ns = 0;            // of all buckets
  std::uint64_t uptime_ns = 0;
  LogPosition position;
};

using InquiryAnswer =
    std::variant<AccountView, CardView, AuthorizationView, ProgramView, StatusView, LimitsView,
                 ShadowsView, RuleSetView, StagePage>;

struct Reply {
  std::uint64_t correlation = 0;
  ReplyRoute route;
  StageTick received = 0;
  RequestKind kind = RequestKind::pass_through;
  CommandKind command_kind{};             // with kind command
  Outcome outcome;                        // with kind command
  std::unique_ptr<InquiryAnswer> answer;  // with the kinds show_…
};

}  // namespace holdfast
