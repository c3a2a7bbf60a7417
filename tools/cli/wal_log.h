// The log of a data directory as the `wal` subcommands see it: opened for reading only, walked block
// by block, with every trouble turned into a `Failure` that says what to do.
//
// Needs no lock and may run beside a server that writes. Thread: the only one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/posix_file_io.h"
#include "persistence/segments.h"
#include "persistence/wal_reader.h"
#include "persistence/wal_survey.h"
#include "tools/cli/failure.h"

namespace holdfast::tools {

class WalLog {
 public:
  /// Reads the identity; fails with `no_input` if `dir` holds no log that can be read. `archive_dir`
  /// holds older segments of the same log; empty: none.
  explicit WalLog(std::string dir, const std::string& archive_dir = "");

  [[nodiscard]] const std::string& dir() const { return dir_; }
  [[nodiscard]] const persistence::Identity& identity() const { return identity_; }
  [[nodiscard]] persistence::WalReader& reader() { return *reader_; }

  struct SegmentSize {
    std::uint64_t number = 0;
    std::string name;
    std::uint64_t bytes = 0;
  };
  /// All segments, spare ones too.
  [[nodiscard]] const std::vector<SegmentSize>& segments() const { return segments_; }
  [[nodiscard]] std::uint64_t segments_bytes() const;

  /// Takes the next block: true with a block, false at the end. Fails on damage and on I/O errors.
  [[nodiscard]] bool next_block();

  using EachRecord = std::function<bool(const persistence::Record&)>;
  /// The records of the block just taken, until `each` returns false. Fails when one is not readable.
  void for_each_record(const EachRecord& each);

 private:
  std::string dir_;
  std::unique_ptr<persistence::PosixFileIo> io_;
  persistence::Identity identity_;
  std::vector<SegmentSize> segments_;
  std::unique_ptr<persistence::WalReader> reader_;
};

/// "wal-0000000000000001.log at offset 8192: no block was written here yet: the log ends here".
[[nodiscard]] std::string end_text(const persistence::EndOfLog& end);
/// The log ends in what a crash left, not acknowledged, to be cut at the next start.
[[nodiscard]] bool has_torn_tail(const persistence::EndOfLog& end);

/// All that is in the log and all that is wrong with it. Fails only when there is no log to look at.
[[nodiscard]] persistence::LogSurvey survey(const std::string& dir);

/// Exit 66: files cannot be read.
[[nodiscard]] Failure unreadable(const persistence::IoError& error);
/// Exit 1: what is there is not what was written.
[[nodiscard]] Failure damaged(const persistence::Finding& finding);
/// What an operator does about damage.
inline constexpr std::string_view kDamageAdvice =
    "Do not start holdfastd on it. Keep a copy of the directory as it is, then restore it from a "
    "copy or a standby; holdfast wal dump --to POSITION still shows what is before the damage.";

/// A line that counts on a terminal and is silent anywhere else.
class Progress {
 public:
  /// `verb`: "replayed".
  Progress(std::string_view verb, std::uint64_t bytes_total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// To be called once a block.
  void block(std::uint64_t records, std::uint64_t bytes);

 private:
  void clear();
  const std::string verb_;
  const std::uint64_t bytes_total_;
  const bool terminal_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t shown_at_ns_ = 0;
  bool shown_ = false;
};

/// Nanoseconds of a clock that never goes back.
[[nodiscard]] std::uint64_t monotonic_ns();

}  // namespace holdfast::tools
