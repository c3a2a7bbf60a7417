// What a snapshot is made of, and the way from the core to whoever writes it.
//
// A snapshot is all state at one log position, taken while the engine goes on deciding. State lives
// in dense tables; the image of a table is its slots as bytes, cut into pages of 4 KiB, and beside
// the tables one stream of bytes (`SnapshotTable::state`) holds the little that is in none. The core
// copies a few pages a turn into packets; a page that is about to change before its turn is copied
// first. So pages come in any order, each exactly once. Indexes are not in it: they are built from
// the slots when it is loaded.
//
// Threads: a sink's calls below are the core's and never wait; what a sink does with full packets is
// its own thread's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "engine/types.h"

namespace holdfast {

inline constexpr std::size_t kSnapshotPageBytes = 4096;
/// With the header page in front, a packet is 256 KiB: one large write.
inline constexpr std::size_t kSnapshotPagesPerPacket = 63;

/// Stable numbers: they stand in snapshot files.
enum class SnapshotTable : std::uint16_t {
  state = 0,  // settings, rule sets, list heads: see engine/snapshot_state
  accounts = 1,
  cards = 2,
  programs = 3,
  authorizations = 4,
  requests = 5,
  counters = 6,
  rings = 7,
  charges = 8,
  rates = 9,
};

/// For people; empty for a number that is not in the list (bytes from outside).
[[nodiscard]] constexpr std::string_view name_of(SnapshotTable table) {
  switch (table) {
    case SnapshotTable::state: return "state";
    case SnapshotTable::accounts: return "accounts";
    case SnapshotTable::cards: return "cards";
    case SnapshotTable::programs: return "programs";
    case SnapshotTable::authorizations: return "authorizations";
    case SnapshotTable::requests: return "requests";
    case SnapshotTable::counters: return "counters";
    case SnapshotTable::rings: return "rings";
    case SnapshotTable::charges: return "charges";
    case SnapshotTable::rates: return "rates";
  }
  return {};
}

/// How much of a table there is at the snapshot's position.
struct SnapshotTableSize {
  SnapshotTable table{};
  std::uint16_t reserved = 0;
  std::uint32_t slot_bytes = 0;  // 1 for `state`
  std::uint64_t slots = 0;
  std::uint64_t pages = 0;       // that hold them
};
static_assert(is_plain_bytes<SnapshotTableSize> && sizeof(SnapshotTableSize) == 24);

/// Known when it begins.
struct SnapshotPlan {
  LogPosition position;  // the state is that after this command
  TimestampNs time;      // of that command
  std::vector<SnapshotTableSize> tables;
  /// That one command may change, by the rule sets in force (engine/command_pages.h): the sink has
  /// packets for at least so many.
  std::size_t pages_per_command = 1;
};

struct SnapshotPageName {
  SnapshotTable table{};
  std::uint16_t reserved = 0;
  std::uint32_t page = 0;
};
static_assert(is_plain_bytes<SnapshotPageName> && sizeof(SnapshotPageName) == 8);

/// Ends of what counts, for people and for the schedule.
struct SnapshotReport {
  LogPosition newest_position;       // of the newest one that counts; zero: there is none
  TimestampNs newest_time;           // of that command
  std::uint64_t newest_bytes = 0;    // its file
  std::uint64_t completed = 0;       // since start
  std::uint64_t failed = 0;          // since start: begun and did not come to count
};

/// Pages on their way. The memory is the sink's, page aligned; `pages` has room for
/// kSnapshotPagesPerPacket.
struct SnapshotPacket {
  std::uint32_t count = 0;
  std::array<SnapshotPageName, kSnapshotPagesPerPacket> names;
  std::byte* pages = nullptr;
};

/// What the core wants a packet for.
enum class SnapshotPacketUse : std::uint8_t {
  in_turn,  // pages that can wait: the sink gives none when it is far enough behind already
  ahead,    // pages that are about to change, and commands wait for it: the sink gives all it has
};

/// Why a snapshot does not begin now. Stable numbers: they stand in the protocol.
enum class SnapshotDelay : std::uint8_t {
  none = 0,
  under_way = 1,      // another one is
  being_written = 2,  // the sink has the pages of the one before, but has not ended it
  making_memory = 3,  // the sink makes packets for this one
};

/// Each snapshot that `begin` accepted ends with one call of `finish` or `abandon`; no packet is the
/// core's any more then.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;

  /// With an error nothing begins; asking again some 100 ms later is soon enough. A sink that cannot
  /// write begins all the same, and says so by `has_failed`.
  [[nodiscard]] virtual std::expected<void, SnapshotDelay> begin(const SnapshotPlan& plan) = 0;
  /// An empty packet, or null when none is free now (the writer is behind).
  [[nodiscard]] virtual SnapshotPacket* take_packet(SnapshotPacketUse use) = 0;
  /// The packet is the sink's again; with `count` zero there is nothing in it.
  virtual void put_packet(SnapshotPacket* packet) = 0;
  /// All pages were put, and the log is durable up to the plan's position: it may count now.
  virtual void finish() = 0;
  /// It will not be complete: the reason, for a person.
  virtual void abandon(std::string_view why) = 0;
  /// Something went wrong with what was begun; the core stops copying and abandons it.
  [[nodiscard]] virtual bool has_failed() const = 0;
  /// Packets with pages that were put and are not written yet.
  [[nodiscard]] virtual std::uint64_t packets_waiting() const = 0;
  /// As it is now; called on the core's thread.
  [[nodiscard]] virtual SnapshotReport report() const = 0;
};

/// When the core begins one by itself.
struct SnapshotPolicy {
  /// After so many bytes of log since the last one began; 0: not by size.
  std::uint64_t log_bytes = 1024ULL * 1024 * 1024;
  /// So long after the last one began, if anything was logged since; 0: not by time.
  std::uint64_t interval_ns = 0;
  /// Log bytes behind the newest snapshot when the server starts: they count for the first.
  std::uint64_t log_bytes_before = 0;
};

enum class SnapshotPhase : std::uint8_t {
  none = 0,
  copying = 1,
  copied = 2,    // all pages are the sink's; it waits for the log
};

struct SnapshotProgress {
  SnapshotPhase phase{};
  LogPosition position;
  std::uint64_t pages = 0;          // of the snapshot
  std::uint64_t pages_copied = 0;
  std::uint64_t pages_ahead = 0;    // of them: before their turn, because they were to change
  std::uint64_t pages_waiting = 0;  // of those copied: for the writer, up to what packets hold
};

}  // namespace holdfast
