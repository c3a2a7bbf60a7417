// What of a log lies in a directory, by the first block of each segment: where it begins, and how
// much there is to read. Cheap: 4 KiB of each file are looked at, and nothing is judged.
//
// Beside a running server the answer is of the moment. Thread: no state beyond the value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/types.h"
#include "persistence/segments.h"

namespace holdfast::tools {

struct LogExtent {
  struct Part {
    std::uint64_t segment = 0;  // number
    LogPosition first;          // of the first record in it
    std::uint64_t bytes = 0;    // of its blocks; of the last one as far as it was written then
  };
  /// Segments in which the log stands, without spare ones.
  std::vector<Part> parts;
  /// First position that the directory can tell; nothing: no good block stands at its front.
  std::optional<LogPosition> first;

  /// Bytes of the segments that hold positions above `after`, and begin with one up to `through`.
  /// Segments below `segment_min` are not counted.
  [[nodiscard]] std::uint64_t bytes_between(LogPosition after, std::optional<LogPosition> through,
                                            std::uint64_t segment_min = 0) const;
};

/// A segment that goes away meanwhile is left out.
[[nodiscard]] persistence::IoResult<LogExtent> extent_of(persistence::FileIo& io,
                                                         const std::string& dir, LogId log_id);

}  // namespace holdfast::tools
