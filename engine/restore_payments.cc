// Authorizations and request ids from the slots of a snapshot: their lists and calendar, and, while
// slots still come, their indexes.
#include <string_view>

#include "engine/free_slots.h"
#include "engine/hold_table.h"
#include "engine/request_memory.h"

namespace holdfast {
namespace {

// What is in none of the lists that were followed is free, and says so itself.
template <class Slot>
Restored restore_free(std::string_view table, const SlotTable<Slot>& slots, const SlotSet& in_lists,
                      FreeSlots<Slot>& free) {
  for (SlotNumber i = 0; i < slots.size(); ++i) {
    if (!in_lists.contains(i) && !slots[i].id.is_zero()) return refuse(table, i, "is in no list");
  }
  free.restore(slots.size(), [&in_lists](SlotNumber i) { return !in_lists.contains(i); });
  return {};
}

}  // namespace

Restored ExpiryCalendar::restore(const SlotTable<AuthorizationSlot>& slots, SlotSet& seen) {
  const auto is_open = [&slots](SlotNumber number) {
    return !slots[number].id.is_zero() && slots[number].state == AuthorizationState::open;
  };
  for (SlotNumber i = 0; i < slots.size(); ++i) {
    if (!is_open(i) || slots[i].previous != kNoSlot) continue;
    const std::uint64_t second = second_of(slots[i].expires_at);
    SlotNumber& first = head(second);
    if (first != 0) return refuse("authorizations", i, "a second of the calendar begins twice");
    first = i + 1;
    word(second) |= std::uint64_t{1} << (second % 64);
    SlotNumber before = kNoSlot;
    const Restored followed = follow_list(
        "calendar of authorizations", i, seen, [&](SlotNumber n) { return slots[n].next; },
        [&](SlotNumber n) {
          const bool links = is_open(n) && slots[n].previous == before &&
                             second_of(slots[n].expires_at) % kRingSeconds == second % kRingSeconds;
          before = n;
          ++count(second);
          if (links) next_second_ = std::min(next_second_, second_of(slots[n].expires_at));
          return links;
        });
    if (!followed) return followed;
  }
  size_ = seen.size();
  return {};
}

Restored HoldTable::judge_slots(std::size_t cards, std::size_t rates) const {
  constexpr std::uint16_t kCountryMax = 999;
  constexpr std::uint16_t kMccMax = 9999;
  for (SlotNumber i = 0; i < slots_.size(); ++i) {
    const AuthorizationSlot& slot = slots_[i];
    if (slot.id.is_zero()) continue;
    const bool is_sound =
        slot.id <= last_id_ && slot.card < cards && (slot.rate == kNoSlot || slot.rate < rates) &&
        slot.state <= AuthorizationState::expired &&
        static_cast<std::uint8_t>(slot.channel) <= kChannelMax &&
        static_cast<std::uint8_t>(slot.type) <= kTransactionTypeMax && slot.mcc.code <= kMccMax &&
        slot.country.numeric <= kCountryMax && slot.expires_at.ns % kNsPerSecond == 0;
    if (!is_sound) return refuse("authorizations", i, "a field is out of its range");
    const bool is_money = slot.approved.minor >= 0 && slot.captured.minor >= 0 &&
                          slot.reversed.minor >= 0 && slot.refunded.minor >= 0 &&
                          slot.requested.minor >= 0;
    if (!is_money) return refuse("authorizations", i, "an amount is negative");
  }
  return {};
}

Restored HoldTable::restore(const Ends& ends, std::size_t cards, std::size_t rates) {
  last_id_ = ends.last_id;
  oldest_ended_ = ends.oldest_ended;
  youngest_ended_ = ends.youngest_ended;
  const SlotTable<AuthorizationSlot>& slots = slots_;
  if (Restored judged = judge_slots(cards, rates); !judged) return judged;
  SlotSet seen(slots.size());
  if (Restored open = calendar_.restore(slots, seen); !open) return open;
  open_ = seen.size();
  const auto next_of = [&slots](SlotNumber number) { return slots[number].next; };
  SlotNumber last = kNoSlot;
  const Restored ended = follow_list(
      "queue of ended authorizations", oldest_ended_, seen, next_of,
      [&](SlotNumber n) {
        return !slots[n].id.is_zero() && slots[n].state != AuthorizationState::open;
      },
      &last);
  if (!ended) return ended;
  if (last != youngest_ended_) return refuse("authorizations", last, "is not the youngest ended");
  return restore_free("authorizations", slots, seen, free_);
}

Restored HoldTable::restore_index(SlotNumber first, SlotNumber end) {
  const SlotTable<AuthorizationSlot>& slots = slots_;
  for (SlotNumber i = first; i < end; ++i) {
    if (!slots[i].id.is_zero() && !index_.insert(slots[i].id, i)) {
      return refuse("authorizations", i, "its id is there twice");
    }
  }
  return {};
}

Restored RequestMemory::restore(const Ends& ends) {
  oldest_ = ends.oldest;
  youngest_ = ends.youngest;
  const SlotTable<RequestSlot>& slots = slots_;
  const auto next_of = [&slots](SlotNumber number) { return slots[number].next; };
  SlotSet seen(slots.size());
  SlotNumber last = kNoSlot;
  // Any slot may be in the queue: a tombstone that was replaced has no id.
  const Restored queued = follow_list(
      "queue of request ids", oldest_, seen, next_of, [](SlotNumber) { return true; }, &last);
  if (!queued) return queued;
  if (last != youngest_) return refuse("requests", last, "is not the youngest");
  return restore_free("requests", slots, seen, free_);
}

Restored RequestMemory::restore_index(SlotNumber first, SlotNumber end) {
  const SlotTable<RequestSlot>& slots = slots_;
  if (first == 0) index_.reserve(slots.size());
  const SlotNumber twice = index_.insert_range(
      first, end, [&slots](SlotNumber number) { return !slots[number].id.is_zero(); });
  if (twice != kNoSlot) return refuse("requests", twice, "its id is there twice");
  return {};
}

}  // namespace holdfast
