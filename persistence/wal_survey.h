// Looks over a whole log for people and tools: what is in each segment, and everything that is
// wrong, without stopping at the first problem. Reads only, needs no lock.
//
// Beside a running server the answer is of the moment: the end moves on meanwhile.
// Thread: any one thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "persistence/file_io.h"
#include "persistence/segments.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {

enum class SegmentState : std::uint8_t {
  full,     // the log went on to the next one
  current,  // the log ends in it, or will go on in it
  spare,    // laid out or recycled, nothing of the log in it
};
[[nodiscard]] std::string_view segment_state_name(SegmentState state);

struct SegmentSummary {
  std::uint64_t number = 0;
  std::string name;
  std::uint64_t file_bytes = 0;
  SegmentState state = SegmentState::spare;
  std::uint64_t blocks = 0;
  std::uint64_t empty_blocks = 0;  // of them without records
  std::uint64_t records = 0;
  std::uint64_t used_bytes = 0;    // of blocks
  LogPosition position_first;      // zero: no record
  LogPosition position_last;
  TimestampNs time_first;          // logged times of those
  TimestampNs time_last;
  std::uint64_t incarnation_first = 0;
  std::uint64_t incarnation_last = 0;
};

struct LogSurvey {
  Identity identity;  // zero but for `log_id` (from a block) if the file is missing or damaged
  std::vector<SegmentSummary> segments;
  /// What is wrong, in the order of the log. Empty: the log is good, and a server would start.
  std::vector<Finding> problems;
  /// What is worth knowing and not wrong: a torn tail, temporary files.
  std::vector<std::string> notes;
  EndOfLog end;  // meaningful if the walk came to an end (`problems` empty: always)
};

/// Told after each block.
using SurveyProgress = std::function<void(std::uint64_t records, std::uint64_t bytes)>;

/// Reads every block and record. An error only when the directory cannot be read at all.
/// `start_after`: positions that a snapshot holds; zero: those of the newest one in the directory,
/// by its name, so that log which was let go is not missed.
[[nodiscard]] IoResult<LogSurvey> survey_log(FileIo& io, const std::string& dir,
                                             LogPosition start_after = {},
                                             const SurveyProgress& on_block = {});

/// Where a record stands, for dumps.
struct RecordPlace {
  std::uint64_t segment_number = 0;
  std::uint64_t block_offset = 0;
  std::uint64_t block_number = 0;
  std::uint64_t incarnation = 0;
};

/// Calls `each` for every record in order until it returns false or the log ends. The error names
/// the first problem: the log as a server would read it ends there, and it would refuse to start.
[[nodiscard]] std::expected<EndOfLog, Finding> read_log(
    FileIo& io, const std::string& dir, LogPosition start_after,
    const std::function<bool(const Record&, const RecordPlace&)>& each);

}  // namespace holdfast::persistence
