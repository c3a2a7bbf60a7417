// What the tests of the log share: commands and outcomes that follow from their position, a log on
// a simulated disk, and the record of what was told durable.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "persistence/recovery.h"
#include "persistence/segments.h"
#include "persistence/testing/sim_file_io.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {

inline const std::string kDir = "/data";
inline constexpr LogId kTestLogId{.low = 0x1122'3344'5566'7788, .high = 0x99AA'BBCC'DDEE'FF00};

/// Every kind in turn, all fields set, all following from `position` and `salt`.
[[nodiscard]] Command make_command(std::uint64_t position, std::uint64_t salt = 0);
[[nodiscard]] Outcome make_outcome(std::uint64_t position, std::uint64_t salt = 0);
/// Empty if equal, else what differs.
[[nodiscard]] std::string difference(const Command& a, const Command& b);

[[nodiscard]] OpenLogOptions test_options();

/// A log that is open, and what it recovered.
struct TestLog {
  RecoveryReport report;
  std::unique_ptr<WalWriter> writer;
  File lock;
  std::vector<Record> recovered;

  /// Appends the next record; the log must be ready.
  void append(std::uint64_t salt = 0);
  /// Appends `count`, pumping (and parking) when need be, all under way or durable at the end.
  void append_many(FileIo& io, std::uint64_t count, std::uint64_t salt = 0);
  /// Pumps until all is durable.
  void flush(FileIo& io);
  void close(FileIo& io);
};

[[nodiscard]] std::expected<TestLog, RecoveryError> open_test_log(
    FileIo& io, const OpenLogOptions& options = test_options());
/// As above, and a failed test with the reason if it does not open.
TestLog must_open(FileIo& io, const OpenLogOptions& options = test_options());

/// The recovered records are positions 1..n in order with the content of `salts` (missing: 0).
void expect_records(const std::vector<Record>& records, std::uint64_t count,
                    const std::vector<std::uint64_t>& salts = {});

/// Headers of the good blocks in a segment file on the simulated disk, wherever they stand.
[[nodiscard]] std::vector<BlockHeader> blocks_in(const SimFileIo& io, std::uint64_t segment);
[[nodiscard]] std::string segment_path(std::uint64_t number);
/// Flips one bit.
void rot(SimFileIo& io, const std::string& path, std::uint64_t offset);

/// Calls `live` with each seed until a test fails: six, or HOLDFAST_CRASH_SEEDS=FIRST:LAST.
void for_each_crash_seed(const std::function<void(std::uint64_t)>& live);

}  // namespace holdfast::persistence
