#include "engine/charges.h"

#include <algorithm>
#include <utility>

namespace holdfast {

void Charges::add(SlotNumber& head, ChargeSlot charge) {
  const SlotNumber number = free_.take(slots_);
  charge.next = head;
  slots_[number] = charge;
  head = number;
  ++size_;
}

void Charges::give_back(SlotNumber head, Money amount, CounterTable& counters) {
  if (amount.minor == 0) return;
  // First every counter learns where stands what it may get, because increments put it into the
  // list again.
  rests_.clear();
  for (SlotNumber i = head; i != kNoSlot; i = slots_[i].next) {
    counters[slots_[i].counter].scratch = static_cast<std::uint32_t>(rests_.size());
    rests_.push_back(amount);
  }
  for (SlotNumber i = head; i != kNoSlot; i = slots_[i].next) {
    ChargeSlot& charge = slots_[i];
    Money& rest = rests_[counters[charge.counter].scratch];
    const Money part = std::min(rest, charge.amount);
    if (part.minor == 0) continue;
    counters.give_back(charge.counter, charge.era, charge.step, part, /*counted=*/false);
    charge.amount.minor -= part.minor;
    rest.minor -= part.minor;
  }
}

void Charges::drop(SlotNumber& head, bool give_counts, CounterTable& counters) {
  SlotNumber number = head;
  while (number != kNoSlot) {
    const ChargeSlot& charge = std::as_const(slots_)[number];
    if (give_counts && charge.counted == 1) {
      counters.give_back(charge.counter, charge.era, charge.step, Money{}, /*counted=*/true);
    }
    const SlotNumber next = charge.next;
    free_.give_back(number);
    number = next;
    --size_;
  }
  head = kNoSlot;
}

}  // namespace holdfast
