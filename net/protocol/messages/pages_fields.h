// The tables of the fields of inquiries that are answered in pages; see
// `net/protocol/field_table.h`.
#pragma once

#include "net/protocol/field_table.h"
#include "net/protocol/messages/pages.h"

namespace holdfast::net::wire {

inline constexpr FieldInfo kShowLimitsFields[] = {
    HOLDFAST_FIELD(ShowLimits, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowLimits, card_token, "cardToken", "Id128"),
    HOLDFAST_FIELD(ShowLimits, first, "first", "uint16"),
    HOLDFAST_FIELD(ShowLimits, reserved, "reserved", "Reserved6"),
};
inline constexpr FieldInfo kLimitsReplyFields[] = {
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
inline constexpr FieldInfo kShowShadowsFields[] = {
    HOLDFAST_FIELD(ShowShadows, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowShadows, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShowShadows, from_version, "fromVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ShowShadows, first_tally, "firstTally", "uint16"),
    HOLDFAST_FIELD(ShowShadows, reserved, "reserved", "Reserved6"),
};
inline constexpr FieldInfo kShadowsReplyFields[] = {
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
inline constexpr FieldInfo kShowRuleSetFields[] = {
    HOLDFAST_FIELD(ShowRuleSet, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowRuleSet, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShowRuleSet, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ShowRuleSet, first_row, "firstRow", "uint32"),
    HOLDFAST_FIELD(ShowRuleSet, reserved, "reserved", "uint32"),
};
inline constexpr FieldInfo kRuleSetReplyFields[] = {
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
inline constexpr FieldInfo kShowStagesFields[] = {
    HOLDFAST_FIELD(ShowStages, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShowStages, stage, "stage", "Stage"),
    HOLDFAST_FIELD(ShowStages, reserved1, "reserved1", "uint8"),
    HOLDFAST_FIELD(ShowStages, first_bucket, "firstBucket", "uint16"),
    HOLDFAST_FIELD(ShowStages, reserved2, "reserved2", "uint32"),
};
inline constexpr FieldInfo kStagesReplyFields[] = {
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

}  // namespace holdfast::net::wire
