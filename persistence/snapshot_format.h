// The bytes of a snapshot file: one description shared by writer, reader and tools.
// docs/snapshot-format.md tells the same with a worked example, held against this by a test.
//
//   header page | packet | packet | … | footer page
//
// A packet is a header page that names up to 63 pages of 4 KiB, and these pages. Everything is
// whole pages, little-endian, and covered by a checksum, padding included. `previous_checksum`
// chains each part to the one before, `offset` says where it belongs, so that a lost, repeated or
// misdirected write is found. The footer tells how much there must have been. A file gets its name
// only when it was read back whole, so a name without `.tmp` says that it was good once.
// Thread: pure functions and plain bytes; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/snapshot.h"
#include "engine/types.h"
#include "persistence/wal_format.h"

namespace holdfast::persistence {

inline constexpr std::uint64_t kSnapshotMagic = 0x544F'4853'5041'4E53;  // "SNAPSHOT"
inline constexpr std::uint32_t kSnapshotFormatVersion = 1;
/// Tables that one file may have: what a header page has room for, with some to spare.
inline constexpr std::size_t kSnapshotTablesMax = 64;
inline constexpr std::size_t kSnapshotPacketBytesMax =
    (1 + kSnapshotPagesPerPacket) * kSnapshotPageBytes;
static_assert(kSnapshotPacketBytesMax == 256 * 1024);
static_assert(kSnapshotPageBytes == limits::wal_sector_bytes);

/// What a part of the file is; stands in each part's head.
enum class SnapshotPart : std::uint32_t { header = 1, packet = 2, footer = 3 };

/// At the front of each part.
struct SnapshotPartHead {
  Checksum checksum;           // of all of the part behind this field
  Checksum previous_checksum;  // of the part before; zero in the header
  LogId log_id;
  std::uint64_t magic = 0;
  std::uint32_t format_version = 0;
  SnapshotPart part{};
  LogPosition position;        // of the snapshot
  std::uint64_t offset = 0;    // of this part in its file
  std::uint32_t part_bytes = 0;
  std::uint32_t count = 0;     // tables, or pages
  std::uint64_t sequence = 0;  // 0: header; packets 1 and up; footer: packets + 1
};
static_assert(is_plain_bytes<SnapshotPartHead> && sizeof(SnapshotPartHead) == 96);
static_assert(offsetof(SnapshotPartHead, previous_checksum) == 16);
static_assert(offsetof(SnapshotPartHead, log_id) == 32 && offsetof(SnapshotPartHead, magic) == 48);
static_assert(offsetof(SnapshotPartHead, format_version) == 56);
static_assert(offsetof(SnapshotPartHead, part) == 60 && offsetof(SnapshotPartHead, position) == 64);
static_assert(offsetof(SnapshotPartHead, offset) == 72 &&
              offsetof(SnapshotPartHead, part_bytes) == 80);
static_assert(offsetof(SnapshotPartHead, count) == 84 &&
              offsetof(SnapshotPartHead, sequence) == 88);

struct SnapshotHeaderPage {
  SnapshotPartHead head;
  TimestampNs time;        // logged, of the command at `position`
  TimestampNs taken_at;    // wall clock when it began
  std::uint64_t pages = 0; // of all tables
  SnapshotTableSize tables[kSnapshotTablesMax];  // head.count of them, the rest zero
  std::byte reserved[kSnapshotPageBytes - 120 - kSnapshotTablesMax * sizeof(SnapshotTableSize)] =
      {};
};
static_assert(is_plain_bytes<SnapshotHeaderPage> &&
              sizeof(SnapshotHeaderPage) == kSnapshotPageBytes);
static_assert(offsetof(SnapshotHeaderPage, time) == 96 &&
              offsetof(SnapshotHeaderPage, tables) == 120);

/// The first page of a packet; the pages that it names follow in this order.
struct SnapshotPacketPage {
  SnapshotPartHead head;
  SnapshotPageName names[kSnapshotPagesPerPacket];  // head.count of them, the rest zero
  std::byte reserved[kSnapshotPageBytes - 96 - kSnapshotPagesPerPacket * sizeof(SnapshotPageName)] =
      {};
};
static_assert(is_plain_bytes<SnapshotPacketPage> &&
              sizeof(SnapshotPacketPage) == kSnapshotPageBytes);
static_assert(offsetof(SnapshotPacketPage, names) == 96);

struct SnapshotFooterPage {
  SnapshotPartHead head;        // count: tables
  std::uint64_t packets = 0;
  std::uint64_t pages = 0;      // in them
  std::uint64_t file_bytes = 0; // with this page
  std::uint64_t table_pages[kSnapshotTablesMax] = {};  // in the order of the header's tables
  std::byte reserved[kSnapshotPageBytes - 120 - kSnapshotTablesMax * sizeof(std::uint64_t)] = {};
};
static_assert(is_plain_bytes<SnapshotFooterPage> &&
              sizeof(SnapshotFooterPage) == kSnapshotPageBytes);
static_assert(offsetof(SnapshotFooterPage, packets) == 96);
static_assert(offsetof(SnapshotFooterPage, table_pages) == 120);

/// "snapshot-<16 hexadecimal digits>.snap"
[[nodiscard]] std::string snapshot_name(LogPosition position);
/// The position in a snapshot's name, or nothing if it is not one.
[[nodiscard]] std::optional<LogPosition> parse_snapshot_name(std::string_view name);

/// "accounts"; "table 77" for one that this code does not know.
[[nodiscard]] std::string snapshot_table_name(SnapshotTable table);

/// Fills in magic, version, length and checksum of the part in `bytes`, whose head stands at its
/// front with all else set; returns the checksum.
Checksum seal_snapshot_part(std::span<std::byte> bytes);

/// What can be said of bytes where a part should stand, without knowing the file around it.
struct SnapshotPartCheck {
  bool magic_ok = false;
  bool checksum_ok = false;  // and a length that makes sense; implies magic_ok
  bool version_ok = false;   // this code can read it
  SnapshotPartHead head;     // to be believed only if checksum_ok
};
/// Looks at the part at the front of `bytes` (which may hold more, or too little).
[[nodiscard]] SnapshotPartCheck check_snapshot_part(std::span<const std::byte> bytes);

/// The plan that a header page tells, or what is wrong with it.
[[nodiscard]] std::expected<SnapshotPlan, std::string> plan_of(const SnapshotHeaderPage& page);
/// The reverse; an error when the plan does not fit a header page.
[[nodiscard]] std::expected<SnapshotHeaderPage, std::string> header_page_of(
    const SnapshotPlan& plan, LogId log_id, TimestampNs taken_at);

}  // namespace holdfast::persistence
