// How long a request waits for a log that writes one block after another: for the rest of the write
// under way, then for its own. No server with one log answers an open loop sooner, however little
// else it does, unless the disk makes two writes durable sooner than one after the other.
//
// Requests are only thought of, one each `kArrival_ns`; what is measured is the writes. Thread: one
// owner; a probe belongs to the thread that made it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/floors/bare_ring.h"
#include "bench/floors/scratch_file.h"
#include "bench/histogram.h"
#include "bench/result.h"
#include "persistence/file_io.h"

namespace holdfast::bench {

/// Records what requests waited that came during a write of `under_way_ns`, at its beginning and
/// each `step_ns` later, for its end and for the `next_ns` of the one behind it.
void record_group_commit(std::uint64_t under_way_ns, std::uint64_t next_ns, std::uint64_t step_ns,
                         Histogram& waited_ns);

class GroupCommitProbe {
 public:
  static constexpr std::uint64_t kArrival_ns = 5'000;

  /// Durable writes of `write_bytes` (whole sectors), as the log's default makes them: io_uring,
  /// RWF_DSYNC. `file` outlives the probe.
  [[nodiscard]] static Result<GroupCommitProbe> make(ScratchFile& file, std::size_t write_bytes);
  /// Writes for so long, at least twice, and records what requests would have waited.
  [[nodiscard]] Result<void> run(std::uint64_t duration_ns, Histogram& waited_ns);

 private:
  GroupCommitProbe(ScratchFile& file, std::size_t write_bytes, BareRing ring);

  ScratchFile* file_;
  std::size_t write_bytes_;
  BareRing ring_;
  persistence::AlignedBytes bytes_;
};

}  // namespace holdfast::bench
