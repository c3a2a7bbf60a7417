#include "tools/cli/log_extent.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "persistence/wal_format.h"

namespace holdfast::tools {
namespace {

using persistence::File;
using persistence::FileIo;
using persistence::IoResult;

// Whether blocks of segment `number` stand at `offset` or behind it. Of a file that was used
// before, what follows them is of an earlier number.
IoResult<bool> is_written_at(FileIo& io, File file, std::uint64_t number, std::uint64_t offset,
                             std::span<std::byte> memory) {
  // No block is longer: one begins in here, or nothing does.
  const auto count = io.read_at(file, offset, memory);
  if (!count) return std::unexpected(count.error());
  for (std::size_t at = 0; at + limits::wal_sector_bytes <= *count;
       at += limits::wal_sector_bytes) {
    persistence::BlockHeader header;
    std::memcpy(&header, memory.data() + at, sizeof header);
    if (header.magic != persistence::kBlockMagic) continue;
    return header.segment_number == number && header.offset == offset + at;
  }
  return false;
}

// Found by halving: blocks lie without a gap.
IoResult<std::uint64_t> written_bytes(FileIo& io, File file, std::uint64_t number,
                                      std::uint64_t bytes) {
  const persistence::AlignedBytes memory =
      persistence::allocate_aligned(limits::wal_block_bytes_max);
  std::uint64_t written = 0;  // in sectors
  std::uint64_t end = bytes / limits::wal_sector_bytes;
  while (written < end) {
    const std::uint64_t middle = (written + end) / 2;
    const auto is_written = is_written_at(io, file, number, middle * limits::wal_sector_bytes,
                                          {memory.get(), limits::wal_block_bytes_max});
    if (!is_written) return std::unexpected(is_written.error());
    (*is_written ? written : end) = *is_written ? middle + 1 : middle;
  }
  return written * limits::wal_sector_bytes;
}

IoResult<std::uint64_t> bytes_in(FileIo& io, const persistence::SegmentFile& segment,
                                 bool is_last) {
  const auto file = io.open(segment.path, persistence::OpenMode::read);
  if (!file) return std::unexpected(file.error());
  auto bytes = io.size(*file);
  if (bytes && is_last) bytes = written_bytes(io, *file, segment.number, *bytes);
  io.close(*file);
  return bytes;
}

}  // namespace

IoResult<LogExtent> extent_of(FileIo& io, const std::string& dir, LogId log_id) {
  const auto segments = persistence::list_segments(io, dir);
  if (!segments) return std::unexpected(segments.error());
  LogExtent extent;
  // A new log has one segment and may have nothing in it yet.
  if (!segments->empty() && segments->front().number == 1) extent.first = LogPosition{1};
  for (const persistence::SegmentFile& segment : *segments) {
    const auto front = persistence::read_segment_front(io, log_id, segment);
    if (!front && front.error().error_number == ENOENT) continue;
    if (!front) return std::unexpected(front.error());
    if (!front->has_value()) continue;
    extent.parts.push_back(
        {.segment = segment.number, .first = (*front)->position_first, .bytes = 0});
    if (!extent.first && segment.number == segments->front().number) {
      extent.first = (*front)->position_first;
    }
  }
  for (LogExtent::Part& part : extent.parts) {
    const bool is_last = &part == &extent.parts.back();
    const auto bytes = bytes_in(io, persistence::segment_in(dir, part.segment), is_last);
    if (!bytes && bytes.error().error_number == ENOENT) continue;
    if (!bytes) return std::unexpected(bytes.error());
    part.bytes = *bytes;
  }
  return extent;
}

std::uint64_t LogExtent::bytes_between(LogPosition after, std::optional<LogPosition> through,
                                       std::uint64_t segment_min) const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_covered = i + 1 < parts.size() && parts[i + 1].first <= after.next();
    const bool is_behind = through && parts[i].first > *through;
    if (!is_covered && !is_behind && parts[i].segment >= segment_min) total += parts[i].bytes;
  }
  return total;
}

}  // namespace holdfast::tools
