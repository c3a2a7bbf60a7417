#include "engine/hold_table.h"

namespace holdfast {

SlotNumber HoldTable::add(AuthorizationSlot slot, TimestampNs now) {
  SlotNumber number = free_;
  if (number != kNoSlot) {
    free_ = slots_[number].next;
  } else {
    number = slots_.append();
  }
  last_id_ = last_id_.next();
  slot.id = last_id_;
  slot.next = slot.previous = kNoSlot;
  slots_[number] = slot;
  const bool is_new = index_.insert(slot.id, number);
  HOLDFAST_CHECK(is_new, "an authorization id is given once");
  if (slot.state == AuthorizationState::open) {
    calendar_.add(slots_, number);
    ++open_;
  } else {
    append_ended(number, now);
  }
  return number;
}

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
    AuthorizationSlot& slot = slots_[number];
    if (now_s < std::uint64_t{slot.ended_at_s} + retention_s) return;
    oldest_ended_ = slot.next;
    if (oldest_ended_ == kNoSlot) youngest_ended_ = kNoSlot;
    index_.erase(slot.id);
    slot = AuthorizationSlot{};
    slot.next = free_;
    free_ = number;
  }
}

}  // namespace holdfast
