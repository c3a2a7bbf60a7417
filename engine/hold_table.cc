#include "engine/hold_table.h"

namespace holdfast {

void HoldTable::end(SlotNumber number, TimestampNs now) {
  calendar_.remove(slots_, number);
  --open_;
  append_ended(number, now);
}

void HoldTable::append_ended(SlotNumber number, TimestampNs now) {
  AuthorizationSlot& slot = slots_[number];
  // Rounded up: never forgotten early.
  slot.ended_at_s = static_cast<std::uint32_t>((now.ns + kNsPerSecond - 1) / kNsPerSecond);
  slot.next = kNoSlot;
  if (youngest_ended_ == kNoSlot) {
    oldest_ended_ = number;
  } else {
    slots_[youngest_ended_].next = number;
  }
  youngest_ended_ = number;
}

void HoldTable::forget_oldest() {
  const SlotNumber number = oldest_ended_;
  AuthorizationSlot& slot = slots_[number];
  oldest_ended_ = slot.next;
  if (oldest_ended_ == kNoSlot) {
    youngest_ended_ = kNoSlot;
  } else {
    slots_.prefetch(oldest_ended_);  // the next command looks at it
  }
  index_.erase(slot.id);
  slot = AuthorizationSlot{};
  free_.give_back(number);
}

}  // namespace holdfast
