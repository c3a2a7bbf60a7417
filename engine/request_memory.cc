#include "engine/request_memory.h"

#include <new>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace holdfast {

std::uint64_t RequestMemory::fingerprint(const Command& command) {
  return XXH3_64bits_withSeed(command.body, command_body_bytes(command.kind),
                              static_cast<std::uint64_t>(command.kind));
}

void RequestMemory::remember(RequestId id, KeyHash hashed, CommandKind kind,
                             std::uint64_t fingerprint, const Outcome& outcome,
                             bool may_be_tombstone) {
  // An answer is as old as now. The tombstone's slot stays in the queue without its id: had the
  // answer taken that place, what waits behind it would be forgotten later than it may be.
  if (may_be_tombstone) {
    if (const SlotNumber tombstone = index_.find(id, hashed); tombstone != kNoSlot) {
      index_.erase(id);
      slots_[tombstone].id = RequestId{};
    }
  }
  const SlotNumber number = free_.take(slots_);
  // Built where it stays: a copy on the way would wait for its own parts.
  ::new (&slots_[number])
      RequestSlot{.id = id, .fingerprint = fingerprint, .outcome = outcome, .kind = kind};
  index_.insert(id, hashed, number);
  link(number);
}

void RequestMemory::remember_tombstone(RequestId id, TimestampNs now) {
  Outcome outcome;
  outcome.time = now;
  remember(id, hash(id), kTombstone, /*fingerprint=*/0, outcome, /*may_be_tombstone=*/false);
}

void RequestMemory::append(SlotNumber number) {
  slots_[number].next = kNoSlot;
  link(number);
}

void RequestMemory::release(SlotNumber number) {
  RequestSlot& slot = slots_[number];
  if (!slot.id.is_zero()) index_.erase(slot.id);
  slot = RequestSlot{};
  free_.give_back(number);
}

}  // namespace holdfast
