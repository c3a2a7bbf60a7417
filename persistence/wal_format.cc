#include "persistence/wal_format.h"

#define XXH_INLINE_ALL  // the length of most blocks is small enough for the call to count
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "engine/check.h"

namespace holdfast::persistence {
namespace {

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

bool lengths_make_sense(const BlockHeader& header) {
  return header.header_bytes >= sizeof(BlockHeader) && header.block_bytes > 0 &&
         header.block_bytes % limits::wal_sector_bytes == 0 &&
         header.block_bytes <= limits::wal_block_bytes_max &&
         std::size_t{header.header_bytes} + header.payload_bytes <= header.block_bytes;
}

// Copies what is there of a structure that may grow at its end. False: there is more, not zero.
bool take_grown(std::span<const std::byte> from, std::span<std::byte> to) {
  const std::size_t known = std::min(from.size(), to.size());
  std::copy_n(from.begin(), known, to.begin());
  return all_zero(from.subspan(known));
}

}  // namespace

Checksum checksum_of(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {.low = hash.low64, .high = hash.high64};
}

std::size_t seal_block(std::span<std::byte> block, BlockHeader& header) {
  const std::size_t end = sizeof(BlockHeader) + header.payload_bytes;
  const std::size_t bytes = block_bytes_for(header.payload_bytes);
  HOLDFAST_CHECK(bytes <= block.size() && bytes <= limits::wal_block_bytes_max,
                 "a block does not fit its buffer");
  header.magic = kBlockMagic;
  header.format_version = kWalFormatVersion;
  header.header_bytes = sizeof(BlockHeader);
  header.block_bytes = static_cast<std::uint32_t>(bytes);
  std::memset(block.data() + end, 0, bytes - end);
  std::memcpy(block.data(), &header, sizeof header);
  header.checksum = checksum_of(block.subspan(sizeof(Checksum), bytes - sizeof(Checksum)));
  std::memcpy(block.data(), &header.checksum, sizeof header.checksum);
  return bytes;
}

BlockCheck check_block(std::span<const std::byte> bytes) {
  BlockCheck check;
  if (bytes.size() < limits::wal_sector_bytes) return check;
  std::memcpy(&check.header, bytes.data(), sizeof check.header);
  check.magic_ok = check.header.magic == kBlockMagic;
  if (!check.magic_ok) {
    check.blank = all_zero(bytes.first(limits::wal_sector_bytes));
    return check;
  }
  check.lengths_ok = lengths_make_sense(check.header);
  if (!check.lengths_ok || check.header.block_bytes > bytes.size()) return check;
  const auto covered =
      bytes.subspan(sizeof(Checksum), check.header.block_bytes - sizeof(Checksum));
  check.checksum_ok = checksum_of(covered) == check.header.checksum;
  check.version_ok = check.checksum_ok && check.header.format_version == kWalFormatVersion;
  return check;
}

std::expected<Record, std::string> decode_record(std::span<const std::byte> bytes,
                                                 LogPosition position, std::size_t& record_bytes) {
  RecordHeader header;
  if (bytes.size() < sizeof header) {
    return std::unexpected(
        fmt::format("{} bytes are left where a record should begin", bytes.size()));
  }
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::size_t parts_bytes =
      sizeof header + std::size_t{header.command_bytes} + header.outcome_bytes;
  if (header.record_bytes > bytes.size() || header.record_bytes % kRecordAlignment != 0 ||
      header.record_bytes > limits::wal_record_bytes_max || parts_bytes > header.record_bytes) {
    return std::unexpected(
        fmt::format("a record of {} bytes with a command of {} and an outcome of {} does not fit "
                    "the {} bytes left",
                    header.record_bytes, header.command_bytes, header.outcome_bytes, bytes.size()));
  }
  const auto kind = static_cast<CommandKind>(header.kind);
  const std::size_t body_bytes = command_body_bytes(kind);
  if (body_bytes == 0) {
    return std::unexpected(
        fmt::format("command kind {} is not known: written by a newer Holdfast?", header.kind));
  }
  if (header.command_bytes < sizeof(RequestId)) {
    return std::unexpected(
        fmt::format("a command of {} bytes has no request id", header.command_bytes));
  }
  Record record;
  record.command.kind = kind;
  const auto command = bytes.subspan(sizeof header, header.command_bytes);
  std::memcpy(&record.command.request_id, command.data(), sizeof(RequestId));
  const bool command_known =
      take_grown(command.subspan(sizeof(RequestId)),
                 std::as_writable_bytes(std::span(record.command.body)).first(body_bytes));
  const bool outcome_known =
      take_grown(bytes.subspan(sizeof header + header.command_bytes, header.outcome_bytes),
                 std::as_writable_bytes(std::span(&record.outcome, 1)).first(kOutcomeLoggedBytes));
  if (!command_known || !outcome_known) {
    return std::unexpected(
        fmt::format("a {} record has fields that are not known: written by a newer Holdfast?",
                    command_name(kind)));
  }
  record.outcome.position = position;
  record.outcome.time = header.timestamp;
  record_bytes = header.record_bytes;
  return record;
}

}  // namespace holdfast::persistence
