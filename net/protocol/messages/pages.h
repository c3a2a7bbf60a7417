// Inquiries with longer answers than a frame has room for: the gateway asks for them in pages. See
// `net/protocol/messages.h`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/limits.h"
#include "engine/types.h"
#include "net/protocol/messages/basics.h"
#include "net/protocol/messages/rule_sets.h"

namespace holdfast::net::wire {

/// Limits that one LimitsReply tells: as many as a frame has room for. More are asked for in pages.
inline constexpr std::size_t kLimitsPerReply = 11;
/// Pairs of decisions of one shadow that one ShadowsReply tells; more are asked for in pages.
inline constexpr std::size_t kTalliesPerReply = 18;
/// Rows of a rule set that one RuleSetReply tells; more are asked for in pages.
inline constexpr std::size_t kRowsPerReply = limits::rule_set_rows_per_reply;
/// Fields of the longest row: those of AddControl behind its request id.
inline constexpr std::size_t kRowFieldBytes = 48;
/// Buckets of a stage's histogram that one StagesReply tells; more are asked for in pages.
inline constexpr std::size_t kBucketsPerReply = limits::stage_buckets_per_reply;

struct ShowLimits {
  std::uint64_t correlation_id = 0;
  Id128 card_token;
  std::uint16_t first = 0;  // of the limits to tell, counted from 0
  std::uint8_t reserved[6] = {};
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

/// One shadow is told at a time: the first whose version is `from_version` or above.
struct ShowShadows {
  std::uint64_t correlation_id = 0;
  std::uint32_t program_id = 0;
  std::uint32_t from_version = 0;
  std::uint16_t first_tally = 0;  // of its tallies to tell, counted from 0
  std::uint8_t reserved[6] = {};
};

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

struct ShowRuleSet {
  std::uint64_t correlation_id = 0;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;  // 0: the active one
  std::uint32_t first_row = 0;         // of the rows to tell, counted from 0
  std::uint32_t reserved = 0;
};

/// A row of a rule set: what stands behind the request id in the message that brought it.
struct RuleSetRow {
  std::uint16_t template_id = 0;  // AddCategory, AddControl, AddListItem, AddZoneOffset; 0: no row
  std::uint8_t reserved[6] = {};
  std::uint8_t fields[kRowFieldBytes] = {};
};
static_assert(is_plain_bytes<RuleSetRow> && sizeof(RuleSetRow) == 56);
#define HOLDFAST_ROW_FITS(Message)                                                   \
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

struct ShowStages {
  std::uint64_t correlation_id = 0;
  std::uint8_t stage = 0;          // Stage
  std::uint8_t reserved1 = 0;
  std::uint16_t first_bucket = 0;  // of the buckets to tell, counted from 0
  std::uint32_t reserved2 = 0;
};

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

}  // namespace holdfast::net::wire
