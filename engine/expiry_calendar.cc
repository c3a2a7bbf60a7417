#include "engine/expiry_calendar.h"

#include <algorithm>
#include <bit>

namespace holdfast {

ExpiryCalendar::ExpiryCalendar()
    : heads_(kRingSeconds * sizeof(SlotNumber), PageSize::small),
      counts_(kRingSeconds * sizeof(std::uint32_t), PageSize::small),
      occupied_(kRingSeconds / 8, PageSize::small) {}

void ExpiryCalendar::remove(SlotTable<AuthorizationSlot>& slots, SlotNumber number) {
  AuthorizationSlot& slot = slots[number];
  const std::uint64_t second = second_of(slot.expires_at);
  if (slot.next != kNoSlot) slots[slot.next].previous = slot.previous;
  if (slot.previous != kNoSlot) {
    slots[slot.previous].next = slot.next;
  } else {
    SlotNumber& first = head(second);
    first = slot.next == kNoSlot ? 0 : slot.next + 1;
    if (first == 0) {
      word(second) &= ~(std::uint64_t{1} << (second % 64));
      count(second) = 0;
    }
  }
  if (second == paced_second_ && paced_left_ > 0) --paced_left_;
  slot.next = slot.previous = kNoSlot;
  if (--size_ == 0) next_second_ = UINT64_MAX;
}

std::size_t ExpiryCalendar::in_turn(TimestampNs now) {
  const std::uint64_t second = second_of(now);
  if (next_second_ < second) return SIZE_MAX;
  if (paced_second_ != second) {
    paced_second_ = second;
    paced_ = paced_left_ = count(second);
  }
  const std::uint64_t have_their_turn =
      kAtOnce + paced_ * (now.ns % kNsPerSecond) / kReleasedWithin_ns;
  const std::uint64_t released = paced_ - paced_left_;
  return have_their_turn > released ? have_their_turn - released : 0;
}

void ExpiryCalendar::due(const SlotTable<AuthorizationSlot>& slots, TimestampNs now,
                         std::size_t most, std::vector<SlotNumber>& out) {
  const std::uint64_t now_second = second_of(now);
  if (next_second_ > now_second) return;
  // A lag of more than a ring visits every place once; more laps would find the same.
  const std::uint64_t last = std::min(now_second, next_second_ + kRingSeconds - 1);
  bool all_seen_are_taken = true;  // then the sweep need not come back to these seconds
  for (std::uint64_t second = next_second_; second <= last;) {
    const std::uint64_t bits = word(second) >> (second % 64);
    if (bits == 0) {
      second += 64 - second % 64;
      continue;
    }
    second += static_cast<std::uint64_t>(std::countr_zero(bits));
    if (second > last) break;
    if (all_seen_are_taken) next_second_ = second;
    for (SlotNumber at = head(second); at != 0; at = slots[at - 1].next + 1) {
      if (slots[at - 1].expires_at > now) continue;  // another lap's second in the same place
      if (out.size() >= most) return;
      out.push_back(at - 1);
      all_seen_are_taken = false;  // it stays in the calendar until its command is applied
    }
    ++second;
  }
  if (all_seen_are_taken) next_second_ = last + 1;
}

}  // namespace holdfast
