// What open authorizations have counted, so that what is not spent goes back to where it came from.
//
// A charge is one amount in one counter. The charges of an authorization form a list, newest first,
// through slots of one table, used again: no allocation in steady state. An authorization that ends
// drops its charges. Invariant: the charges of an open authorization in one counter of origin
// 0 sum to no more than what it was approved for (a shadow may have counted another estimate).
// Thread: the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/counter_table.h"
#include "engine/free_slots.h"
#include "engine/restore.h"
#include "engine/slot_table.h"
#include "engine/types.h"

namespace holdfast {

struct ChargeSlot {
  SlotNumber next = kNoSlot;     // older charge of the same authorization
  SlotNumber counter = kNoSlot;
  std::uint32_t era = 0;         // of the counter, when it was charged
  std::uint32_t counted = 0;     // 1: it is also one of the counter's count
  std::int64_t step = 0;         // number of the window or rolling step
  Money amount;                  // not given back yet
};
static_assert(is_plain_bytes<ChargeSlot> && sizeof(ChargeSlot) == 32);

class Charges {
 public:
  /// Charges of all open authorizations.
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const ChargeSlot& operator[](SlotNumber number) const { return slots_[number]; }

  /// Puts a charge in front of the list that begins at `head`.
  void add(SlotNumber& head, ChargeSlot charge);

  /// Each counter of the list gets back `amount`, or what the list has of it: newest charges first.
  void give_back(SlotNumber head, Money amount, CounterTable& counters);

  /// Empties the list. With `give_counts`, what was counted is taken off the counts.
  void drop(SlotNumber& head, bool give_counts, CounterTable& counters);

  // For snapshots.
  [[nodiscard]] SlotTable<ChargeSlot>& table() { return slots_; }
  /// The slots were filled in. `size`: as it was. `seen`: slots in lists of authorizations, which
  /// were followed; all others are free.
  [[nodiscard]] Restored restore(std::uint64_t size, const SlotSet& seen, std::size_t counters);

 private:
  SlotTable<ChargeSlot> slots_;
  FreeSlots<ChargeSlot> free_;
  std::vector<Money> rests_;  // of give_back, where the counters' scratch says
  std::size_t size_ = 0;
};

}  // namespace holdfast
