// What was answered to which request id: the memory behind "the same request, the same answer".
//
// An entry is remembered for at least the retention of logged time, and for as long as the
// authorization that it created is open. Forgetting is bounded work done while a logged command is
// applied, oldest first, so that a replay forgets at the same positions. Thread: the owner's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/free_slots.h"
#include "engine/index.h"
#include "engine/limits.h"
#include "engine/restore.h"
#include "engine/slots.h"

namespace holdfast {

class RequestMemory {
 public:
  /// XXH3-64 of kind and body: tells a retry from another request with the same id.
  [[nodiscard]] static std::uint64_t fingerprint(const Command& command);

  [[nodiscard]] const RequestSlot* find(RequestId id) const { return find(id, hash(id)); }
  [[nodiscard]] const RequestSlot* find(RequestId id, KeyHash hashed) const {
    const SlotNumber number = index_.find(id, hashed);
    return number == kNoSlot ? nullptr : &slots_[number];
  }
  [[nodiscard]] static KeyHash hash(RequestId id) { return IdIndex::hash(id); }
  /// Whether a reversal named the id before anything came with it.
  [[nodiscard]] bool has_tombstone(RequestId id) const {
    const RequestSlot* slot = find(id);
    return slot != nullptr && slot->kind == kTombstone;
  }
  [[nodiscard]] std::size_t size() const { return index_.size(); }
  KeyHash prefetch(RequestId id) const { return index_.prefetch(id); }
  void prefetch(SlotNumber number) const { slots_.prefetch(number); }
  /// See Index::guess.
  [[nodiscard]] SlotNumber guess(KeyHash hashed) const { return index_.guess(hashed); }

  /// Whether `wanted` more fit, once what `forget_due` would forget now is gone. `still_needed`
  /// tells whether the authorization that an entry created is open.
  template <class StillNeeded>
  [[nodiscard]] bool has_room(std::size_t wanted, const EngineConfig& config, TimestampNs now,
                              const StillNeeded& still_needed) const {
    if (size() + wanted <= config.request_ids_max) [[likely]] return true;
    return can_forget(size() + wanted - config.request_ids_max, config, now, still_needed);
  }

  /// Forgets what is due, so that there is room for `wanted` more if `has_room` said so. Only
  /// together with a logged command. Returns how many entries it looked at.
  template <class StillNeeded>
  std::size_t forget_due(std::size_t wanted, const EngineConfig& config, TimestampNs now,
                         const StillNeeded& still_needed) {
    std::size_t seen = 0;
    for (; seen < limits::request_ids_looked_at_max; ++seen) {
      if (seen >= limits::forgotten_per_command_max && !is_nearly_full(wanted, config)) break;
      if (oldest_ == kNoSlot) break;
      const RequestSlot& slot = std::as_const(slots_)[oldest_];
      if (!is_past(slot, config, now)) break;
      // An entry that is still needed goes behind the youngest and is looked at again from there.
      const bool keep = still_needed(slot);
      const SlotNumber number = take_oldest();
      keep ? append(number) : release(number);
    }
    return seen;
  }
  /// To be called with what `forget_due` returned: brings nearer what its next calls will look at,
  /// which nobody has touched since it was made. Each entry is met twice on its way to the front, so
  /// that nobody waits for memory: first its place in the index is asked for, then the entry there.
  /// `approach(slot)`: for what else its turn needs. No effect on the state.
  template <class Approach>
  void look_ahead(std::size_t entries, const Approach& approach) {
    if (entries >= kAhead) {  // the front went past it: from there again
      ahead_ = kNoSlot;
      entries = 1;
    }
    for (; entries > 0; --entries) {
      ahead_ = ahead_ == kNoSlot ? entry_from_front(kAhead) : std::as_const(slots_)[ahead_].next;
      if (ahead_ == kNoSlot) return;  // fewer are remembered
      KeyHash& met = met_[met_count_++ % kMet];
      prefetch_known(index_.guess(met));
      const RequestSlot& slot = std::as_const(slots_)[ahead_];
      met = index_.prefetch(slot.id);
      approach(slot);
      prefetch_known(slot.next);
    }
  }

  /// Needs room. The id is not remembered yet, or is a tombstone, which the answer replaces;
  /// `may_be_tombstone` false: the caller knows that it is not. `hashed`: of the id.
  void remember(RequestId id, KeyHash hashed, CommandKind kind, std::uint64_t fingerprint,
                const Outcome& outcome, bool may_be_tombstone);

  /// Needs room. A reversal named this id before anything came with it.
  void remember_tombstone(RequestId id, TimestampNs now);

  [[nodiscard]] const SlotTable<RequestSlot>& slots() const { return slots_; }
  [[nodiscard]] SlotNumber slot_of(RequestId id) const { return index_.find(id); }
  void reserve_directory(std::size_t slots) {
    slots_.reserve_directory(slots);
    free_.set_slots_max(slots);
  }
  /// Room in the index for so many ids in all.
  void reserve_index(std::size_t ids) {
    if (ids > index_.size()) index_.reserve(ids);
  }

  // For snapshots: the slots, and what is known beside them.
  struct Ends {
    SlotNumber oldest = kNoSlot;
    SlotNumber youngest = kNoSlot;
  };
  [[nodiscard]] Ends ends() const { return {oldest_, youngest_}; }
  [[nodiscard]] SlotTable<RequestSlot>& table() { return slots_; }
  /// As HoldTable's.
  [[nodiscard]] Restored restore_index(SlotNumber first, SlotNumber end);
  [[nodiscard]] Restored restore(const Ends& ends);

 private:
  using IdIndex = Index<RequestSlot, &RequestSlot::id>;
  // Some commands each, so that memory has answered, and few enough that the caches still have it.
  static constexpr std::size_t kAhead = 16;
  static constexpr std::size_t kMet = 8;

  [[nodiscard]] bool is_nearly_full(std::size_t wanted, const EngineConfig& config) const {
    return size() + wanted + limits::request_ids_looked_at_max > config.request_ids_max;
  }
  static bool is_past(const RequestSlot& slot, const EngineConfig& config, TimestampNs now) {
    return now.ns - slot.outcome.time.ns >= config.request_retention_s * kNsPerSecond;
  }

  // Whether `forget_due` would find so many (at least one) that go.
  template <class StillNeeded>
  [[nodiscard]] bool can_forget(std::size_t wanted, const EngineConfig& config, TimestampNs now,
                                const StillNeeded& still_needed) const {
    SlotNumber number = oldest_;
    for (std::size_t i = 0; i < limits::request_ids_looked_at_max && number != kNoSlot; ++i) {
      const RequestSlot& slot = slots_[number];
      if (!is_past(slot, config, now)) break;
      if (!slot.id.is_zero() && !still_needed(slot) && --wanted == 0) return true;
      number = slot.next;
    }
    return false;
  }

  SlotNumber take_oldest() {
    const SlotNumber number = oldest_;
    oldest_ = std::as_const(slots_)[number].next;
    if (oldest_ == kNoSlot) youngest_ = kNoSlot;
    return number;
  }
  /// Behind the youngest; `link`: of a slot whose `next` is kNoSlot.
  void append(SlotNumber number);
  void link(SlotNumber number) {
    (youngest_ == kNoSlot ? oldest_ : slots_[youngest_].next) = number;
    youngest_ = number;
  }
  void release(SlotNumber number);

  [[nodiscard]] SlotNumber entry_from_front(std::size_t behind) const {
    SlotNumber number = oldest_;
    while (behind-- > 0 && number != kNoSlot) number = slots_[number].next;
    return number;
  }
  void prefetch_known(SlotNumber number) const {
    if (number != kNoSlot) slots_.prefetch(number);
  }

  SlotTable<RequestSlot> slots_;
  IdIndex index_{slots_};
  SlotNumber oldest_ = kNoSlot;
  SlotNumber youngest_ = kNoSlot;
  FreeSlots<RequestSlot> free_;

  // Of `look_ahead`: how far it is, and whom it met last. Not part of the state: any slot would do.
  SlotNumber ahead_ = kNoSlot;
  std::array<KeyHash, kMet> met_{};
  std::size_t met_count_ = 0;
};

}  // namespace holdfast
