// The `state` stream of a snapshot: all state that lies in no table.
//
//   StateHeader
//   programs_with_shadows times: ProgramShadowsEntry, then
//     runs times:    ShadowRunEntry, then tallies times ShadowTallyEntry
//     windows times: WindowOriginEntry
//   rule_sets times, in the order in which they were begun: RuleSetEntry, then its rows as the bodies
//     of the commands that brought them: AddCategory, AddControl, AddListItem, AddZoneOffset, each
//     kind in the order of arrival
//
// Little-endian, everything a multiple of 8 bytes; zeroes fill the last page. Lists (the queues of
// forgetting, free slots of counters and rings) run through the slots themselves; here are their
// ends. What is in no list of authorizations, request ids or charges is free: version 1 had lists of
// those, too, whose ends stood where version 2 has `reserved`, and is read like it. Everything but
// the rule sets is written down when the snapshot begins: some 150 bytes, and about 1 KB for each
// shadow that runs. Rule sets may be large, but only grow, so that they are encoded page by page as
// they were at the beginning. Thread: the core's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/command.h"
#include "engine/decision.h"
#include "engine/rule_set.h"
#include "engine/slot_table.h"
#include "engine/snapshot.h"
#include "engine/types.h"
#include "engine/windows.h"

namespace holdfast {

/// "HFSTATE1" in bytes.
inline constexpr std::uint64_t kStateMagic = 0x3145'5441'5453'4648;
inline constexpr std::uint32_t kStateVersion = 2;
inline constexpr std::uint32_t kStateVersionOldest = 1;  // that is read

struct StateHeader {
  std::uint64_t magic = kStateMagic;
  std::uint32_t version = kStateVersion;
  std::uint32_t header_bytes = 0;
  std::uint64_t bytes = 0;  // of the stream
  LogPosition position;
  TimestampNs time;
  EngineConfig config;
  AuthorizationId last_authorization;
  std::uint64_t charges = 0;              // in lists of open authorizations
  std::uint64_t counters_to_look_at = 0;  // by the sweep that is under way
  SlotNumber oldest_ended = kNoSlot;      // authorization
  SlotNumber youngest_ended = kNoSlot;
  SlotNumber reserved = kNoSlot;
  SlotNumber oldest_request = kNoSlot;
  SlotNumber youngest_request = kNoSlot;
  SlotNumber reserved_2 = kNoSlot;
  SlotNumber free_counter = kNoSlot;
  SlotNumber next_look = 0;               // of the sweep: number of a counter
  SlotNumber free_ring = kNoSlot;
  SlotNumber reserved_3 = kNoSlot;
  std::uint32_t programs_with_shadows = 0;
  std::uint32_t rule_sets = 0;
};
static_assert(is_plain_bytes<StateHeader> && sizeof(StateHeader) == 160);

struct ProgramShadowsEntry {
  SlotNumber program = kNoSlot;
  std::uint32_t started = 0;
  std::uint32_t runs = 0;
  std::uint32_t windows = 0;
};
static_assert(is_plain_bytes<ProgramShadowsEntry> && sizeof(ProgramShadowsEntry) == 16);

struct ShadowRunEntry {
  std::uint32_t version = 0;
  std::uint16_t origin = 0;
  std::uint16_t tallies = 0;
  TimestampNs started_at;
  std::uint64_t judged = 0;
  LogPosition first_divergence;
};
static_assert(is_plain_bytes<ShadowRunEntry> && sizeof(ShadowRunEntry) == 32);

struct ShadowTallyEntry {
  Decision active{};
  Decision shadow{};
  std::uint32_t reserved = 0;
  std::uint64_t count = 0;
  Money amount;
};
static_assert(is_plain_bytes<ShadowTallyEntry> && sizeof(ShadowTallyEntry) == 24);

struct WindowOriginEntry {
  std::uint16_t control = 0;
  ControlScope scope{};
  std::uint8_t reserved = 0;
  std::uint16_t origin = 0;
  std::uint16_t reserved2 = 0;
  WindowShape shape;
  std::uint32_t reserved3 = 0;
};
static_assert(is_plain_bytes<WindowOriginEntry> && sizeof(WindowOriginEntry) == 24);

struct RuleSetEntry {
  BeginRuleSet announced;
  std::uint32_t categories = 0;  // rows that follow
  std::uint32_t controls = 0;
  std::uint32_t list_items = 0;
  std::uint32_t zone_offsets = 0;
  std::uint64_t was_activated = 0;  // 1: yes
};
static_assert(is_plain_bytes<RuleSetEntry> && sizeof(RuleSetEntry) == 48);
static_assert(sizeof(AddCategory) % 8 == 0 && sizeof(AddControl) % 8 == 0 &&
              sizeof(AddListItem) % 8 == 0 && sizeof(AddZoneOffset) % 8 == 0);

template <class T>
void append_bytes(std::vector<std::byte>& out, const T& value) {
  static_assert(is_plain_bytes<T>);
  const std::size_t at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

/// Encodes the stream, a page at a time.
class StateWriter {
 public:
  /// `opening`: header and shadows; the header's `bytes` and `rule_sets` are filled in here. All
  /// rule sets of now will follow; they outlive this, and are being captured as long as it lives.
  StateWriter(std::vector<std::byte> opening, const RuleSets& rule_sets);

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t pages() const {
    return (bytes_ + kSnapshotPageBytes - 1) / kSnapshotPageBytes;
  }
  /// The next page; stays the same until `advance`. Not all pages were written.
  [[nodiscard]] const std::byte* page();
  void advance();
  [[nodiscard]] std::uint32_t next_page() const { return next_page_; }

 private:
  void encode_more();

  const RuleSets& rule_sets_;
  std::uint64_t bytes_ = 0;
  std::uint32_t rule_sets_total_ = 0;
  std::vector<std::byte> encoded_;  // not told yet
  std::size_t told_ = 0;            // of them
  std::uint32_t next_page_ = 0;
  std::uint32_t next_set_ = 0;
  RuleSetProgress set_;             // the one whose rows are being encoded
  std::size_t next_row_ = 0;        // over all kinds
};

}  // namespace holdfast
