// Controls in decisions: judging a payment, counting what was approved, giving back what is not
// spent.
#include "engine/decide.h"
#include "engine/limits.h"

namespace holdfast {

CounterOwners Decider::counter_owners(SlotNumber card_number) const {
  const CardSlot& card = t_.cards[card_number];
  return {card.program, card.account, card_number};
}

void Decider::judge_by_controls(const ControlSet& controls, SlotNumber card_number,
                                const Payment& payment) {
  controls.judge(payment, counter_owners(card_number), t_.counters, context_.now, judgement_);
}

Decision Decider::room_to_count(Money amount) const {
  for (std::uint32_t i = 0; i < judgement_.hit_count; ++i) {
    if (!checked_add(judgement_.hits[i].used, amount)) return Decision::balance_overflow;
  }
  const bool fits =
      t_.counters.size() + judgement_.counters_missing <= limits::counters_max &&
      t_.charges.size() + judgement_.hit_count <= limits::table_slots_max;
  return fits ? Decision::approved : Decision::at_capacity;
}

void Decider::count(SlotNumber hold_number, Money amount) {
  if (judgement_.hit_count == 0) return;
  AuthorizationSlot& hold = t_.holds[hold_number];
  const ControlSet& controls = *t_.programs[t_.cards[hold.card].program].controls;
  const CounterOwners owners = counter_owners(hold.card);
  for (std::uint32_t i = 0; i < judgement_.hit_count; ++i) {
    const WindowHit& hit = judgement_.hits[i];
    SlotNumber counter = hit.counter;
    if (counter == kNoSlot) {
      counter = t_.counters.create(controls.name_of(hit.control, owners));
    }
    const WindowShape& shape = controls.clock(hit.control).shape();
    const std::uint32_t era =
        t_.counters.add(counter, shape, hit.window, amount, judgement_.counts);
    // What was posted at once is spent: nothing of it comes back.
    if (hold.state != AuthorizationState::open) continue;
    t_.charges.add(hold.charges, {.counter = counter,
                                  .era = era,
                                  .counted = judgement_.counts ? 1U : 0U,
                                  .step = hit.window,
                                  .amount = amount});
  }
}

void Decider::give_back(AuthorizationSlot& hold, Money amount) {
  if (hold.charges != kNoSlot) t_.charges.give_back(hold.charges, amount, t_.counters);
}

void Decider::end_charges(AuthorizationSlot& hold) {
  if (hold.charges == kNoSlot) return;
  t_.charges.give_back(hold.charges, hold.left(), t_.counters);
  t_.charges.drop(hold.charges, /*give_counts=*/hold.captured.minor == 0, t_.counters);
}

}  // namespace holdfast
