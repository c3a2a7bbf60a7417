// The log of a data directory as the `wal` subcommands see it: opened for reading only, walked block
// by block, with every trouble turned into a `Failure` that says what to do.
//
// It may lie in several directories: archives hold older segments, the data directory the newest.
// They are read one after the other; records that two of them hold are told once, and a gap between
// them is damage.
//
// Needs no lock and may run beside a server that writes. Thread: the only one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "persistence/posix_file_io.h"
#include "persistence/segments.h"
#include "persistence/wal_reader.h"
#include "persistence/wal_survey.h"
#include "tools/cli/failure.h"
#include "tools/cli/log_extent.h"
#include "tools/cli/wal_options.h"

namespace holdfast::tools {

/// Where reading a log begins.
struct LogBeginning {
  /// Positions up to this one are known from elsewhere (a snapshot): they are not told and need not
  /// be there. Zero: the log must begin with its first command.
  LogPosition after;
  /// Wherever the files begin, for who looks and decides nothing.
  bool anywhere = false;
};

/// Kind of the failure when a running server has let go of what was being read: begin again.
inline constexpr std::string_view kLetGo = "let_go";

class WalLog {
 public:
  /// Reads the identity; fails with `no_input` if a directory holds no log that can be read, and as
  /// damage if one holds another log.
  explicit WalLog(LogPlace place, LogBeginning beginning = {});
  explicit WalLog(std::string dir) : WalLog(LogPlace{.dir = std::move(dir), .archives = {}}) {}

  /// The data directory.
  [[nodiscard]] const std::string& dir() const { return place_.dir; }
  [[nodiscard]] const LogPlace& place() const { return place_; }
  [[nodiscard]] const persistence::Identity& identity() const { return identity_; }
  [[nodiscard]] persistence::WalReader& reader() { return *reader_; }
  [[nodiscard]] persistence::FileIo& io() { return *io_; }

  /// First position in the files of the data directory, and of all directories. Nothing: nothing good
  /// stands at the front.
  [[nodiscard]] std::optional<LogPosition> first_in_dir() const { return extents_.back().first; }
  [[nodiscard]] std::optional<LogPosition> first() const;

  /// What there is to read, at most; `until`: nothing behind that position will be read.
  [[nodiscard]] std::uint64_t bytes_ahead(std::optional<LogPosition> until = {}) const;

  /// From here on. Before the first block is taken.
  void begin(LogBeginning beginning);

  /// Takes the next block: true with a block, false at the end. Fails on damage and on I/O errors;
  /// with kind "let_go" when a running server has let go of what was being read.
  [[nodiscard]] bool next_block();
  /// From now on damage is noted and reading goes on behind it, for who looks and decides nothing.
  void skip_damage() { skips_damage_ = true; }
  [[nodiscard]] const std::vector<persistence::Finding>& skipped() const { return skipped_; }

  using EachRecord = std::function<bool(const persistence::Record&)>;
  /// The records of the block just taken, until `each` returns false. Fails when one is not readable.
  void for_each_record(const EachRecord& each);

 private:
  void open_directory(std::size_t at);
  void check_continues() const;

  bool skips_damage_ = false;
  std::vector<persistence::Finding> skipped_;
  LogPlace place_;
  std::vector<std::string> dirs_;    // archives, then the data directory
  std::vector<LogExtent> extents_;   // of dirs_
  LogBeginning beginning_;
  std::size_t dir_first_ = 0;        // that reading begins with
  std::size_t dir_at_ = 0;           // that `reader_` reads
  std::unique_ptr<persistence::PosixFileIo> io_;
  persistence::Identity identity_;
  LogPosition told_through_;         // nothing up to this position is told (again)
  std::optional<persistence::EndOfLog> before_;  // end of the directory before
  std::unique_ptr<persistence::WalReader> reader_;
};

/// "wal-0000000000000001.log at offset 8192: no block was written here yet: the log ends here".
[[nodiscard]] std::string end_text(const persistence::EndOfLog& end);
/// The log ends in what a crash left, not acknowledged, to be cut at the next start.
[[nodiscard]] bool has_torn_tail(const persistence::EndOfLog& end);

/// Which log a directory is of. Fails when there is no directory, or none that holds a log.
[[nodiscard]] persistence::Identity identity_of(persistence::FileIo& io, const std::string& dir);

/// All that is in the log and all that is wrong with it. Fails only when there is no log to look at.
[[nodiscard]] persistence::LogSurvey survey(const std::string& dir);

/// Exit 66: files cannot be read.
[[nodiscard]] Failure unreadable(const persistence::IoError& error);
/// Exit 1: what is there is not what was written.
[[nodiscard]] Failure damaged(const persistence::Finding& finding);
/// What an operator does about damage.
inline constexpr std::string_view kDamageAdvice =
    "Do not start holdfastd on it. Keep a copy of the directory as it is, then put the file back from "
    "a backup, the archive or a standby, or run holdfast restore BACKUP NEW; holdfast wal dump DIR "
    "--to POSITION still shows what is before the damage.";

}  // namespace holdfast::tools
