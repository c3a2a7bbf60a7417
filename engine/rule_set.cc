#include "engine/rule_set.h"

#include <algorithm>

namespace holdfast {

bool RuleSet::overlaps(const AddCategory& row) const {
  return std::ranges::any_of(categories, [&](const AddCategory& other) {
    return row.mcc_first <= other.mcc_last && other.mcc_first <= row.mcc_last;
  });
}

void RuleSet::add(const AddCategory& row) {
  categories.push_back(row);
  std::fill(category_of.begin() + row.mcc_first.code, category_of.begin() + row.mcc_last.code + 1,
            static_cast<std::uint8_t>(categories.size()));
}

RuleSet* RuleSets::find(ProgramId program, std::uint32_t version) {
  const auto it = std::ranges::find_if(rule_sets_, [&](const auto& set) {
    return set->program == program && set->version == version;
  });
  return it == rule_sets_.end() ? nullptr : it->get();
}

std::uint32_t RuleSets::last_version(ProgramId program) const {
  std::uint32_t last = 0;
  for (const auto& set : rule_sets_) {
    if (set->program == program) last = std::max(last, set->version);
  }
  return last;
}

void RuleSets::begin(const BeginRuleSet& begin) {
  auto set = std::make_unique<RuleSet>();
  set->program = begin.program;
  set->version = begin.version;
  set->categories_announced = begin.categories;
  rule_sets_.push_back(std::move(set));
}

}  // namespace holdfast
