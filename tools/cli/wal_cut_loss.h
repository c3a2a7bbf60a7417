// Looks through a log for `wal cut`: where it would be cut, and what would be lost. Reads only;
// goes on behind damage, as `wal verify` does. Thread: the only one.
#pragma once

#include <cstdint>
#include <vector>

#include "persistence/posix_file_io.h"
#include "persistence/segments.h"
#include "persistence/wal_format.h"
#include "tools/cli/wal_cut.h"

namespace holdfast::tools {

struct CutPlan {
  persistence::Identity identity;
  LogPosition log_first;             // first position in the files
  std::uint64_t segment_number = 0;  // that the log then ends in
  std::uint64_t offset = 0;          // of the first byte that is not kept
  /// The block that the position stands in the middle of, shortened to what is kept; its place is
  /// `offset`. Empty: the position ends a block.
  std::vector<std::byte> shortened_payload;
  persistence::BlockHeader shortened;
  CutLoss loss;
};

/// Fails when the log cannot be read up to the position, or ends before it.
[[nodiscard]] CutPlan plan_cut(persistence::FileIo& io, const std::string& dir, LogPosition after);

}  // namespace holdfast::tools
