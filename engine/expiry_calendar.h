// Which authorization is due when: a list for each second, in a ring of seconds.
//
// Adding and removing take constant time and never allocate; moving on to the next due second reads
// one bit a second. The lists run through the slots themselves (`next`, `previous`). In which order
// and how fast a second's are released is no part of the state: each release is a logged command.
// Thread: the owner's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/restore.h"
#include "engine/slot_table.h"
#include "engine/slots.h"
#include "engine/types.h"

namespace holdfast {

class ExpiryCalendar {
 public:
  /// Longest time ahead that an authorization may be entered.
  static constexpr std::uint64_t kHorizonSeconds = 366 * 86'400;

  ExpiryCalendar();

  /// `slot.expires_at` is a whole second. `slot` is that of the number.
  void add(SlotTable<AuthorizationSlot>& slots, SlotNumber number, AuthorizationSlot& slot) {
    const std::uint64_t second = second_of(slot.expires_at);
    SlotNumber& first = head(second);
    slot.previous = kNoSlot;
    slot.next = first == 0 ? kNoSlot : first - 1;
    if (slot.next != kNoSlot) slots[slot.next].previous = number;
    first = number + 1;
    ++count(second);
    word(second) |= std::uint64_t{1} << (second % 64);
    next_second_ = std::min(next_second_, second);
    ++size_;
  }
  void remove(SlotTable<AuthorizationSlot>& slots, SlotNumber number);

  /// Appends up to `most` slots with `expires_at <= now` to `out`, earlier seconds first. They stay
  /// in the calendar until removed.
  void due(const SlotTable<AuthorizationSlot>& slots, TimestampNs now, std::size_t most,
           std::vector<SlotNumber>& out);

  /// How many of those due at `now` have their turn, when the holds of a second are released evenly
  /// over the second that begins then: they are all due at once, and released as fast as possible
  /// they would take the core for a third of each second where many are held, with the payments
  /// waiting behind them. The first few need not wait, and none of an earlier second does.
  [[nodiscard]] std::size_t in_turn(TimestampNs now);

  /// The open slots of a snapshot, which lie in their lists already: finds the lists' heads and
  /// puts what it visits into `seen`. The calendar is empty.
  [[nodiscard]] Restored restore(const SlotTable<AuthorizationSlot>& slots, SlotSet& seen);
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  // A power of two beyond the horizon. Should the sweep lag so far behind that two seconds share a
  // place, `due` still judges each authorization by its own time.
  static constexpr std::uint64_t kRingSeconds = std::uint64_t{1} << 25;
  static_assert(kRingSeconds > kHorizonSeconds);
  static std::uint64_t second_of(TimestampNs time) { return time.ns / kNsPerSecond; }

  // Of a second's holds: so many at once, and the others within this time.
  static constexpr std::uint64_t kAtOnce = 64;
  static constexpr std::uint64_t kReleasedWithin_ns = kNsPerSecond / 8 * 7;

  [[nodiscard]] SlotNumber& head(std::uint64_t second) {
    return reinterpret_cast<SlotNumber*>(heads_.data())[second % kRingSeconds];
  }
  [[nodiscard]] std::uint64_t& word(std::uint64_t second) {
    return reinterpret_cast<std::uint64_t*>(occupied_.data())[second % kRingSeconds / 64];
  }

  // How many were added since the second's list was empty last.
  [[nodiscard]] std::uint32_t& count(std::uint64_t second) {
    return reinterpret_cast<std::uint32_t*>(counts_.data())[second % kRingSeconds];
  }

  std::size_t size_ = 0;
  std::uint64_t next_second_ = UINT64_MAX;  // nothing is due before it
  // The second that is being released, its count when it began (also those that had ended by then,
  // so the others come a little early), and how much of that is left.
  std::uint64_t paced_second_ = 0;
  std::uint64_t paced_ = 0;
  std::uint64_t paced_left_ = 0;
  // System memory: zero until touched. A head is stored plus one, so that zero means "none".
  ChunkMemory heads_;
  ChunkMemory counts_;
  ChunkMemory occupied_;  // one bit a second
};

}  // namespace holdfast
