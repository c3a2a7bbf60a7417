// Which way of making a log write durable is faster on this disk: measured when a server starts.
//
// Both ways keep the same promise; they differ in how often the disk's cache is flushed and in
// which thread waits. Writes of one sector are made in turns by both, each alone, into a file laid
// out as a segment is. The file loses its name at once, so nothing is left whatever happens, and
// another server on the directory does not notice. Thread: the caller's; blocks for the time given.
#pragma once

#include <cstdint>
#include <string>

#include "persistence/uring_file_io.h"

namespace holdfast::persistence {

struct WriteMethodFigures {
  std::uint64_t dsync_ns = 0;      // median of one durable write
  std::uint64_t fdatasync_ns = 0;  // write_then_fdatasync
  unsigned writes = 0;             // by each
};

/// `dsync` unless the other took at most nine tenths of its time: a smaller difference would change
/// sides from start to start, and nobody could say why.
[[nodiscard]] WriteMethod better_method(const WriteMethodFigures& figures);

/// "write, then linked fdatasync: 121 us against 148 us with RWF_DSYNC (medians of 32 writes)"
[[nodiscard]] std::string text_of(const WriteMethodFigures& figures);

/// Measures in `dir`, made if it is not there, for about `budget_ns`, by 4 writes each at least and
/// 64 at most. An error when the system refuses io_uring or a write fails.
[[nodiscard]] IoResult<WriteMethodFigures> measure_write_methods(const std::string& dir,
                                                                 std::uint64_t budget_ns);

}  // namespace holdfast::persistence
