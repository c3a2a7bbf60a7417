// Exchange rates: each one that was ever set, and the latest of each pair of currencies.
//
// Earlier rates stay, because an authorization keeps the one it was decided with. Thread: the
// owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/command.h"
#include "engine/index.h"
#include "engine/restore.h"
#include "engine/slot_table.h"
#include "engine/types.h"

namespace holdfast {

/// From one currency to another, as an index key.
struct CurrencyPair {
  std::uint32_t value = 0;
  static CurrencyPair of(CurrencyCode from, CurrencyCode to) {
    return {static_cast<std::uint32_t>(from.numeric) << 16 | to.numeric};
  }
  friend bool operator==(const CurrencyPair&, const CurrencyPair&) = default;
  template <class H>
  friend H AbslHashValue(H state, const CurrencyPair& pair) {
    return H::combine(std::move(state), pair.value);
  }
};

struct RateSlot {
  SetRate rate;
  TimestampNs set_at;

  [[nodiscard]] bool is_too_old(TimestampNs now) const {
    return now.ns - set_at.ns > rate.life_s * kNsPerSecond;
  }
};
static_assert(is_plain_bytes<RateSlot> && sizeof(RateSlot) == 32);

[[nodiscard]] inline CurrencyPair pair_of(const RateSlot& slot) {
  return CurrencyPair::of(slot.rate.from, slot.rate.to);
}

class Exchange {
 public:
  /// The latest rate of the pair; kNoSlot if none was ever set.
  [[nodiscard]] SlotNumber find(CurrencyCode from, CurrencyCode to) const {
    return latest_.find(CurrencyPair::of(from, to));
  }
  [[nodiscard]] const RateSlot& operator[](SlotNumber number) const { return rates_[number]; }
  [[nodiscard]] std::size_t size() const { return rates_.size(); }
  void set(const SetRate& rate, TimestampNs now);

  // For snapshots.
  [[nodiscard]] SlotTable<RateSlot>& table() { return rates_; }
  /// The slots were filled in: builds the index.
  [[nodiscard]] Restored restore();

 private:
  SlotTable<RateSlot> rates_;
  Index<RateSlot, &pair_of> latest_{rates_};
};

/// `amount` (0 or more) at the rate, with its markup, rounded half to even; nothing when it does
/// not fit 63 bits or a step of it 128.
[[nodiscard]] std::optional<Money> convert(Money amount, const SetRate& rate);

}  // namespace holdfast
