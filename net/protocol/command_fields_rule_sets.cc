// The fields of commands that bring a rule set, row by row, and put it to work.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "net/protocol/codec.h"
#include "net/protocol/command_fields.h"

namespace holdfast::net {

#define AT(Message, member) offsetof(wire::Message, member)

namespace {

constexpr auto kChannelsAll = static_cast<std::uint16_t>((1U << (kChannelMax + 1U)) - 1);
constexpr auto kTypesAll = static_cast<std::uint16_t>((1U << (kTransactionTypeMax + 1U)) - 1);

}  // namespace

void decode(const wire::BeginRuleSet& m, BeginRuleSet& c, FieldCheck&) {
  c.program = ProgramId{m.program_id};
  c.version = m.rule_set_version;
  c.categories = m.categories;
  c.controls = m.controls;
  c.list_items = m.list_items;
  c.zone_offsets = m.zone_offsets;
}
void encode(const BeginRuleSet& c, wire::BeginRuleSet& m) {
  m.program_id = c.program.value;
  m.rule_set_version = c.version;
  m.categories = c.categories;
  m.controls = c.controls;
  m.list_items = c.list_items;
  m.zone_offsets = c.zone_offsets;
}

void decode(const wire::AddCategory& m, AddCategory& c, FieldCheck&) {
  c.program = ProgramId{m.program_id};
  c.version = m.rule_set_version;
  c.mcc_first = Mcc{m.mcc_first};
  c.mcc_last = Mcc{m.mcc_last};
  c.hold_period_s = m.hold_period_s;
  c.hold_period_merchant_s = m.hold_period_merchant_s;
  c.tolerance_bp = m.tolerance_bp;
  c.tolerance = Money{m.tolerance};
  c.estimate = Money{m.estimate};
}
void encode(const AddCategory& c, wire::AddCategory& m) {
  m.program_id = c.program.value;
  m.rule_set_version = c.version;
  m.mcc_first = c.mcc_first.code;
  m.mcc_last = c.mcc_last.code;
  m.hold_period_s = c.hold_period_s;
  m.hold_period_merchant_s = c.hold_period_merchant_s;
  m.tolerance_bp = c.tolerance_bp;
  m.tolerance = c.tolerance.minor;
  m.estimate = c.estimate.minor;
}

void decode(const wire::AddControl& m, AddControl& c, FieldCheck& check) {
  check.zero(AT(AddControl, channels), m.channels & static_cast<std::uint16_t>(~kChannelsAll));
  check.zero(AT(AddControl, transaction_types),
             m.transaction_types & static_cast<std::uint16_t>(~kTypesAll));
  check.zero(AT(AddControl, reserved), m.reserved);
  check.at_most(AT(AddControl, scope), m.scope, static_cast<std::uint8_t>(ControlScope::card));
  check.at_most(AT(AddControl, effect), m.effect,
                static_cast<std::uint8_t>(ControlEffect::cap_window));
  check.at_most(AT(AddControl, window), m.window, static_cast<std::uint8_t>(WindowKind::rolling));
  c.program = ProgramId{m.program_id};
  c.version = m.rule_set_version;
  c.control = m.control;
  c.scope = static_cast<ControlScope>(m.scope);
  c.effect = static_cast<ControlEffect>(m.effect);
  c.window = static_cast<WindowKind>(m.window);
  c.week_start = m.week_start;
  c.zone = m.zone;
  c.mcc_list = m.mcc_list;
  c.country_list = m.country_list;
  c.merchant_list = m.merchant_list;
  c.channels = m.channels;
  c.types = m.transaction_types;
  c.amount_max = Money{m.amount_max};
  c.count_max = m.count_max;
  c.window_s = m.window_s;
  c.granularity_s = m.granularity_s;
}
void encode(const AddControl& c, wire::AddControl& m) {
  m.program_id = c.program.value;
  m.rule_set_version = c.version;
  m.control = c.control;
  m.scope = static_cast<std::uint8_t>(c.scope);
  m.effect = static_cast<std::uint8_t>(c.effect);
  m.window = static_cast<std::uint8_t>(c.window);
  m.week_start = c.week_start;
  m.zone = c.zone;
  m.mcc_list = c.mcc_list;
  m.country_list = c.country_list;
  m.merchant_list = c.merchant_list;
  m.channels = c.channels;
  m.transaction_types = c.types;
  m.amount_max = c.amount_max.minor;
  m.count_max = c.count_max;
  m.window_s = c.window_s;
  m.granularity_s = c.granularity_s;
}

void decode(const wire::AddListItem& m, AddListItem& c, FieldCheck& check) {
  check.zero(AT(AddListItem, reserved), m.reserved);
  check.text(AT(AddListItem, merchant), m.merchant);
  check.at_most(AT(AddListItem, kind), m.kind, static_cast<std::uint8_t>(ListKind::merchant));
  c.program = ProgramId{m.program_id};
  c.version = m.rule_set_version;
  c.list = m.list;
  c.kind = static_cast<ListKind>(m.kind);
  c.mcc_first = Mcc{m.mcc_first};
  c.mcc_last = Mcc{m.mcc_last};
  c.country = CountryCode{m.country};
  std::memcpy(c.merchant.text, m.merchant, sizeof c.merchant.text);
}
void encode(const AddListItem& c, wire::AddListItem& m) {
  m.program_id = c.program.value;
  m.rule_set_version = c.version;
  m.list = c.list;
  m.kind = static_cast<std::uint8_t>(c.kind);
  m.mcc_first = c.mcc_first.code;
  m.mcc_last = c.mcc_last.code;
  m.country = c.country.numeric;
  std::memcpy(m.merchant, c.merchant.text, sizeof m.merchant);
}

void decode(const wire::AddZoneOffset& m, AddZoneOffset& c, FieldCheck& check) {
  check.zero(AT(AddZoneOffset, reserved), m.reserved);
  c.program = ProgramId{m.program_id};
  c.version = m.rule_set_version;
  c.zone = m.zone;
  c.offset_s = m.offset_s;
  c.from_s = m.from_s;
}
void encode(const AddZoneOffset& c, wire::AddZoneOffset& m) {
  m.program_id = c.program.value;
  m.rule_set_version = c.version;
  m.zone = c.zone;
  m.offset_s = c.offset_s;
  m.from_s = c.from_s;
}

void decode(const wire::ActivateRuleSet& m, ActivateRuleSet& c, FieldCheck&) {
  c.program = ProgramId{m.program_id};
  c.version = m.rule_set_version;
}
void encode(const ActivateRuleSet& c, wire::ActivateRuleSet& m) {
  m.program_id = c.program.value;
  m.rule_set_version = c.version;
}

void decode(const wire::ShadowRuleSet& m, ShadowRuleSet& c, FieldCheck& check) {
  check.zero(AT(ShadowRuleSet, reserved), m.reserved);
  check.at_most(AT(ShadowRuleSet, run), m.run, 1);
  c.program = ProgramId{m.program_id};
  c.version = m.rule_set_version;
  c.run = m.run;
}
void encode(const ShadowRuleSet& c, wire::ShadowRuleSet& m) {
  m.program_id = c.program.value;
  m.rule_set_version = c.version;
  m.run = c.run;
}

#undef AT

}  // namespace holdfast::net
