#include "engine/open_holds.h"

#include <algorithm>

#include "engine/state_machine.h"
#include "engine/tables.h"
#include "engine/tolerance.h"

namespace holdfast {
namespace {

/// What a capture may take in all is approved - reversed + tolerance; held is approved - captured -
/// reversed, not below 0.
Money over_capture_max(const AuthorizationSlot& hold, const AddCategory* category) {
  const Wide most =
      capture_ceiling(hold, category) - hold.captured.minor - hold.left().minor;
  return {static_cast<std::int64_t>(std::clamp<Wide>(most, 0, INT64_MAX))};
}

}  // namespace

void StateMachine::for_each_open_hold(const std::function<void(const OpenHold&)>& visit) const {
  const Tables& t = *tables_;
  const SlotTable<AuthorizationSlot>& slots = t.holds.slots();
  for (SlotNumber i = 0; i < slots.size(); ++i) {
    const AuthorizationSlot& hold = slots[i];
    if (hold.id.is_zero() || hold.state != AuthorizationState::open) continue;
    const CardSlot& card = t.cards[hold.card];
    const RuleSet* rule_set = t.program_rules[card.program].rule_set;
    const AddCategory* category = rule_set == nullptr ? nullptr : rule_set->find(hold.mcc);
    visit({.authorization = show_authorization(hold.id, RequestId{}),
           .currency = t.accounts[card.account].currency,
           .over_capture_max = over_capture_max(hold, category)});
  }
}

}  // namespace holdfast
