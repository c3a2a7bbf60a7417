// The protocol's messages as plain bytes: what stands on the wire, little-endian, naturally
// aligned.
//
// `holdfast.xml` (SBE 1.0) is the source of truth; a test holds these structs against it field by
// field. A frame is a `FrameHeader` and one of the bodies below. Nothing here is trusted:
// enumerated fields are bare integers until `codec` has checked them. Fields are only ever
// appended: a body's first `kBlockLengthFirst` bytes keep their meaning for ever. No state; any
// thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/limits.h"
#include "engine/types.h"

namespace holdfast::net::wire {

static_assert(std::endian::native == std::endian::little, "wire structs are copied as they stand");

inline constexpr std::uint16_t kSchemaId = 18502;  // 0x4846, "HF"
inline constexpr std::uint16_t kSchemaVersion = 5;
/// Oldest version of a peer that is still understood.
inline constexpr std::uint16_t kSchemaVersionMin = 1;
inline constexpr std::size_t kCorrelationBytes = 8;
inline constexpr std::size_t kNameBytes = 32;
inline constexpr std::size_t kRejectTextBytes = 104;
/// Limits that one LimitsReply tells: as many as a frame has room for. More are asked for in pages.
inline constexpr std::size_t kLimitsPerReply = 11;
/// Pairs of decisions of one shadow that one ShadowsReply tells; more are asked for in pages.
inline constexpr std::size_t kTalliesPerReply = 18;
/// Rows of a rule set that one RuleSetReply tells; more are asked for in pages.
inline constexpr std::size_t kRowsPerReply = limits::rule_set_rows_per_reply;
/// Buckets of a stage's histogram that one StagesReply tells; more are asked for in pages.
inline constexpr std::size_t kBucketsPerReply = limits::stage_buckets_per_reply;
/// Fields of the longest row: those of AddControl behind its request id.
inline constexpr std::size_t kRowFieldBytes = 48;

/// Our framing (8 bytes), then SBE's messageHeader (8 bytes).
struct FrameHeader {
  std::uint32_t frame_length = 0;  // of the whole frame, this header included
  std::uint16_t flags = 0;         // none defined: 0
  std::uint16_t reserved = 0;
  std::uint16_t block_length = 0;  // of the body that follows
  std::uint16_t template_id = 0;
  std::uint16_t schema_id = 0;
  std::uint16_t version = 0;       // the sender's
};
static_assert(is_plain_bytes<FrameHeader> && sizeof(FrameHeader) == limits::frame_header_bytes);

// X(message, template id, bytes of its body in the version that brought it, bytes of it now)
#define HOLDFAST_WIRE_REQUESTS(X) \
  X(Hello, 1, 48, 48)             \
  X(Heartbeat, 2, 8, 8)           \
  X(Goodbye, 3, 8, 8)             \
  X(CreateAccount, 11, 56, 56)    \
  X(UpdateAccount, 12, 56, 56)    \
  X(CreateCard, 13, 64, 64)       \
  X(UpdateCard, 14, 48, 48)       \
  X(PutProgram, 15, 48, 48)       \
  X(Transfer, 16, 72, 72)         \
  X(Authorize, 17, 88, 96)        \
  X(Capture, 18, 80, 96)          \
  X(Reverse, 19, 56, 64)          \
  X(Refund, 20, 112, 112)         \
  X(Increment, 21, 56, 56)        \
  X(Advise, 22, 104, 104)         \
  X(SetRate, 23, 48, 48)          \
  X(BeginRuleSet, 24, 48, 48)     \
  X(AddCategory, 25, 64, 64)      \
  X(ActivateRuleSet, 26, 32, 32)  \
  X(AddControl, 27, 72, 72)       \
  X(AddListItem, 28, 64, 64)      \
  X(AddZoneOffset, 29, 48, 48)    \
  X(ShadowRuleSet, 30, 40, 40)    \
  X(ShowAccount, 40, 24, 24)      \
  X(ShowCard, 41, 24, 24)         \
  X(ShowAuthorization, 42, 32, 32) \
  X(ShowProgram, 43, 16, 16)      \
  X(ShowStatus, 44, 16, 16)       \
  X(ShowLimits, 45, 32, 32)       \
  X(ShowShadows, 46, 24, 24)      \
  X(ShowRuleSet, 47, 24, 24)       \
  X(TakeSnapshot, 48, 8, 8)       \
  X(ShowStages, 49, 16, 16)

#define HOLDFAST_WIRE_REPLIES(X)    \
  X(HelloReply, 101, 72, 72)        \
  X(HeartbeatReply, 102, 8, 8)      \
  X(GoodbyeReply, 103, 8, 8)        \
  X(OutcomeReply, 110, 72, 72)      \
  X(AccountReply, 140, 72, 72)      \
  X(CardReply, 141, 56, 56)         \
  X(AuthorizationReply, 142, 168, 184) \
  X(ProgramReply, 143, 48, 64)      \
  X(StatusReply, 144, 200, 352)     \
  X(LimitsReply, 145, 488, 488)     \
  X(ShadowsReply, 146, 496, 496)    \
  X(RuleSetReply, 147, 280, 280)    \
  X(StagesReply, 148, 496, 496)     \
  X(Reject, 199, 120, 120)

#define HOLDFAST_WIRE_MESSAGES(X) HOLDFAST_WIRE_REQUESTS(X) HOLDFAST_WIRE_REPLIES(X)

enum class TemplateId : std::uint16_t {
#define HOLDFAST_TEMPLATE(name, id, first, now) name = id,
  HOLDFAST_WIRE_MESSAGES(HOLDFAST_TEMPLATE)
#undef HOLDFAST_TEMPLATE
};

struct Id128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

// Requests -------------------------------------------------------------------------------------

struct Hello {
  std::uint64_t correlation_id = 0;
  std::uint16_t schema_version = 0;  // newest that the gateway speaks
  std::uint16_t reserved1 = 0;
  std::uint32_t reserved2 = 0;
  char gateway_name[kNameBytes] = {};
};

struct Heartbeat {
  std::uint64_t correlation_id = 0;
};

struct Goodbye {
  std::uint64_t correlation_id = 0;
};

struct CreateAccount {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 account_id;
  std::int64_t credit_limit = 0;
  std::uint16_t currency = 0;
  std::uint16_t flags = 0;
  std::uint32_t reserved = 0;
};

struct UpdateAccount {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 account_id;
  std::int64_t credit_limit = 0;
  std::uint8_t status = 0;
  std::uint8_t change = 0;
  std::uint8_t reserved[6] = {};
};

struct CreateCard {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 card_token;
  Id128 account_id;
  std::uint32_t program_id = 0;
  std::uint16_t expiry_month = 0;
  std::uint16_t reserved = 0;
};

struct UpdateCard {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 card_token;
  std::uint32_t program_id = 0;
  std::uint16_t expiry_month = 0;
  std::uint8_t status = 0;
  std::uint8_t change = 0;
};

struct PutProgram {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t hold_period_s = 0;
  Id128 settlement_account_id;
};

struct Transfer {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 debit_account_id;
  Id128 credit_account_id;
  std::int64_t amount = 0;
  std::uint16_t currency = 0;
  std::uint16_t reserved = 0;
  std::uint32_t reference = 0;
};

struct Authorize {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 card_token;
  std::int64_t amount = 0;
  char merchant[16] = {};
  char terminal[8] = {};
  std::uint16_t currency = 0;
  std::uint16_t mcc = 0;
  std::uint16_t country = 0;
  std::uint8_t channel = 0;
  std::uint8_t transaction_type = 0;
  std::uint32_t flags = 0;  // 0 from a peer of version 1
  std::uint32_t reserved = 0;
  std::int64_t cashback = 0;
};

struct Capture {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
  std::int64_t amount = 0;
  Id128 settlement_account_id;
  std::uint8_t is_final = 0;
  std::uint8_t reserved[7] = {};
  Id128 card_token;
};

struct Reverse {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
  std::int64_t amount = 0;
  std::uint8_t is_advice = 0;
  std::uint8_t reserved[7] = {};
};

struct Refund {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
  Id128 card_token;
  Id128 settlement_account_id;
  std::int64_t amount = 0;
  char merchant[16] = {};
  std::uint16_t currency = 0;
  std::uint16_t mcc = 0;
  std::uint32_t reserved = 0;
};

struct Increment {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
  std::int64_t amount = 0;
};

struct Advise {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 card_token;
  std::int64_t amount = 0;
  char merchant[16] = {};
  char terminal[8] = {};
  std::uint16_t currency = 0;
  std::uint16_t mcc = 0;
  std::uint16_t country = 0;
  std::uint8_t channel = 0;
  std::uint8_t transaction_type = 0;
  Id128 settlement_account_id;
  std::uint8_t is_posted = 0;
  std::uint8_t reserved[7] = {};
};

struct SetRate {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::int64_t rate = 0;
  std::uint16_t from_currency = 0;
  std::uint16_t to_currency = 0;
  std::uint16_t markup_bp = 0;
  std::uint8_t scale = 0;
  std::uint8_t reserved1 = 0;
  std::uint32_t life_s = 0;
  std::uint32_t reserved2 = 0;
};

struct BeginRuleSet {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::uint32_t categories = 0;
  std::uint32_t controls = 0;
  std::uint32_t list_items = 0;
  std::uint32_t zone_offsets = 0;
};

struct AddCategory {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::uint16_t mcc_first = 0;
  std::uint16_t mcc_last = 0;
  std::uint32_t hold_period_s = 0;
  std::uint32_t hold_period_merchant_s = 0;
  std::uint32_t tolerance_bp = 0;
  std::int64_t tolerance = 0;
  std::int64_t estimate = 0;
};

struct ActivateRuleSet {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
};

struct AddControl {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::int64_t amount_max = 0;
  std::uint32_t count_max = 0;
  std::uint32_t window_s = 0;
  std::uint32_t granularity_s = 0;
  std::uint16_t control = 0;
  std::uint16_t zone = 0;
  std::uint16_t mcc_list = 0;
  std::uint16_t country_list = 0;
  std::uint16_t merchant_list = 0;
  std::uint16_t channels = 0;
  std::uint16_t transaction_types = 0;
  std::uint8_t scope = 0;
  std::uint8_t effect = 0;
  std::uint8_t window = 0;
  std::uint8_t week_start = 0;
  std::uint16_t reserved = 0;
};

struct AddListItem {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  char merchant[16] = {};
  std::uint16_t list = 0;
  std::uint16_t mcc_first = 0;
  std::uint16_t mcc_last = 0;
  std::uint16_t country = 0;
  std::uint8_t kind = 0;
  std::uint8_t reserved[7] = {};
};

struct AddZoneOffset {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::int64_t from_s = 0;
  std::int32_t offset_s = 0;
  std::uint16_t zone = 0;
  std::uint16_t reserved = 0;
};

struct ShadowRuleSet {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::uint8_t run = 0;  // 1: start, 0: stop
  std::uint8_t reserved[7] = {};
};

struct ShowAccount {
  std::uint64_t correlation_id = 0;
  Id128 account_id;
};

struct ShowCard {
  std::uint64_t correlation_id = 0;
  Id128 card_token;
};

struct ShowAuthorization {
  std::uint64_t correlation_id = 0;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
};

struct ShowProgram {
  std::uint64_t correlation_id = 0;
  std::uint32_t program_id = 0;
  std::uint32_t reserved = 0;
};

struct ShowStatus {
  std::uint64_t correlation_id = 0;
  std::uint8_t with_digest = 0;
  std::uint8_t reserved[7] = {};
};

struct TakeSnapshot {
  std::uint64_t correlation_id = 0;
};

struct ShowLimits {
  std::uint64_t correlation_id = 0;
  Id128 card_token;
  std::uint16_t first = 0;  // of the limits to tell, counted from 0
  std::uint8_t reserved[6] = {};
};

/// One shadow is told at a time: the first whose version is `from_version` or above.
struct ShowShadows {
  std::uint64_t correlation_id = 0;
  std::uint32_t program_id = 0;
  std::uint32_t from_version = 0;
  std::uint16_t first_tally = 0;  // of its tallies to tell, counted from 0
  std::uint8_t reserved[6] = {};
};

struct ShowRuleSet {
  std::uint64_t correlation_id = 0;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;  // 0: the active one
  std::uint32_t first_row = 0;         // of the rows to tell, counted from 0
  std::uint32_t reserved = 0;
};

struct ShowStages {
  std::uint64_t correlation_id = 0;
  std::uint8_t stage = 0;          // Stage
  std::uint8_t reserved1 = 0;
  std::uint16_t first_bucket = 0;  // of the buckets to tell, counted from 0
  std::uint32_t reserved2 = 0;
};

// Replies --------------------------------------------------------------------------------------

struct HelloReply {
  std::uint64_t correlation_id = 0;
  std::uint16_t schema_version = 0;  // newest that both speak
  std::uint16_t reserved = 0;
  std::uint32_t frame_bytes_max = 0;
  std::uint32_t in_flight_max = 0;
  std::uint32_t idle_timeout_ms = 0;  // 0: none
  Id128 log_id;
  char server_name[kNameBytes] = {};
};

struct HeartbeatReply {
  std::uint64_t correlation_id = 0;
};

struct GoodbyeReply {
  std::uint64_t correlation_id = 0;
};

struct OutcomeReply {
  std::uint64_t correlation_id = 0;
  std::uint16_t decision = 0;
  std::uint16_t flags = 0;
  std::uint16_t command_template_id = 0;
  char de39[2] = {};
  std::uint64_t authorization_id = 0;
  std::int64_t amount = 0;
  std::int64_t ledger_balance = 0;
  std::int64_t available_balance = 0;
  std::int64_t counterparty_balance = 0;
  std::uint64_t position = 0;
  std::uint64_t time_ns = 0;
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
};

/// What one control with a window has counted.
struct Limit {
  std::int64_t amount_max = 0;
  std::int64_t amount_used = 0;
  std::uint64_t window_start_ns = 0;
  std::uint32_t count_max = 0;
  std::uint32_t count_used = 0;
  std::uint16_t control = 0;
  std::uint8_t scope = 0;
  std::uint8_t window = 0;
  std::uint32_t reserved = 0;
};
static_assert(is_plain_bytes<Limit> && sizeof(Limit) == 40);

/// Limits `first` and following of `total`: the first so many of the fields, the rest are zero.
struct LimitsReply {
  std::uint64_t correlation_id = 0;
  std::uint64_t position = 0;
  Id128 card_token;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::uint16_t total = 0;
  std::uint16_t first = 0;
  std::uint8_t found = 0;
  std::uint8_t reserved[3] = {};
  Limit limit1;
  Limit limit2;
  Limit limit3;
  Limit limit4;
  Limit limit5;
  Limit limit6;
  Limit limit7;
  Limit limit8;
  Limit limit9;
  Limit limit10;
  Limit limit11;
};
static_assert(offsetof(LimitsReply, limit1) + kLimitsPerReply * sizeof(Limit) ==
              sizeof(LimitsReply));

/// How often a shadow and the active rule set answered so to one payment.
struct Tally {
  std::uint64_t count = 0;
  std::int64_t amount = 0;
  std::uint16_t active = 0;  // Decision
  std::uint16_t shadow = 0;  // Decision
  std::uint32_t reserved = 0;
};
static_assert(is_plain_bytes<Tally> && sizeof(Tally) == 24);

/// One shadow, and its tallies `first_tally` and following of `tallies`: the rest are zero.
struct ShadowsReply {
  std::uint64_t correlation_id = 0;
  std::uint64_t position = 0;
  std::uint32_t program_id = 0;
  std::uint32_t active_version = 0;   // 0: none
  std::uint32_t rule_set_version = 0; // of the shadow; 0: none from the asked version on
  std::uint16_t shadows = 0;          // that the program runs
  std::uint16_t shadows_behind = 0;   // of these, with a higher version than this one
  std::uint64_t started_at_ns = 0;
  std::uint64_t judged = 0;
  std::uint64_t first_divergence = 0;
  std::uint16_t tallies = 0;
  std::uint16_t first_tally = 0;
  std::uint8_t found = 0;
  std::uint8_t reserved[3] = {};
  Tally tally1;
  Tally tally2;
  Tally tally3;
  Tally tally4;
  Tally tally5;
  Tally tally6;
  Tally tally7;
  Tally tally8;
  Tally tally9;
  Tally tally10;
  Tally tally11;
  Tally tally12;
  Tally tally13;
  Tally tally14;
  Tally tally15;
  Tally tally16;
  Tally tally17;
  Tally tally18;
};
static_assert(offsetof(ShadowsReply, tally1) + kTalliesPerReply * sizeof(Tally) ==
              sizeof(ShadowsReply));

/// A row of a rule set: what stands behind the request id in the message that brought it.
struct RuleSetRow {
  std::uint16_t template_id = 0;  // AddCategory, AddControl, AddListItem, AddZoneOffset; 0: no row
  std::uint8_t reserved[6] = {};
  std::uint8_t fields[kRowFieldBytes] = {};
};
static_assert(is_plain_bytes<RuleSetRow> && sizeof(RuleSetRow) == 56);
#define HOLDFAST_ROW_FITS(Message)                                        \
  static_assert(sizeof(Message) - offsetof(Message, program_id) <= kRowFieldBytes && \
                offsetof(Message, program_id) == kCorrelationBytes + sizeof(Id128));
HOLDFAST_ROW_FITS(AddCategory)
HOLDFAST_ROW_FITS(AddControl)
HOLDFAST_ROW_FITS(AddListItem)
HOLDFAST_ROW_FITS(AddZoneOffset)
#undef HOLDFAST_ROW_FITS

/// Rows `first_row` and following of `rows_total`; fields behind them are zero.
struct RuleSetReply {
  std::uint64_t correlation_id = 0;
  std::uint64_t position = 0;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::uint32_t categories = 0;    // announced, as in BeginRuleSet
  std::uint32_t controls = 0;
  std::uint32_t list_items = 0;
  std::uint32_t zone_offsets = 0;
  std::uint32_t rows_total = 0;    // that are there now
  std::uint32_t first_row = 0;
  std::uint8_t rows = 0;           // that this reply tells
  std::uint8_t state = 0;          // RuleSetState
  std::uint8_t found = 0;
  std::uint8_t reserved[5] = {};
  RuleSetRow row1;
  RuleSetRow row2;
  RuleSetRow row3;
  RuleSetRow row4;
};
static_assert(offsetof(RuleSetReply, row1) + kRowsPerReply * sizeof(RuleSetRow) ==
              sizeof(RuleSetReply));

/// Buckets `first_bucket` and following of `buckets_total`; counts behind them are zero.
struct StagesReply {
  std::uint64_t correlation_id = 0;
  std::uint64_t position = 0;
  std::uint64_t uptime_ns = 0;
  std::uint64_t sum_ns = 0;          // of all buckets
  std::uint64_t max_ns = 0;          // of all buckets
  std::uint8_t stage = 0;            // Stage
  std::uint8_t reserved1 = 0;
  std::uint16_t first_bucket = 0;
  std::uint16_t buckets_total = 0;
  std::uint16_t reserved2 = 0;
  std::uint64_t counts[kBucketsPerReply] = {};
};

struct Reject {
  std::uint64_t correlation_id = 0;  // the offending frame's, 0 when it could not be read
  std::uint16_t code = 0;            // RejectCode
  std::uint16_t offending_template_id = 0;
  std::uint32_t detail = 0;          // see RejectCode
  char text[kRejectTextBytes] = {};
};

/// Template id and lengths of a message: `Layout<Authorize>::kTemplateId`.
template <class Message>
struct Layout;
#define HOLDFAST_LAYOUT(name, id, first, now)                                          \
  template <>                                                                          \
  struct Layout<name> {                                                                \
    static constexpr std::uint16_t kTemplateId = id;                                   \
    static constexpr std::uint16_t kBlockLengthFirst = first;                          \
    static constexpr std::uint16_t kBlockLength = now;                                 \
  };                                                                                   \
  static_assert(is_plain_bytes<name> && sizeof(name) == (now) && (now) % 8 == 0);      \
  static_assert((first) % 8 == 0 && (first) <= (now) && offsetof(name, correlation_id) == 0); \
  static_assert(sizeof(FrameHeader) + (now) <= limits::frame_bytes_max);
HOLDFAST_WIRE_MESSAGES(HOLDFAST_LAYOUT)
#undef HOLDFAST_LAYOUT

template <class Message>
inline constexpr std::size_t kFrameBytes = sizeof(FrameHeader) + sizeof(Message);
/// Shortest frame: a header and a correlation id.
inline constexpr std::size_t kFrameBytesMin = sizeof(FrameHeader) + kCorrelationBytes;
/// Longest reply of this version.
inline constexpr std::size_t kReplyFrameBytesMax = kFrameBytes<ShadowsReply>;
#define HOLDFAST_REPLY_FITS(name, id, first, now) \
  static_assert(kFrameBytes<name> <= kReplyFrameBytesMax);
HOLDFAST_WIRE_REPLIES(HOLDFAST_REPLY_FITS)
#undef HOLDFAST_REPLY_FITS

}  // namespace holdfast::net::wire
