// The bytes of the write-ahead log: one description shared by writer, reader and tools.
// docs/wal-format.md tells the same with a worked example, held against this by a test.
//
// A segment file is a row of blocks. A block is a header of 128 bytes, records, and zeroes up to a
// whole number of 4 KiB sectors; it is written once, with one write, and never changed. All numbers
// are little-endian. What the header says makes each block self-contained and places it:
//   - `log_id`, `segment_number`, `offset`: a block that stands elsewhere was misdirected, or is
//     what a recycled file held before;
//   - `previous_checksum`, `block_number`, `position_first`: the chain; a lost block breaks it;
//   - `incarnation`: rises each time a writer opens the log, so that what a crash left behind the
//     end of the log can never continue it;
//   - `durable_block`, `durable_position`: what the writer knew to be durable when it sealed the
//     block. A bad block at or below what any good block says here was acknowledged: it is damage.
//     Anything else at the end is a torn tail.
// Thread: pure functions and plain bytes; any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <span>
#include <string>

#include "engine/command.h"
#include "engine/limits.h"
#include "engine/outcome.h"
#include "engine/types.h"

namespace holdfast::persistence {

static_assert(std::endian::native == std::endian::little, "the log is little-endian, as bytes");

inline constexpr std::uint32_t kBlockMagic = 0x4C57'4648;  // "HFWL"
inline constexpr std::uint16_t kWalFormatVersion = 1;

/// XXH3-128 of bytes: finds damage, not forgery.
struct Checksum {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

[[nodiscard]] Checksum checksum_of(std::span<const std::byte> bytes);

struct BlockHeader {
  Checksum checksum;                // of all of the block behind this field, padding included
  Checksum previous_checksum;       // of the block before; zero in the first block of a log
  LogId log_id;
  std::uint32_t magic = 0;
  std::uint16_t format_version = 0;
  std::uint16_t header_bytes = 0;  // where the records begin; a later version may have a longer one
  std::uint32_t block_bytes = 0;    // all of the block: a multiple of 4096
  std::uint32_t payload_bytes = 0;  // of the records
  std::uint64_t incarnation = 0;    // 1 and up
  std::uint64_t segment_number = 0; // 1 and up
  std::uint64_t offset = 0;         // of the block in its segment file
  std::uint64_t block_number = 0;   // 1 and up, one more than the block before
  LogPosition position_first;       // of the first record; without records: of the next one to come
  LogPosition position_last;        // of the last record; without records: position_first - 1
  LogPosition durable_position;     // known durable when this block was sealed; 0: none
  std::uint64_t durable_block = 0;  // the last block known durable when this one was sealed

  [[nodiscard]] std::uint64_t record_count() const {
    return position_last.value + 1 - position_first.value;
  }
};
static_assert(is_plain_bytes<BlockHeader>);
static_assert(sizeof(BlockHeader) == limits::wal_block_header_bytes);
static_assert(offsetof(BlockHeader, checksum) == 0 &&
              offsetof(BlockHeader, previous_checksum) == 16);
static_assert(offsetof(BlockHeader, log_id) == 32 && offsetof(BlockHeader, magic) == 48);
static_assert(offsetof(BlockHeader, format_version) == 52);
static_assert(offsetof(BlockHeader, header_bytes) == 54 &&
              offsetof(BlockHeader, block_bytes) == 56);
static_assert(offsetof(BlockHeader, payload_bytes) == 60 &&
              offsetof(BlockHeader, incarnation) == 64);
static_assert(offsetof(BlockHeader, segment_number) == 72 && offsetof(BlockHeader, offset) == 80);
static_assert(offsetof(BlockHeader, block_number) == 88 &&
              offsetof(BlockHeader, position_first) == 96);
static_assert(offsetof(BlockHeader, position_last) == 104);
static_assert(offsetof(BlockHeader, durable_position) == 112);
static_assert(offsetof(BlockHeader, durable_block) == 120);

/// Stands before each record. The position of a record is not stored: it is the block's
/// `position_first` plus the record's index in the block.
struct RecordHeader {
  std::uint16_t record_bytes = 0;   // this header, the command, the outcome, zeroes up to 8
  std::uint16_t kind = 0;           // CommandKind
  std::uint16_t command_bytes = 0;  // request id (16) and the body of this kind
  std::uint16_t outcome_bytes = 0;  // the first kOutcomeLoggedBytes of an Outcome
  TimestampNs timestamp;            // logged time of the decision
};
static_assert(is_plain_bytes<RecordHeader>);
static_assert(sizeof(RecordHeader) == limits::wal_record_header_bytes);
static_assert(offsetof(RecordHeader, kind) == 2 && offsetof(RecordHeader, command_bytes) == 4);
static_assert(offsetof(RecordHeader, outcome_bytes) == 6 && offsetof(RecordHeader, timestamp) == 8);

inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::size_t kCommandBytesMax = sizeof(Command) - offsetof(Command, request_id);
/// The most that `encode_record` touches; a block has this much room or is full.
inline constexpr std::size_t kRecordRoomBytes =
    sizeof(RecordHeader) + kCommandBytesMax + kOutcomeLoggedBytes;
static_assert(kRecordRoomBytes <= limits::wal_record_bytes_max);
static_assert(limits::wal_block_header_bytes + kRecordRoomBytes <= limits::wal_sector_bytes);
static_assert(kOutcomeLoggedBytes % kRecordAlignment == 0);
// Request id and body are neighbours in a Command, so that a record takes them with one copy.
static_assert(offsetof(Command, body) == offsetof(Command, request_id) + sizeof(RequestId));
#define HOLDFAST_BODY_ALIGNED(name, number, type, member) \
  static_assert(sizeof(type) % kRecordAlignment == 0, "records need no padding");
HOLDFAST_COMMANDS(HOLDFAST_BODY_ALIGNED)
#undef HOLDFAST_BODY_ALIGNED

/// Writes the record of `command` and `outcome` (its `time` becomes the record's) to `out`, which
/// has room for kRecordRoomBytes: bytes behind the record may be overwritten with anything.
/// Returns the bytes of the record. The command's kind must be one of HOLDFAST_COMMANDS.
[[nodiscard]] inline std::size_t encode_record(std::byte* out, const Command& command,
                                               const Outcome& outcome) {
  const std::size_t command_bytes = sizeof(RequestId) + command_body_bytes(command.kind);
  const std::size_t record_bytes = sizeof(RecordHeader) + command_bytes + kOutcomeLoggedBytes;
  const RecordHeader header{.record_bytes = static_cast<std::uint16_t>(record_bytes),
                            .kind = static_cast<std::uint16_t>(command.kind),
                            .command_bytes = static_cast<std::uint16_t>(command_bytes),
                            .outcome_bytes = static_cast<std::uint16_t>(kOutcomeLoggedBytes),
                            .timestamp = outcome.time};
  std::memcpy(out, &header, sizeof header);
  // A copy of constant length is a few vector moves; the outcome then covers what was too much. The
  // end that only the longest commands have is copied for them alone: in a server it is a cache line
  // more, which the network thread's processor has.
  constexpr std::size_t kMost = sizeof(RequestId) + sizeof(Authorize);
  const auto* from = reinterpret_cast<const std::byte*>(&command) + offsetof(Command, request_id);
  std::memcpy(out + sizeof header, from, kMost);
  if (command_bytes > kMost) [[unlikely]] {
    std::memcpy(out + sizeof header + kMost, from + kMost, kCommandBytesMax - kMost);
  }
  std::memcpy(out + sizeof header + command_bytes, &outcome, kOutcomeLoggedBytes);
  return record_bytes;
}

/// One record, as the engine knows it: `outcome.position` and `outcome.time` are filled in.
struct Record {
  Command command;
  Outcome outcome;
};

/// Reads the record at the front of `bytes`, which has the given position; sets `record_bytes` to
/// its length. A shorter body or outcome (an older writer's) is filled up with zeroes; a longer one
/// must have zeroes in what is not known here. The error says what is wrong, for a person.
[[nodiscard]] std::expected<Record, std::string> decode_record(std::span<const std::byte> bytes,
                                                               LogPosition position,
                                                               std::size_t& record_bytes);

/// Bytes of a block with this much payload.
[[nodiscard]] constexpr std::size_t block_bytes_for(std::size_t payload_bytes) {
  const std::size_t bytes = limits::wal_block_header_bytes + payload_bytes;
  return (bytes + limits::wal_sector_bytes - 1) / limits::wal_sector_bytes *
         limits::wal_sector_bytes;
}

/// Completes the block in `block` whose records stand behind room for the header: fills magic,
/// version, lengths and checksum into `header`, zeroes the padding, and writes the header to the
/// front. `block` has room for block_bytes_for(header.payload_bytes); returns that.
std::size_t seal_block(std::span<std::byte> block, BlockHeader& header);

/// What can be said of the bytes where a block should stand, without knowing the log around it.
struct BlockCheck {
  bool blank = false;        // the first sector is all zeroes: never written
  bool magic_ok = false;
  bool lengths_ok = false;   // make sense; implies magic_ok
  bool checksum_ok = false;  // implies lengths_ok
  bool version_ok = false;   // this code can read it
  BlockHeader header;        // to be believed only if checksum_ok

  [[nodiscard]] std::span<const std::byte> payload(std::span<const std::byte> block) const {
    return block.subspan(header.header_bytes, header.payload_bytes);
  }
};

/// Looks at the block at the front of `bytes` (which may hold more, or too little).
[[nodiscard]] BlockCheck check_block(std::span<const std::byte> bytes);

}  // namespace holdfast::persistence
