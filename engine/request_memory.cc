#include "engine/request_memory.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace holdfast {

std::uint64_t RequestMemory::fingerprint(const Command& command) {
  return XXH3_64bits_withSeed(command.body, command_body_bytes(command.kind),
                              static_cast<std::uint64_t>(command.kind));
}

const RequestSlot* RequestMemory::find(RequestId id) const {
  const SlotNumber number = index_.find(id);
  return number == kNoSlot ? nullptr : &slots_[number];
}

void RequestMemory::remember(RequestId id, CommandKind kind, std::uint64_t fingerprint,
                             const Outcome& outcome, bool may_be_tombstone) {
  const RequestSlot slot{.id = id, .fingerprint = fingerprint, .outcome = outcome, .kind = kind};
  // An answer is as old as now. The tombstone's slot stays in the queue without its id: had the
  // answer taken that place, what waits behind it would be forgotten later than it may be.
  if (may_be_tombstone) {
    if (const SlotNumber tombstone = index_.find(id); tombstone != kNoSlot) {
      index_.erase(id);
      slots_[tombstone].id = RequestId{};
    }
  }
  add(slot);
}

void RequestMemory::remember_tombstone(RequestId id, TimestampNs now) {
  RequestSlot slot{.id = id, .kind = kTombstone};
  slot.outcome.time = now;
  add(slot);
}

void RequestMemory::add(const RequestSlot& slot) {
  SlotNumber number = free_;
  if (number != kNoSlot) {
    free_ = slots_[number].next;
  } else {
    number = slots_.append();
  }
  slots_[number] = slot;
  index_.insert(slot.id, number);
  append(number);
}

void RequestMemory::append(SlotNumber number) {
  slots_[number].next = kNoSlot;
  if (youngest_ == kNoSlot) {
    oldest_ = number;
  } else {
    slots_[youngest_].next = number;
  }
  youngest_ = number;
}

SlotNumber RequestMemory::take_oldest() {
  const SlotNumber number = oldest_;
  oldest_ = slots_[number].next;
  if (oldest_ == kNoSlot) youngest_ = kNoSlot;
  return number;
}

void RequestMemory::release(SlotNumber number) {
  if (!slots_[number].id.is_zero()) index_.erase(slots_[number].id);
  slots_[number] = RequestSlot{};
  slots_[number].next = free_;
  free_ = number;
}

}  // namespace holdfast
