// The controls of a rule set that is active or runs as a shadow, in the form in which they judge:
// sets of controls as 64-bit words.
//
// Each part of a filter (category, country, channel, type, merchant) becomes a table from the value
// to the set of controls that it does not rule out, so that the controls which match a payment are
// the intersection of five words, however many lists there are. Compiled when the rule set
// begins to judge, dropped when it ends to. Thread: the owner's.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <cstring>
#include <map>
#include <vector>

#include "engine/command.h"
#include "engine/counter_table.h"
#include "engine/decision.h"
#include "engine/limits.h"
#include "engine/request.h"
#include "engine/windows.h"

namespace holdfast {

struct RuleSet;

/// Bit `i`: the control in row `i` of the rule set.
using ControlMask = std::uint64_t;
static_assert(limits::controls_max <= 64);

/// What controls look at.
struct Payment {
  const MerchantId& merchant;
  Mcc mcc;
  CountryCode country;
  Channel channel;
  TransactionType type;
  Money amount;          // asked for now, in the account's currency; 0: a verification
  Money approved_before; // of the authorization, when this raises it
  bool counts;           // one more in the windows' counts (not for an increment)
};

/// Who shares the counters of a payment.
struct CounterOwners {
  SlotNumber program;
  SlotNumber account;
  SlotNumber card;
  [[nodiscard]] SlotNumber of(ControlScope scope) const {
    return scope == ControlScope::card ? card : scope == ControlScope::account ? account : program;
  }
};

/// A window that the payment falls into.
struct WindowHit {
  SlotNumber counter;    // kNoSlot: nothing was ever counted there
  std::uint32_t control; // row of the rule set
  std::int64_t window;   // number of the window
  std::int64_t used_minor;  // in it
};
// A member with an initializer (a Money) would have 64 of them written for each command.
static_assert(std::is_trivially_default_constructible_v<WindowHit>);

/// What judging found, kept for the counting. The hits are written only as far as there are any.
struct Judgement {
  Decision decision = Decision::approved;
  bool counts = false;
  std::uint32_t hit_count = 0;
  std::uint32_t counters_missing = 0;  // hits without a counter yet
  std::array<WindowHit, limits::controls_max> hits;
  Judgement() {}  // leaves the hits alone: they are a kilobyte and more
  Judgement(const Judgement&) = delete;
  Judgement& operator=(const Judgement&) = delete;
  /// Whether no window's sum would leave the range of 64 bits with the amount in it.
  [[nodiscard]] bool fits(Money amount) const {
    for (std::uint32_t i = 0; i < hit_count; ++i) {
      if (!checked_add(Money{hits[i].used_minor}, amount)) return false;
    }
    return true;
  }
  void clear() {
    decision = Decision::approved;
    counts = false;
    hit_count = counters_missing = 0;
  }
};

class ControlSet {
 public:
  /// The rule set is complete, consistent, and outlives this.
  explicit ControlSet(const RuleSet& rules);
  ControlSet(const ControlSet&) = delete;
  ControlSet& operator=(const ControlSet&) = delete;

  /// Controls whose whole filter matches.
  [[nodiscard]] ControlMask matching(const Payment& payment) const;

  /// All matching controls are looked at; `result.decision` is the lowest decision number of those
  /// that fail, else `approved`; the hits are filled in either case. Changes nothing.
  void judge(const Payment& payment, const CounterOwners& owners, const CounterTable& counters,
             TimestampNs now, Judgement& result) const;

  [[nodiscard]] const AddControl& control(std::size_t row) const { return controls_[row]; }
  [[nodiscard]] const WindowClock& clock(std::size_t row) const { return clocks_[row]; }
  [[nodiscard]] ControlMask windows() const { return windows_; }
  /// Whose counters the window goes on with; see CounterName.
  void set_origin(std::size_t row, std::uint16_t origin) { origins_[row] = origin; }
  [[nodiscard]] CounterName name_of(std::size_t row, const CounterOwners& owners) const {
    const AddControl& control = controls_[row];
    return {static_cast<std::uint16_t>(owners.program), origins_[row], owners.of(control.scope),
            control.control, control.scope};
  }

 private:
  struct MerchantHash {
    std::size_t operator()(const MerchantId& merchant) const {
      std::uint64_t halves[2];
      std::memcpy(halves, merchant.text, sizeof halves);
      return absl::Hash<std::pair<std::uint64_t, std::uint64_t>>()({halves[0], halves[1]});
    }
  };
  static_assert(sizeof(MerchantId) == 2 * sizeof(std::uint64_t));

  void compile_mcc_lists(const RuleSet& rules);
  void compile_country_lists(const RuleSet& rules);
  void compile_merchant_lists(const RuleSet& rules);
  void judge_windows(ControlMask matching, const Payment& payment, const CounterOwners& owners,
                     const CounterTable& counters, TimestampNs now, Judgement& result) const;

  std::vector<AddControl> controls_;  // in the order of their rows
  std::vector<std::uint16_t> origins_;   // of their counters, by row
  std::map<std::uint16_t, Zone> zones_;  // by number; 0 is UTC
  std::vector<WindowClock> clocks_;      // by row

  ControlMask deny_ = 0;
  ControlMask allow_only_ = 0;
  ControlMask caps_ = 0;     // cap_transaction
  ControlMask windows_ = 0;  // cap_window
  ControlMask with_merchant_list_ = 0;
  std::array<ControlMask, kChannelMax + 1> by_channel_{};
  std::array<ControlMask, kTransactionTypeMax + 1> by_type_{};
  std::array<ControlMask, 1000> by_country_{};
  std::array<ControlMask, 10'000> by_mcc_{};
  /// Only merchants that a list names; the others match `~with_merchant_list_`.
  absl::flat_hash_map<MerchantId, ControlMask, MerchantHash> by_merchant_;
};

/// Each control with a window, in order of rows, as it stands at `now`.
[[nodiscard]] std::vector<LimitView> tell_limits(const ControlSet& controls,
                                                 const CounterOwners& owners,
                                                 const CounterTable& counters, TimestampNs now);

}  // namespace holdfast
