#include "engine/rule_set.h"

#include <algorithm>
#include <iterator>

#include "engine/check.h"
#include "engine/controls.h"

namespace holdfast {

RuleSet::RuleSet() = default;
RuleSet::~RuleSet() = default;

bool RuleSet::accepts(const AddCategory& row) const {
  return categories.size() < categories_announced &&
         std::ranges::none_of(categories, [&](const AddCategory& other) {
           return row.mcc_first <= other.mcc_last && other.mcc_first <= row.mcc_last;
         });
}

bool RuleSet::accepts(const AddControl& row) const {
  return controls.size() < controls_announced &&
         std::ranges::none_of(controls, [&](const AddControl& other) {
           return row.control == other.control;
         });
}

bool RuleSet::accepts(const AddListItem& row) const {
  const auto kind = list_kinds.find(row.list);
  return list_items.size() < list_items_announced &&
         (kind == list_kinds.end() || kind->second == row.kind);
}

bool RuleSet::accepts(const AddZoneOffset& row) const {
  const auto end = zone_ends.find(row.zone);
  return zone_offsets.size() < zone_offsets_announced &&
         (end == zone_ends.end() || end->second < row.from_s);
}

void RuleSet::add(const AddCategory& row) {
  categories.push_back(row);
  std::fill(category_of.begin() + row.mcc_first.code, category_of.begin() + row.mcc_last.code + 1,
            static_cast<std::uint8_t>(categories.size()));
}

void RuleSet::add(const AddControl& row) { controls.push_back(row); }

void RuleSet::add(const AddListItem& row) {
  list_items.push_back(row);
  list_kinds.try_emplace(row.list, row.kind);
}

void RuleSet::add(const AddZoneOffset& row) {
  zone_offsets.push_back(row);
  zone_ends[row.zone] = row.from_s;
}

bool RuleSet::is_complete() const {
  const auto has_list = [this](std::uint16_t list, ListKind kind) {
    const auto it = list_kinds.find(list);
    return list == 0 || (it != list_kinds.end() && it->second == kind);
  };
  return categories.size() == categories_announced && controls.size() == controls_announced &&
         list_items.size() == list_items_announced &&
         zone_offsets.size() == zone_offsets_announced &&
         std::ranges::all_of(controls, [&](const AddControl& control) {
           return has_list(control.mcc_list, ListKind::mcc) &&
                  has_list(control.country_list, ListKind::country) &&
                  has_list(control.merchant_list, ListKind::merchant) &&
                  (control.zone == 0 || zone_ends.contains(control.zone));
         });
}

Command RuleSet::row(std::size_t number) const {
  Command command;
  const auto take = [&](CommandKind kind, auto Command::*member, const auto& rows) {
    if (number < rows.size()) {
      command.kind = kind;
      command.*member = rows[number];
      return true;
    }
    number -= rows.size();
    return false;
  };
  const bool is_there =
      take(CommandKind::add_category, &Command::add_category, categories) ||
      take(CommandKind::add_control, &Command::add_control, controls) ||
      take(CommandKind::add_list_item, &Command::add_list_item, list_items) ||
      take(CommandKind::add_zone_offset, &Command::add_zone_offset, zone_offsets);
  HOLDFAST_CHECK(is_there, "rows are asked for as far as there are any");
  return command;
}

void RuleSet::compile() {
  if (!controls.empty()) compiled = std::make_unique<ControlSet>(*this);
}

RuleSetProgress RuleSetProgress::of(const RuleSet& set) {
  return {.categories = static_cast<std::uint32_t>(set.categories.size()),
          .controls = static_cast<std::uint32_t>(set.controls.size()),
          .list_items = static_cast<std::uint32_t>(set.list_items.size()),
          .zone_offsets = static_cast<std::uint32_t>(set.zone_offsets.size()),
          .was_activated = set.was_activated};
}

RuleSetProgress RuleSets::captured(std::size_t sequence) const {
  const auto before = before_.find(static_cast<std::uint32_t>(sequence));
  return before == before_.end() ? RuleSetProgress::of(*in_order_[sequence]) : before->second;
}

RuleSet* RuleSets::find(ProgramId program, std::uint32_t version) const {
  const auto it = rule_sets_.find({program, version});
  return it == rule_sets_.end() ? nullptr : it->second.get();
}

std::uint32_t RuleSets::last_version(ProgramId program) const {
  auto next = rule_sets_.upper_bound({program, UINT32_MAX});
  if (next == rule_sets_.begin()) return 0;
  const auto& [last_program, version] = std::prev(next)->first;
  return last_program == program ? version : 0;
}

void RuleSets::begin(const BeginRuleSet& begin) {
  auto set = std::make_unique<RuleSet>();
  set->program = begin.program;
  set->version = begin.version;
  set->categories_announced = begin.categories;
  set->controls_announced = begin.controls;
  set->list_items_announced = begin.list_items;
  set->zone_offsets_announced = begin.zone_offsets;
  set->sequence = static_cast<std::uint32_t>(in_order_.size());
  in_order_.push_back(set.get());
  rule_sets_.emplace(std::pair{begin.program, begin.version}, std::move(set));
}

}  // namespace holdfast
