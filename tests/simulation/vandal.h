// Damages copies of a finished log, one thing at a time, in every way that no crash explains, and
// expects recovery to refuse each, by the row of the recovery table that is made for it.
//
// A crash never leaves these, so the lives of a simulation do not reach such rows on an honest
// disk. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "persistence/recovery.h"
#include "persistence/testing/sim_file_io.h"
#include "persistence/wal_format.h"
#include "tests/model/random_source.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/server.h"

namespace holdfast::simulation {

/// Headers of all good blocks of this log in the segment files of a directory, wherever they stand.
[[nodiscard]] std::vector<persistence::BlockHeader> good_blocks(const persistence::SimFileIo& io,
                                                                const std::string& dir,
                                                                LogId log_id);

class Vandal {
 public:
  /// `io`: closed, after a clean stop; it is not changed. `snapshot`: that a start would load.
  Vandal(const persistence::SimFileIo& io, DurabilityOptions options, const Oracle& oracle,
         LogPosition snapshot, std::uint64_t seed, Coverage& coverage);

  /// A few of the acts, drawn. Throws Violation when one is not refused.
  void run();

 private:
  struct Act;
  static const Act kActs[];

  [[nodiscard]] std::vector<std::byte> block_bytes(std::size_t index) const;
  void overwrite(persistence::SimFileIo& io, std::size_t index,
                 std::span<const std::byte> bytes) const;
  /// Changes the header of a block and makes its checksum right again.
  template <class Change>
  void forge(persistence::SimFileIo& io, std::size_t index, Change change) const;
  [[nodiscard]] std::size_t known_block(std::size_t first);
  void note_start(const persistence::RecoveryReport& report);
  void rot(persistence::SimFileIo& io, const std::string& path);

  void flip(persistence::SimFileIo& io);
  void blank(persistence::SimFileIo& io);
  void newer_version(persistence::SimFileIo& io);
  void foreign(persistence::SimFileIo& io);
  void older_block(persistence::SimFileIo& io);
  void next_block(persistence::SimFileIo& io);
  void stale(persistence::SimFileIo& io);
  void fallen_incarnation(persistence::SimFileIo& io);
  void broken_chain(persistence::SimFileIo& io);
  void broken_sequence(persistence::SimFileIo& io);
  void lost_identity(persistence::SimFileIo& io);
  void damaged_identity(persistence::SimFileIo& io);
  void lost_segment(persistence::SimFileIo& io);
  void damaged_snapshot(persistence::SimFileIo& io);
  void all_snapshots_damaged(persistence::SimFileIo& io);
  void lost_snapshot(persistence::SimFileIo& io);
  void lost_end(persistence::SimFileIo& io);
  void leftovers(persistence::SimFileIo& io);

  const persistence::SimFileIo& io_;
  DurabilityOptions options_;
  const Oracle& oracle_;
  model::RandomSource random_;
  Coverage& coverage_;
  std::vector<persistence::BlockHeader>
      blocks_;  // of the log, in order, as far as recovery reads it
  std::size_t first_ = 0;                         // of them that no snapshot covers
  std::size_t known_ = 0;                         // the first so many are known to be durable
  std::vector<std::string> segments_;             // paths, from the one that recovery begins with
  std::vector<std::string> snapshots_;            // paths, oldest first
};

}  // namespace holdfast::simulation
