// Counters: what was used of a control's window by a card, an account or a program.
//
// A counter is found by its key and belongs to one window at a time. Looking changes nothing: in
// another window than the stored one nothing was used yet. Only counting moves a counter to the
// current window. Each time it starts anew it enters another era, so that an amount is given back
// to that very window or to none. A rolling window keeps a ring of steps beside its counter. Nothing
// is allocated but for a new counter.
//
// Counters that nobody will ask for again (those of a shadow that ended) are freed by a sweep: after
// each event that may leave such ones, a cursor goes once around the table, a few slots with each
// logged command. Eras go on rising in a slot that is used again, so that a charge of the one before
// is known by its era. Invariants: `used` and `count` are never negative; those of a rolling window
// are the sums of its ring. Thread: the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/index.h"
#include "engine/limits.h"
#include "engine/restore.h"
#include "engine/slot_table.h"
#include "engine/types.h"
#include "engine/windows.h"

namespace holdfast {

inline constexpr std::uint16_t kNoProgram = 0xFFFF;
static_assert(limits::programs_max <= kNoProgram);

/// Programs, accounts and cards never move nor make place for others, so their slot numbers name
/// them. In the digest their ids do.
struct CounterName {
  std::uint16_t program = kNoProgram;  // limits::programs_max lets its slot number fit
  std::uint16_t origin = 0;     // the program's own (0), or the run of a shadow that began it
  SlotNumber entity = kNoSlot;  // in the table of the scope
  std::uint16_t control = 0;
  ControlScope scope{};
  std::uint8_t reserved = 0;
};

using CounterKey = Id128<struct CounterKeyTag>;
[[nodiscard]] constexpr CounterKey key_of(const CounterName& name) {
  return {.low = std::uint64_t{name.program} << 48 | std::uint64_t{name.origin} << 32 |
                 std::uint64_t{name.control} << 8 | static_cast<std::uint64_t>(name.scope),
          .high = name.entity};
}

/// One cache line.
struct CounterSlot {
  CounterName name;
  WindowShape shape;            // that it is kept with
  union {
    SlotNumber ring = kNoSlot;  // of a rolling window
    SlotNumber next_free;       // of a free slot
  };
  std::uint32_t era = 0;        // how often a counter in this slot started anew
  std::uint32_t born = 0;       // the slot's era when this counter came into it
  std::uint32_t scratch = 0;    // of Charges::give_back
  std::int64_t window = 0;      // number of its window; rolling: of the newest step
  Money used;                   // in the window
  std::uint64_t count = 0;      // in the window

  [[nodiscard]] bool is_free() const { return name.program == kNoProgram; }
};
static_assert(is_plain_bytes<CounterSlot> && sizeof(CounterSlot) == 64);

[[nodiscard]] constexpr CounterKey key_of_slot(const CounterSlot& slot) {
  return key_of(slot.name);
}

/// Step `n` stands in place `n % steps`.
struct RingSlot {
  Money amounts[limits::rolling_steps_max];
  // Stops at its maximum, which no cap by count can reach.
  std::uint32_t counts[limits::rolling_steps_max] = {};
  SlotNumber next = kNoSlot;  // in the free list
};
static_assert(is_plain_bytes<RingSlot> && sizeof(RingSlot) == 376);

class CounterTable {
 public:
  struct Usage {
    Money used;
    std::uint64_t count = 0;
  };

  [[nodiscard]] SlotNumber find(const CounterKey& key) const { return index_.find(key); }
  void prefetch(const CounterKey& key) const { index_.prefetch(key); }
  void prefetch(SlotNumber number) const { counters_.prefetch(number); }

  /// What stands against the window now. `window` is the number by the clock of `shape`.
  [[nodiscard]] Usage usage(SlotNumber number, const WindowShape& shape,
                            std::int64_t window) const {
    if (number == kNoSlot) return {};
    const CounterSlot& counter = counters_[number];
    if (counter.shape != shape) return {};
    if (counter.window == window) return {counter.used, counter.count};
    return shape.is_rolling() ? rolled_usage(counter, window) : Usage{};
  }

  /// A counter that nothing was counted in.
  [[nodiscard]] SlotNumber create(const CounterName& name);
  /// The counter moves to the window; then the amount (0 or more; the sum must fit) and, if
  /// `counts`, one more are in it. Returns its era.
  std::uint32_t add(SlotNumber number, const WindowShape& shape, std::int64_t window, Money amount,
                    bool counts);
  /// Takes back what `add` did in that era and step, if the counter still holds it.
  void give_back(SlotNumber number, std::uint32_t era, std::int64_t step, Money amount,
                 bool counted);

  /// Counters that are there, dead ones that no sweep has come to yet among them.
  [[nodiscard]] std::size_t size() const { return index_.size(); }
  /// Slots that were ever used; some may be free.
  [[nodiscard]] std::size_t slots() const { return counters_.size(); }
  [[nodiscard]] CounterSlot& operator[](SlotNumber number) { return counters_[number]; }
  [[nodiscard]] const CounterSlot& operator[](SlotNumber number) const { return counters_[number]; }
  /// Of a rolling window: one step in its ring; else of the whole window.
  [[nodiscard]] Usage usage_of_step(const CounterSlot& counter, std::int64_t step) const;
  /// Whether it still holds what was counted in that era and step.
  [[nodiscard]] static bool holds(const CounterSlot& counter, std::uint32_t era,
                                  std::int64_t step) {
    return counter.era == era &&
           (!counter.shape.is_rolling() || step > counter.window - counter.shape.steps());
  }

  /// What a charge of this era counted is of the counter that is in the slot now.
  [[nodiscard]] static bool is_of(const CounterSlot& counter, std::uint32_t era) {
    return !counter.is_free() && era >= counter.born;
  }

  /// Counters may have died: all of them will be looked at.
  void begin_sweep() { to_look_at_ = counters_.size(); }
  [[nodiscard]] bool is_sweeping() const { return to_look_at_ > 0; }
  /// Frees a few of those for which `is_dead(name)`. Only together with a logged command.
  template <class IsDead>
  void sweep(const IsDead& is_dead) {
    std::size_t freed = 0;
    constexpr std::size_t kFreedMax = limits::forgotten_per_command_max;
    for (std::size_t i = 0; i < kLooksPerCommand && freed < kFreedMax; ++i) {
      if (to_look_at_ == 0) return;
      if (next_look_ == counters_.size()) next_look_ = 0;
      const CounterSlot& counter = std::as_const(counters_)[next_look_];
      if (!counter.is_free() && is_dead(counter.name)) {
        release(next_look_);
        ++freed;
      }
      ++next_look_;
      --to_look_at_;
    }
  }

  // For snapshots: the slots, and what is known beside them.
  struct Ends {
    SlotNumber free = kNoSlot;
    SlotNumber next_look = 0;
    std::uint64_t to_look_at = 0;
    SlotNumber free_ring = kNoSlot;
  };
  [[nodiscard]] Ends ends() const { return {free_, next_look_, to_look_at_, free_ring_}; }
  [[nodiscard]] SlotTable<CounterSlot>& table() { return counters_; }
  [[nodiscard]] SlotTable<RingSlot>& rings() { return rings_; }
  /// The slots were filled in: builds the rest. `names_something(name)`: program, entity and origin
  /// are there.
  template <class NamesSomething>
  [[nodiscard]] Restored restore(const Ends& ends, const NamesSomething& names_something) {
    for (SlotNumber i = 0; i < counters_.size(); ++i) {
      const CounterSlot& counter = std::as_const(counters_)[i];
      if (!counter.is_free() && !names_something(counter.name)) {
        return refuse("counters", i, "names a program, card, account or shadow that is not there");
      }
    }
    return restore_links(ends);
  }

 private:
  [[nodiscard]] Restored restore_links(const Ends& ends);
  static constexpr std::size_t kLooksPerCommand = 8;

  void release(SlotNumber number);
  [[nodiscard]] Usage rolled_usage(const CounterSlot& counter, std::int64_t window) const;
  void start_anew(CounterSlot& counter, const WindowShape& shape, std::int64_t window);
  void roll(CounterSlot& counter, std::int64_t window);
  [[nodiscard]] SlotNumber take_ring();
  void release_ring(SlotNumber number);

  SlotTable<CounterSlot> counters_;
  Index<CounterSlot, &key_of_slot> index_{counters_};
  SlotTable<RingSlot> rings_;
  SlotNumber free_ring_ = kNoSlot;
  SlotNumber free_ = kNoSlot;
  SlotNumber next_look_ = 0;
  std::size_t to_look_at_ = 0;  // by the sweep that is under way
};

}  // namespace holdfast
