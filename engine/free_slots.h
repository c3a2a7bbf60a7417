// Which slots of a table are free, handed out group by group: 32 neighbours, of authorizations a
// page.
//
// What was taken one after the other is freed in another order. With a list of free slots, last
// freed first taken, neighbours in time end up all over the table, and the longer a server runs the
// more: each change is then a cache line of its own to wait for, and while a snapshot is captured a
// page of its own to copy. So a group is used again only when half of it is free, and then all that
// is free in it, in order. A table is larger for it by what is free in groups that wait for more:
// less than half. A snapshot holds nothing of it, because who restores one knows which slots are in
// use. Invariant: there is a group for each slot of the table. Thread: the table's owner.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/check.h"
#include "engine/slot_table.h"

namespace holdfast {

template <class Slot>
class FreeSlots {
 public:
  static constexpr std::size_t kSlotsPerGroup = 32;

  /// Free slots.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// The table should have no more slots than `slots`, and growing to that moves nothing here.
  void set_slots_max(std::size_t slots) {
    slots_max_ = slots;
    groups_.reserve(slots / kSlotsPerGroup + 1);
  }

  /// A slot to be filled in: a free one or one more. Whoever takes the next finds that nearer.
  [[nodiscard]] SlotNumber take(SlotTable<Slot>& table) {
    if (current_ == kNoGroup && !find_group(table.size())) return append(table);
    Group& group = groups_[current_];
    const SlotNumber number = first_of(current_);
    group.free &= group.free - 1;
    --size_;
    if (group.free == 0) current_ = kNoGroup;
    if (const GroupNumber next = current_ != kNoGroup ? current_ : first_; next != kNoGroup) {
      table.prefetch(first_of(next));
    }
    return number;
  }

  /// The slot is free from now on.
  void give_back(SlotNumber number) {
    const auto at = static_cast<GroupNumber>(number / kSlotsPerGroup);
    Group& group = groups_[at];
    const std::uint32_t bit = std::uint32_t{1} << (number % kSlotsPerGroup);
    HOLDFAST_DCHECK((group.free & bit) == 0, "a slot is freed once");
    group.free |= bit;
    ++size_;
    if (group.next == kNotQueued && at != current_ && is_worth_it(group)) append_group(at);
  }

  /// The table was filled in, with so many slots: those for which `is_free(number)` are. Called once,
  /// before anything is taken.
  template <class IsFree>
  void restore(std::size_t slots, const IsFree& is_free) {
    groups_.resize((slots + kSlotsPerGroup - 1) / kSlotsPerGroup);
    for (std::size_t i = 0; i < slots; ++i) {
      if (is_free(static_cast<SlotNumber>(i))) give_back(static_cast<SlotNumber>(i));
    }
  }

 private:
  using GroupNumber = std::uint32_t;
  static constexpr GroupNumber kNoGroup = 0xFFFF'FFFF;
  static constexpr GroupNumber kNotQueued = 0xFFFF'FFFE;

  struct Group {
    std::uint32_t free = 0;  // a bit for each slot
    GroupNumber next = kNotQueued;
  };

  [[nodiscard]] static bool is_worth_it(const Group& group) {
    return static_cast<std::size_t>(std::popcount(group.free)) >= kSlotsPerGroup / 2;
  }
  [[nodiscard]] SlotNumber first_of(GroupNumber group) const {
    return static_cast<SlotNumber>(group * kSlotsPerGroup +
                                   static_cast<std::size_t>(std::countr_zero(groups_[group].free)));
  }

  void append_group(GroupNumber number) {
    groups_[number].next = kNoGroup;
    (last_ == kNoGroup ? first_ : groups_[last_].next) = number;
    last_ = number;
  }

  // The next group to take from; false: the table grows.
  [[nodiscard]] bool find_group(std::size_t slots) {
    if (first_ != kNoGroup) {
      current_ = first_;
      first_ = groups_[current_].next;
      if (first_ == kNoGroup) last_ = kNoGroup;
      groups_[current_].next = kNotQueued;
      return true;
    }
    return slots >= slots_max_ && size_ > 0 && find_any();
  }

  // The table may not grow, so groups of which less is free must do. Rare, and out of line.
  [[gnu::noinline]] bool find_any() {
    while (groups_[look_].free == 0) look_ = (look_ + 1) % groups_.size();
    current_ = static_cast<GroupNumber>(look_);
    return true;
  }

  [[nodiscard]] SlotNumber append(SlotTable<Slot>& table) {
    const SlotNumber number = table.append();
    if (number / kSlotsPerGroup >= groups_.size()) groups_.emplace_back();
    return number;
  }

  std::vector<Group> groups_;
  std::size_t size_ = 0;
  std::size_t slots_max_ = kNoSlot;
  GroupNumber current_ = kNoGroup;  // that is being used up
  GroupNumber first_ = kNoGroup;    // of those that wait for their turn, the longest one first
  GroupNumber last_ = kNoGroup;
  std::size_t look_ = 0;            // where `find_any` goes on
};

}  // namespace holdfast
