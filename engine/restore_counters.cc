// Counters, their rings, charges and rates from the slots of a snapshot.
#include "engine/charges.h"
#include "engine/counter_table.h"
#include "engine/exchange.h"

namespace holdfast {
namespace {

// What the code that reads a counter takes for granted of its shape.
bool is_sound(const WindowShape& shape, SlotNumber ring) {
  if (shape.kind > WindowKind::rolling) return false;
  if (!shape.is_rolling()) return ring == kNoSlot;
  return shape.granularity_s > 0 && shape.window_s % shape.granularity_s == 0 &&
         shape.steps() >= 1 && shape.steps() <= limits::rolling_steps_max;
}

}  // namespace

Restored CounterTable::restore_links(const Ends& ends) {
  free_ = ends.free;
  next_look_ = ends.next_look;
  to_look_at_ = ends.to_look_at;
  free_ring_ = ends.free_ring;
  const SlotTable<CounterSlot>& counters = counters_;
  const SlotTable<RingSlot>& rings = rings_;
  if (next_look_ > counters.size() || to_look_at_ > counters.size()) {
    return std::unexpected("counters: the sweep is beyond the table");
  }
  SlotSet free_counters(counters.size());
  const Restored freed = follow_list(
      "free counters", free_, free_counters, [&](SlotNumber n) { return counters[n].next_free; },
      [&](SlotNumber n) { return counters[n].is_free(); });
  if (!freed) return freed;

  SlotSet used_rings(rings.size());
  for (SlotNumber i = 0; i < counters.size(); ++i) {
    const CounterSlot& counter = counters[i];
    if (counter.is_free() != free_counters.contains(i)) {
      return refuse("counters", i, "is free and not in the list of the free");
    }
    if (counter.is_free()) continue;
    if (!is_sound(counter.shape, counter.ring)) return refuse("counters", i, "has no such window");
    if (counter.shape.is_rolling() && !used_rings.insert(counter.ring)) {
      return refuse("counters", i, "its ring is not there, or another's");
    }
  }
  const Restored free_rings =
      follow_list("free rings", free_ring_, used_rings, [&](SlotNumber n) { return rings[n].next; },
                  [](SlotNumber) { return true; });
  if (!free_rings) return free_rings;
  if (used_rings.size() != rings.size()) return std::unexpected("rings: one is nobody's");

  const SlotNumber twice =
      index_.insert_all([&](SlotNumber number) { return !counters[number].is_free(); });
  if (twice != kNoSlot) return refuse("counters", twice, "its name is there twice");
  return {};
}

Restored Charges::restore(std::uint64_t size, const SlotSet& seen, std::size_t counters) {
  size_ = size;
  const SlotTable<ChargeSlot>& slots = slots_;
  if (seen.size() != size_) {
    return std::unexpected("charges: open authorizations have " + std::to_string(seen.size()) +
                           ", not " + std::to_string(size_));
  }
  for (SlotNumber i = 0; i < slots.size(); ++i) {
    if (!seen.contains(i)) continue;
    if (slots[i].counter >= counters) return refuse("charges", i, "names no counter");
    if (slots[i].amount.minor < 0) return refuse("charges", i, "is negative");
  }
  free_.restore(slots.size(), [&seen](SlotNumber i) { return !seen.contains(i); });
  return {};
}

Restored Exchange::restore() {
  const SlotTable<RateSlot>& rates = rates_;
  constexpr std::uint8_t kScaleMax = 18;
  for (SlotNumber i = 0; i < rates.size(); ++i) {
    const SetRate& rate = rates[i].rate;
    if (rate.rate <= 0 || rate.scale > kScaleMax) return refuse("rates", i, "is no rate");
    latest_.insert_or_assign(CurrencyPair::of(rate.from, rate.to), i);
  }
  return {};
}

}  // namespace holdfast
