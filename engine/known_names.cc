#include "engine/known_names.h"

#include "engine/state_machine.h"
#include "engine/tables.h"

namespace holdfast {

KnownNames StateMachine::known_names() const {
  const Tables& t = *tables_;
  KnownNames known;
  known.accounts.reserve(t.accounts.size());
  for (SlotNumber i = 0; i < t.accounts.size(); ++i) known.accounts.push_back(t.accounts[i].id);
  known.cards.reserve(t.cards.size());
  for (SlotNumber i = 0; i < t.cards.size(); ++i) known.cards.push_back(t.cards[i].token);
  for (SlotNumber i = 0; i < t.programs.size(); ++i) known.programs.push_back(t.programs[i].id);
  const SlotTable<AuthorizationSlot>& holds = t.holds.slots();
  for (SlotNumber i = 0; i < holds.size(); ++i) {
    if (!holds[i].id.is_zero()) known.authorizations.push_back(holds[i].id);
  }
  known.last_authorization = t.holds.last_id();
  for (std::size_t i = 0; i < t.rule_sets.size(); ++i) {
    const RuleSet& rules = t.rule_sets[i];
    const SlotNumber program = t.program_index.find(rules.program);
    const bool is_active = program != kNoSlot && t.program_rules[program].rule_set == &rules;
    known.rule_sets.push_back({rules.program, rules.version, is_active});
  }
  for (SlotNumber i = 0; i < t.exchange.size(); ++i) known.rates.push_back(t.exchange[i].rate);
  return known;
}

void StateMachine::for_each_request(
    const std::function<void(const RememberedRequest&)>& visit) const {
  const SlotTable<RequestSlot>& slots = tables_->requests.slots();
  for (SlotNumber i = 0; i < slots.size(); ++i) {
    const RequestSlot& slot = slots[i];
    if (slot.id.is_zero()) continue;
    visit({.request = slot.id, .kind = slot.kind, .outcome = slot.outcome});
  }
}

}  // namespace holdfast
