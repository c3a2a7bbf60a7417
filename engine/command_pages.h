// How many pages of the tables one command may change: what a snapshot under way must have room for
// before the command is applied.
//
// Derived from the limits and the sizes of slots. What a payment counts in windows depends on the
// rule sets in force, so that part is asked for by their number of windows: a server without controls
// needs no packets for 17 rule sets of 64 windows. Not bounded here: an authorization that was
// raised many times, or counted under more windows than are in force now, has a longer list of
// charges, and its end may change more pages (see `PageOutbox`). A test holds random and the largest
// commands to these figures. Thread: constants.
#pragma once

#include <cstddef>

#include "engine/charges.h"
#include "engine/counter_table.h"
#include "engine/limits.h"
#include "engine/slots.h"
#include "engine/snapshot.h"

namespace holdfast {

/// Pages that one slot may lie in: one, if slots fill pages without a rest.
template <class Slot>
inline constexpr std::size_t kPagesOfSlot = kSnapshotPageBytes % sizeof(Slot) == 0 ? 1 : 2;

/// Without what is counted in windows.
inline constexpr std::size_t kPlainCommandPages = [] {
  constexpr std::size_t kForgotten = limits::forgotten_per_command_max;
  constexpr std::size_t accounts = 3 * kPagesOfSlot<AccountSlot>;  // both sides and settlement
  constexpr std::size_t things = kPagesOfSlot<CardSlot> + kPagesOfSlot<ProgramSlot> + 2;  // a rate
  // Its own, three neighbours in the calendar or the queue of the ended, those forgotten.
  constexpr std::size_t holds = (1 + 3 + kForgotten) * kPagesOfSlot<AuthorizationSlot>;
  // Its answer, tombstones of its own id and of the one it names, the youngest before each, and those
  // forgotten or put behind the youngest again.
  constexpr std::size_t requests =
      (1 + 2 + 3 + limits::request_ids_looked_at_max + 1) * kPagesOfSlot<RequestSlot>;
  constexpr std::size_t swept =
      kForgotten * (kPagesOfSlot<CounterSlot> + kPagesOfSlot<RingSlot>);
  return accounts + things + holds + requests + swept;
}();
static_assert(kPlainCommandPages <= 5 * kSnapshotPagesPerPacket, "few packets, if none counts");

/// With each window: the counter, its ring, and what the authorization is charged.
inline constexpr std::size_t kPagesPerWindow =
    kPagesOfSlot<CounterSlot> + kPagesOfSlot<RingSlot> + kPagesOfSlot<ChargeSlot>;

/// Windows that one payment counts in at most: of the active rule set and each shadow.
inline constexpr std::size_t kWindowsMax = limits::controls_max * (1 + limits::shadows_max);

[[nodiscard]] constexpr std::size_t command_pages(std::size_t windows) {
  return kPlainCommandPages + windows * kPagesPerWindow;
}
inline constexpr std::size_t kCommandPagesMax = command_pages(kWindowsMax);

[[nodiscard]] constexpr std::size_t packets_for_pages(std::size_t pages) {
  return (pages + kSnapshotPagesPerPacket - 1) / kSnapshotPagesPerPacket;
}

}  // namespace holdfast
