// A small log as a server would have written it, for tests of the tools that read logs: real files
// in a temporary directory, real engine, times chosen by the test.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/state_machine.h"
#include "persistence/posix_file_io.h"
#include "persistence/recovery.h"
#include "tests/process/server_process.h"

namespace holdfast::tools {

class WrittenLog {
 public:
  static constexpr std::uint64_t kStartNs = 1'795'348'800 * kNsPerSecond;  // 2026-11-22T12:00Z
  static constexpr std::uint64_t kSegmentBytes = limits::wal_segment_bytes_min;

  explicit WrittenLog(LogId log_id = {.low = 0x1122, .high = 0x3344});
  ~WrittenLog();
  WrittenLog(const WrittenLog&) = delete;
  WrittenLog& operator=(const WrittenLog&) = delete;

  [[nodiscard]] const std::string& dir() const { return directory_.path(); }
  [[nodiscard]] std::string first_segment() const;
  [[nodiscard]] StateMachine& engine() { return engine_; }

  /// Applies the command one second after the one before and appends it if it is to be logged.
  Outcome apply(const Command& command);
  /// Moves the clock: the next command comes one second after this time.
  void set_time(std::uint64_t now_ns) { now_ns_ = now_ns; }
  /// Appends what another engine said, at the next position; its time is kept.
  void append(const Command& command, const Outcome& outcome);
  /// Appends a record that the engine never said: `outcome` as it is, at the next position.
  void append_untrue(const Command& command, Outcome outcome);
  /// Writes the open block, so that what comes next stands in another one.
  void end_block();
  /// Makes all of it durable and ends the writer, as a clean stop does.
  void close();

  /// Accounts 1 and 1001 in GBP, 1000.00 moved, card 4001, 25.00 authorized (id 1), 5000.00
  /// declined, 20.00 captured for good. Seven commands with request ids 1 to 7, one block each.
  void write_a_days_work();

  /// XORs the byte of a closed log's file.
  static void flip_byte(const std::string& path, std::uint64_t offset);

 private:
  test::TemporaryDirectory directory_;
  std::unique_ptr<persistence::PosixFileIo> io_;
  std::unique_ptr<persistence::WalWriter> writer_;
  persistence::File lock_;
  StateMachine engine_;
  std::uint64_t now_ns_ = kStartNs;
};

}  // namespace holdfast::tools
