#include "engine/hold_table.h"

#include <utility>

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

void HoldTable::forget_due(std::uint32_t retention_s, TimestampNs now) {
  if (retention_s == 0) return;
  const std::uint64_t now_s = now.ns / kNsPerSecond;
  for (std::size_t i = 0; i < kForgetPerCommand && oldest_ended_ != kNoSlot; ++i) {
    const SlotNumber number = oldest_ended_;
    const std::uint64_t ended_at_s = std::as_const(slots_)[number].ended_at_s;
    if (now_s < ended_at_s + retention_s) return;
    AuthorizationSlot& slot = slots_[number];
    oldest_ended_ = slot.next;
    if (oldest_ended_ == kNoSlot) {
      youngest_ended_ = kNoSlot;
    } else {
      slots_.prefetch(oldest_ended_);  // the next command looks at it
    }
    index_.erase(slot.id);
    slot = AuthorizationSlot{};
    slot.next = free_;
    free_ = number;
  }
}

}  // namespace holdfast
