// The tables of the fields of the messages of rule sets; see
// `net/protocol/field_table.h`.
#pragma once

#include "net/protocol/field_table.h"
#include "net/protocol/messages/rule_sets.h"

namespace holdfast::net::wire {

inline constexpr FieldInfo kBeginRuleSetFields[] = {
    HOLDFAST_FIELD(BeginRuleSet, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(BeginRuleSet, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(BeginRuleSet, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(BeginRuleSet, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(BeginRuleSet, categories, "categories", "uint32"),
    HOLDFAST_FIELD(BeginRuleSet, controls, "controls", "uint32"),
    HOLDFAST_FIELD(BeginRuleSet, list_items, "listItems", "uint32"),
    HOLDFAST_FIELD(BeginRuleSet, zone_offsets, "zoneOffsets", "uint32"),
};
inline constexpr FieldInfo kAddCategoryFields[] = {
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
inline constexpr FieldInfo kAddControlFields[] = {
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
inline constexpr FieldInfo kAddListItemFields[] = {
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
inline constexpr FieldInfo kAddZoneOffsetFields[] = {
    HOLDFAST_FIELD(AddZoneOffset, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(AddZoneOffset, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(AddZoneOffset, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(AddZoneOffset, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(AddZoneOffset, from_s, "fromS", "int64"),
    HOLDFAST_FIELD(AddZoneOffset, offset_s, "offsetS", "int32"),
    HOLDFAST_FIELD(AddZoneOffset, zone, "zone", "uint16"),
    HOLDFAST_FIELD(AddZoneOffset, reserved, "reserved", "uint16"),
};
inline constexpr FieldInfo kActivateRuleSetFields[] = {
    HOLDFAST_FIELD(ActivateRuleSet, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ActivateRuleSet, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(ActivateRuleSet, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ActivateRuleSet, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
};
inline constexpr FieldInfo kShadowRuleSetFields[] = {
    HOLDFAST_FIELD(ShadowRuleSet, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(ShadowRuleSet, request_id, "requestId", "Id128"),
    HOLDFAST_FIELD(ShadowRuleSet, program_id, "programId", "ProgramId"),
    HOLDFAST_FIELD(ShadowRuleSet, rule_set_version, "ruleSetVersion", "RuleSetVersion"),
    HOLDFAST_FIELD(ShadowRuleSet, run, "run", "YesNo"),
    HOLDFAST_FIELD(ShadowRuleSet, reserved, "reserved", "Reserved7"),
};

}  // namespace holdfast::net::wire
