// Authorizations: open ones by their time of release, ended ones in the order of their end until
// they are forgotten.
//
// Each slot is free or in exactly one list: a second of the calendar (open), or the queue of the
// ended. Forgetting is bounded work done while a logged command is applied, like that of request
// ids. Thread: the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "engine/authorization_index.h"
#include "engine/check.h"
#include "engine/expiry_calendar.h"
#include "engine/free_slots.h"
#include "engine/limits.h"
#include "engine/restore.h"
#include "engine/slot_table.h"
#include "engine/slots.h"

namespace holdfast {

class HoldTable {
 public:
  /// Authorizations in memory.
  [[nodiscard]] std::size_t size() const { return index_.size(); }
  [[nodiscard]] std::uint64_t open() const { return open_; }
  /// Slots that were ever used; a free one has id zero.
  [[nodiscard]] const SlotTable<AuthorizationSlot>& slots() const { return slots_; }
  /// Highest id ever given.
  [[nodiscard]] AuthorizationId last_id() const { return last_id_; }

  [[nodiscard]] SlotNumber find(AuthorizationId id) const { return index_.find(id); }
  [[nodiscard]] AuthorizationSlot& operator[](SlotNumber number) { return slots_[number]; }
  [[nodiscard]] const AuthorizationSlot& operator[](SlotNumber number) const {
    return slots_[number];
  }

  /// Adds what `make()` returns, an AuthorizationSlot, under the next id; open, or ended already (posted
  /// at once). It is built in its place: copies of 128 bytes would be a tenth of an authorization.
  template <class Make>
  SlotNumber add(TimestampNs now, const Make& make) {
    const SlotNumber number = free_.take(slots_);
    AuthorizationSlot& slot = *::new (&slots_[number]) AuthorizationSlot(make());
    last_id_ = last_id_.next();
    slot.id = last_id_;
    const bool is_new = index_.insert(slot.id, number);
    HOLDFAST_CHECK(is_new, "an authorization id is given once");
    if (slot.state == AuthorizationState::open) {
      calendar_.add(slots_, number, slot);
      ++open_;
    } else {
      append_ended(number, now);
    }
    return number;
  }
  /// The open authorization ends; its slot has its last state.
  void end(SlotNumber number, TimestampNs now);
  /// Whether one more fits, once what `forget_due` would forget now is gone.
  [[nodiscard]] bool has_room(const EngineConfig& config, TimestampNs now) const {
    return size() < config.authorizations_max ||
           is_oldest_due(config.authorization_retention_s, now);
  }
  /// Forgets what ended `retention_s` ago or earlier. Only together with a logged command. All that
  /// ended in a second is due at once: one goes with each command, and several only when they are
  /// late by a second, lest payments be slow for the first part of each second.
  void forget_due(std::uint32_t retention_s, TimestampNs now) {
    const bool is_late = is_oldest_due(retention_s + 1, now);
    const std::size_t most = is_late ? limits::forgotten_per_command_max : 1;
    for (std::size_t i = 0; i < most && is_oldest_due(retention_s, now); ++i) forget_oldest();
  }

  /// See ExpiryCalendar.
  [[nodiscard]] std::size_t in_turn(TimestampNs now) { return calendar_.in_turn(now); }
  void due(TimestampNs now, std::size_t most, std::vector<SlotNumber>& out) {
    calendar_.due(slots_, now, most, out);
  }
  void reserve_directory(std::size_t slots) {
    slots_.reserve_directory(slots);
    free_.set_slots_max(slots);
  }
  void prefetch(AuthorizationId id) const { index_.prefetch(id); }
  void prefetch(SlotNumber number) const { slots_.prefetch(number); }

  // For snapshots: the slots, and what is known beside them.
  struct Ends {
    AuthorizationId last_id;
    SlotNumber oldest_ended = kNoSlot;
    SlotNumber youngest_ended = kNoSlot;
  };
  [[nodiscard]] Ends ends() const { return {last_id_, oldest_ended_, youngest_ended_}; }
  [[nodiscard]] SlotTable<AuthorizationSlot>& table() { return slots_; }
  /// The slots are being filled in, and those in [first, end) are: enters them into the index. First
  /// call with `first` 0, then with the `end` before.
  [[nodiscard]] Restored restore_index(SlotNumber first, SlotNumber end);
  /// All slots were filled in: builds the rest but the index. `cards` and `rates`: slots of those
  /// tables. Beside `restore_index` in another thread, if need be.
  [[nodiscard]] Restored restore(const Ends& ends, std::size_t cards, std::size_t rates);

 private:
  [[nodiscard]] bool is_oldest_due(std::uint32_t retention_s, TimestampNs now) const {
    if (retention_s == 0 || oldest_ended_ == kNoSlot) return false;
    const std::uint64_t ended_at_s = slots_[oldest_ended_].ended_at_s;
    return now.ns / kNsPerSecond >= ended_at_s + retention_s;
  }
  void append_ended(SlotNumber number, TimestampNs now);
  void forget_oldest();
  [[nodiscard]] Restored judge_slots(std::size_t cards, std::size_t rates) const;

  SlotTable<AuthorizationSlot> slots_;
  AuthorizationIndex index_;
  ExpiryCalendar calendar_;
  AuthorizationId last_id_;
  std::uint64_t open_ = 0;
  SlotNumber oldest_ended_ = kNoSlot;
  SlotNumber youngest_ended_ = kNoSlot;
  FreeSlots<AuthorizationSlot> free_;
};

}  // namespace holdfast
