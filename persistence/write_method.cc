#include "persistence/write_method.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <vector>

#include "engine/limits.h"
#include "engine/types.h"

namespace holdfast::persistence {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWriteBytes = limits::wal_sector_bytes;
constexpr unsigned kWarmUp = 2, kWritesMin = 4, kWritesMax = 64;
constexpr std::uint64_t kFileBytes = 2 * (kWarmUp + kWritesMax) * kWriteBytes;

std::uint64_t median_of(std::vector<std::uint64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// One of the two, with the file open through it.
struct Way {
  std::unique_ptr<UringFileIo> io;
  File file;
  std::span<std::byte> buffer;
  std::vector<std::uint64_t> taken_ns;
};

IoResult<Way> open_way(const std::string& path, WriteMethod method) {
  auto io = UringFileIo::make({.write_method = method});
  if (!io) return std::unexpected(io.error());
  const auto file = (*io)->open(path, OpenMode::log_write);
  if (!file) return std::unexpected(file.error());
  Way way{.io = std::move(*io), .file = *file, .buffer = {}, .taken_ns = {}};
  way.buffer = way.io->make_write_buffer(kWriteBytes);
  std::memset(way.buffer.data(), 0xA5, kWriteBytes);  // a disk may treat zeroes as nothing
  return way;
}

/// Lays the file out, opens it by both ways and takes its name away.
IoResult<std::array<Way, 2>> open_both(const std::string& dir) {
  const auto plain = PosixFileIo::make();
  if (!plain) return std::unexpected(plain.error());
  if (const auto made = (*plain)->make_directories(dir); !made) {
    return std::unexpected(made.error());
  }
  const std::string path =
      join_path(dir, fmt::format("write-method-{}{}", ::getpid(), kTemporarySuffix));
  const auto file = (*plain)->open(path, OpenMode::create);
  if (!file) return std::unexpected(file.error());
  const AlignedBytes zeroes = allocate_aligned(kFileBytes);
  auto done = (*plain)->write_at(*file, 0, {zeroes.get(), kFileBytes});
  if (done) done = (*plain)->sync(*file);
  auto dsync = open_way(path, WriteMethod::dsync);
  auto fdatasync = open_way(path, WriteMethod::write_then_fdatasync);
  const auto gone = (*plain)->unlink(path);
  (*plain)->close(*file);
  if (!done) return std::unexpected(done.error());
  if (!dsync) return std::unexpected(dsync.error());
  if (!fdatasync) return std::unexpected(fdatasync.error());
  if (!gone) return std::unexpected(gone.error());
  return std::array<Way, 2>{std::move(*dsync), std::move(*fdatasync)};
}

IoResult<std::uint64_t> write_once(Way& way, std::uint64_t offset) {
  const Clock::time_point began = Clock::now();
  const auto submitted =
      way.io->submit_write({.file = way.file, .offset = offset, .bytes = way.buffer});
  if (!submitted) return std::unexpected(submitted.error());
  WriteCompletion completion;
  while (way.io->poll({&completion, 1}) == 0) way.io->park(kNsPerSecond);
  if (completion.error_number != 0) {
    return std::unexpected(
        make_io_error("a file for measuring", "write", completion.error_number));
  }
  return static_cast<std::uint64_t>((Clock::now() - began) / std::chrono::nanoseconds(1));
}

}  // namespace

WriteMethod better_method(const WriteMethodFigures& figures) {
  return figures.fdatasync_ns * 10 <= figures.dsync_ns * 9 ? WriteMethod::write_then_fdatasync
                                                           : WriteMethod::dsync;
}

std::string text_of(const WriteMethodFigures& figures) {
  const bool is_dsync = better_method(figures) == WriteMethod::dsync;
  const auto us = [](std::uint64_t ns) { return (ns + 500) / 1000; };
  return is_dsync
             ? fmt::format("write with RWF_DSYNC: {} us against {} us with a linked fdatasync "
                           "(medians of {} writes)",
                           us(figures.dsync_ns), us(figures.fdatasync_ns), figures.writes)
             : fmt::format("write, then linked fdatasync: {} us against {} us with RWF_DSYNC "
                           "(medians of {} writes)",
                           us(figures.fdatasync_ns), us(figures.dsync_ns), figures.writes);
}

IoResult<WriteMethodFigures> measure_write_methods(const std::string& dir,
                                                   std::uint64_t budget_ns) {
  auto ways = open_both(dir);
  if (!ways) return std::unexpected(ways.error());
  const Clock::time_point end = Clock::now() + std::chrono::nanoseconds(budget_ns);
  IoResult<WriteMethodFigures> figures;
  std::uint64_t offset = 0;
  for (unsigned turn = 0; figures && turn < kWarmUp + kWritesMax; ++turn) {
    if (turn >= kWarmUp + kWritesMin && Clock::now() >= end) break;
    for (Way& way : *ways) {
      const auto taken_ns = write_once(way, offset);
      offset += kWriteBytes;
      if (!taken_ns) {
        figures = std::unexpected(taken_ns.error());
        break;
      }
      if (turn >= kWarmUp) way.taken_ns.push_back(*taken_ns);
    }
  }
  for (Way& way : *ways) way.io->close(way.file);
  if (!figures) return figures;
  return WriteMethodFigures{.dsync_ns = median_of((*ways)[0].taken_ns),
                            .fdatasync_ns = median_of((*ways)[1].taken_ns),
                            .writes = static_cast<unsigned>((*ways)[0].taken_ns.size())};
}

}  // namespace holdfast::persistence
