#include "persistence/log_end.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "persistence/segments.h"

namespace holdfast::persistence {
namespace {

IoResult<std::uint64_t> file_bytes_of(FileIo& io, const std::string& path) {
  const auto file = io.open(path, OpenMode::read);
  if (!file) return std::unexpected(file.error());
  const auto bytes = io.size(*file);
  io.close(*file);
  return bytes;
}

struct SizedSegment {
  SegmentFile file;
  std::uint64_t bytes = 0;
};

IoResult<std::vector<SizedSegment>> sized_segments(FileIo& io, const std::string& dir) {
  const auto listed = list_segments(io, dir);
  if (!listed) return std::unexpected(listed.error());
  std::vector<SizedSegment> segments;
  for (const SegmentFile& segment : *listed) {
    const auto bytes = file_bytes_of(io, segment.path);
    if (!bytes && bytes.error().error_number == ENOENT) continue;  // just let go
    if (!bytes) return std::unexpected(bytes.error());
    segments.push_back({segment, *bytes});
  }
  return segments;
}

// The last thing read in `segment` is a block that begins in the file and ends beyond it.
IoResult<bool> reaches_beyond(FileIo& io, const SizedSegment& segment, std::uint64_t offset) {
  if (offset + limits::wal_sector_bytes > segment.bytes) return false;
  const auto file = io.open(segment.file.path, OpenMode::read);
  if (!file) return std::unexpected(file.error());
  std::vector<std::byte> front(limits::wal_sector_bytes);
  const auto count = io.read_at(*file, offset, front);
  io.close(*file);
  if (!count) return std::unexpected(count.error());
  const BlockCheck check = check_block(std::span(front).first(*count));
  return check.lengths_ok && offset + check.header.block_bytes > segment.bytes;
}

}  // namespace

IoResult<std::optional<Finding>> objection_to_end(FileIo& io, const std::string& dir,
                                                  std::uint64_t configured_bytes,
                                                  const EndOfLog& end) {
  const auto segments = sized_segments(io, dir);
  if (!segments) return std::unexpected(segments.error());
  const auto said = [](const SegmentFile& file, std::uint64_t offset, std::string reason) {
    return std::optional(Finding{.path = file.path, .offset = offset, .reason = std::move(reason)});
  };
  for (const SizedSegment& segment : *segments) {
    if (segment.file.number > end.segment_number || is_segment_length(segment.bytes)) continue;
    return said(segment.file, segment.bytes,
                fmt::format("the segment was cut short: it has {} bytes, and every one has at "
                            "least {}, in whole sectors; what stood behind is gone",
                            segment.bytes, limits::wal_segment_bytes_min));
  }
  const SegmentFile next = segment_in(dir, end.segment_number + 1);
  if (end.row == nullptr) {
    const auto there = file_bytes_of(io, next.path);  // named while the directory was listed
    if (!there && there.error().error_number != ENOENT) return std::unexpected(there.error());
    if (!there) {
      return said(segment_in(dir, end.segment_number), end.offset,
                  fmt::format("the segment is full, and the next one, {}, is missing: a server "
                              "fills none before the next is there",
                              next.name));
    }
  }
  for (const SizedSegment& segment : *segments) {
    if (segment.file.number == end.segment_number && end.row != nullptr) {
      const auto beyond = reaches_beyond(io, segment, end.offset);
      if (!beyond) return std::unexpected(beyond.error());
      if (*beyond) {
        return said(segment.file, end.offset,
                    "a block begins here that is longer than what is left of the segment: the file "
                    "was cut short");
      }
    }
    if (end.offset != 0 || segment.file.number + 1 != end.segment_number) continue;
    const bool is_usual =
        segment.bytes == configured_bytes ||
        std::ranges::count(*segments, segment.bytes, &SizedSegment::bytes) > 1;
    if (!is_usual) {
      return said(segment.file, segment.bytes,
                  fmt::format("the log ends with the last byte of this segment, which has {} bytes "
                              "and no other one has: the file was cut short",
                              segment.bytes));
    }
  }
  return std::nullopt;
}

}  // namespace holdfast::persistence
