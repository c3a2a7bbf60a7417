// What building a state machine from a snapshot's tables needs: proof that the lists which run
// through the slots are lists, before anything follows them.
//
// A wrong number in a slot would otherwise be met much later, as a loop without end or a slot in
// use twice. Thread: any, on data that nobody else touches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "engine/slot_table.h"

namespace holdfast {

/// Nothing, or why the input is no state.
using Restored = std::expected<void, std::string>;

[[nodiscard]] inline Restored refuse(std::string_view table, SlotNumber number,
                                     std::string_view what) {
  return std::unexpected(std::string(table) + ", slot " + std::to_string(number) + ": " +
                         std::string(what));
}

/// Slots of one table, each in it or not.
class SlotSet {
 public:
  explicit SlotSet(std::size_t slots)
      : slots_(slots), words_((slots + kWordBits - 1) / kWordBits) {}

  /// False: there is no such slot, or it is in the set already.
  [[nodiscard]] bool insert(SlotNumber number) {
    if (number >= slots_ || contains(number)) return false;
    words_[number / kWordBits] |= std::uint64_t{1} << (number % kWordBits);
    ++size_;
    return true;
  }
  [[nodiscard]] bool contains(SlotNumber number) const {
    return (words_[number / kWordBits] >> (number % kWordBits) & 1) != 0;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kWordBits = 64;
  std::size_t slots_;
  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

/// Follows `next_of(number)` from `first` to kNoSlot, and puts each slot on the way into `seen`.
/// Refuses a number that is no slot, a slot that is in `seen` already (so each list ends), and one
/// that is not `of_list(number)`. `last`: the list's last slot, kNoSlot for an empty one.
template <class NextOf, class OfList>
[[nodiscard]] Restored follow_list(std::string_view list, SlotNumber first, SlotSet& seen,
                                   const NextOf& next_of, const OfList& of_list,
                                   SlotNumber* last = nullptr) {
  SlotNumber at_last = kNoSlot;
  for (SlotNumber number = first; number != kNoSlot; number = next_of(number)) {
    if (!seen.insert(number)) return refuse(list, number, "no such slot, or in a list twice");
    if (!of_list(number)) return refuse(list, number, "does not belong into this list");
    at_last = number;
  }
  if (last != nullptr) *last = at_last;
  return {};
}

}  // namespace holdfast
