#include "engine/counter_table.h"

#include <algorithm>

namespace holdfast {
namespace {

std::size_t place_of(const WindowShape& shape, std::int64_t step) {
  return static_cast<std::uint64_t>(step) % shape.steps();
}

// Steps that leave the ring when its newest becomes `window`: as many oldest ones.
std::int64_t leaving(const CounterSlot& counter, std::int64_t window) {
  return std::min<std::int64_t>(window - counter.window, counter.shape.steps());
}

}  // namespace

CounterTable::Usage CounterTable::rolled_usage(const CounterSlot& counter,
                                               std::int64_t window) const {
  Usage usage{counter.used, counter.count};
  const RingSlot& ring = rings_[counter.ring];
  // The place of a coming step is that of the step which leaves for it.
  for (std::int64_t i = 1; i <= leaving(counter, window); ++i) {
    const std::size_t place = place_of(counter.shape, counter.window + i);
    usage.used.minor -= ring.amounts[place].minor;
    usage.count -= ring.counts[place];
  }
  return usage;
}

CounterTable::Usage CounterTable::usage_of_step(const CounterSlot& counter,
                                                std::int64_t step) const {
  if (!counter.shape.is_rolling()) return {counter.used, counter.count};
  const RingSlot& ring = rings_[counter.ring];
  const std::size_t place = place_of(counter.shape, step);
  return {ring.amounts[place], ring.counts[place]};
}

SlotNumber CounterTable::create(const CounterName& name) {
  SlotNumber number = free_;
  if (number != kNoSlot) {
    free_ = counters_[number].next_free;
  } else {
    number = counters_.append();
  }
  CounterSlot& counter = counters_[number];
  const std::uint32_t era = counter.era;  // 0 in a slot that was never used
  counter = CounterSlot{};
  counter.name = name;
  counter.era = counter.born = era;
  index_.insert(key_of(name), number);
  return number;
}

void CounterTable::release(SlotNumber number) {
  CounterSlot& counter = counters_[number];
  index_.erase(key_of(counter.name));
  if (counter.ring != kNoSlot) release_ring(counter.ring);
  const std::uint32_t era = counter.era + 1;  // nothing that was charged comes back here
  counter = CounterSlot{};
  counter.era = era;
  counter.next_free = free_;
  free_ = number;
}

std::uint32_t CounterTable::add(SlotNumber number, const WindowShape& shape, std::int64_t window,
                                Money amount, bool counts) {
  CounterSlot& counter = counters_[number];
  if (counter.shape != shape) {
    start_anew(counter, shape, window);
  } else if (counter.window != window) {
    shape.is_rolling() ? roll(counter, window) : start_anew(counter, shape, window);
  }
  if (shape.is_rolling()) {
    RingSlot& ring = rings_[counter.ring];
    const std::size_t place = place_of(shape, window);
    ring.amounts[place].minor += amount.minor;
    counts = counts && ring.counts[place] != UINT32_MAX;
    ring.counts[place] += counts ? 1 : 0;
  }
  counter.used.minor += amount.minor;
  counter.count += counts ? 1 : 0;
  return counter.era;
}

void CounterTable::give_back(SlotNumber number, std::uint32_t era, std::int64_t step, Money amount,
                             bool counted) {
  CounterSlot& counter = counters_[number];
  if (!holds(counter, era, step)) return;
  if (counter.shape.is_rolling()) {
    RingSlot& ring = rings_[counter.ring];
    const std::size_t place = place_of(counter.shape, step);
    ring.amounts[place].minor -= amount.minor;
    counted = counted && ring.counts[place] > 0;
    ring.counts[place] -= counted ? 1 : 0;
  }
  counter.used.minor -= amount.minor;
  counter.count -= counted ? 1 : 0;
}

void CounterTable::start_anew(CounterSlot& counter, const WindowShape& shape,
                              std::int64_t window) {
  if (shape.is_rolling()) {
    if (counter.ring == kNoSlot) counter.ring = take_ring();
    rings_[counter.ring] = RingSlot{};
  } else if (counter.ring != kNoSlot) {
    release_ring(counter.ring);
    counter.ring = kNoSlot;
  }
  ++counter.era;
  counter.shape = shape;
  counter.window = window;
  counter.used = Money{};
  counter.count = 0;
}

void CounterTable::roll(CounterSlot& counter, std::int64_t window) {
  RingSlot& ring = rings_[counter.ring];
  for (std::int64_t i = 1; i <= leaving(counter, window); ++i) {
    const std::size_t place = place_of(counter.shape, counter.window + i);
    counter.used.minor -= ring.amounts[place].minor;
    counter.count -= ring.counts[place];
    ring.amounts[place] = Money{};
    ring.counts[place] = 0;
  }
  counter.window = window;
}

SlotNumber CounterTable::take_ring() {
  if (free_ring_ == kNoSlot) return rings_.append();
  const SlotNumber number = free_ring_;
  free_ring_ = rings_[number].next;
  return number;
}

void CounterTable::release_ring(SlotNumber number) {
  rings_[number].next = free_ring_;
  free_ring_ = number;
}

}  // namespace holdfast
