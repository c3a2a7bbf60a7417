// Controls in decisions: counting what was approved, by the active rule set and by the shadows, and
// giving back what is not spent.
#include "engine/decide.h"
#include "engine/limits.h"

namespace holdfast {

CounterOwners Decider::counter_owners(SlotNumber card_number) const {
  const CardSlot& card = card_at(card_number);
  return {card.program, card.account, card_number};
}

bool Decider::has_room_for_all() const {
  std::size_t counters = t_.counters.size() + verdict_.judgement.counters_missing;
  std::size_t charges = t_.charges.size() + verdict_.judgement.hit_count;
  if (shadows_ != nullptr) {
    for (const auto& run : shadows_->runs()) {
      if (!run->verdict.counts) continue;
      counters += run->verdict.judgement.counters_missing;
      charges += run->verdict.judgement.hit_count;
    }
  }
  return counters <= limits::counters_max && charges <= limits::table_slots_max;
}

void Decider::count_by_all(SlotNumber card_number, Money asked, AuthorizationSlot* hold) {
  if (verdict_.counts) {
    count_by(rules_of(card_at(card_number)).controls, verdict_, card_number, hold);
  }
  if (shadows_ == nullptr) return;
  for (const auto& run : shadows_->runs()) {
    run->compare(verdict_, asked, t_.position.next());
    // There is no room only when nothing was asked for it, because the payment is declined.
    if (run->verdict.counts && t_.counters.size() + run->verdict.judgement.counters_missing <=
                                   limits::counters_max) {
      count_by(run->policy().controls, run->verdict, card_number, hold);
    }
  }
}

void Decider::count_by(const ControlSet* controls, const Verdict& verdict, SlotNumber card_number,
                       AuthorizationSlot* hold) {
  const Judgement& judgement = verdict.judgement;
  if (judgement.hit_count == 0) return;
  const CounterOwners owners = counter_owners(card_number);
  for (std::uint32_t i = 0; i < judgement.hit_count; ++i) {
    const WindowHit& hit = judgement.hits[i];
    SlotNumber counter = hit.counter;
    if (counter == kNoSlot) {
      counter = t_.counters.create(controls->name_of(hit.control, owners));
    }
    const WindowShape& shape = controls->clock(hit.control).shape();
    const std::uint32_t era =
        t_.counters.add(counter, shape, hit.window, verdict.amount, judgement.counts);
    if (hold == nullptr) continue;
    t_.charges.add(hold->charges, {.counter = counter,
                                   .era = era,
                                   .counted = judgement.counts ? 1U : 0U,
                                   .step = hit.window,
                                   .amount = verdict.amount});
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
