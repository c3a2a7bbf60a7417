// The log's part of a backup: copies the segments of a data directory and its archive that the
// backup does not have whole, block by block, and notes them in the manifest.
//
// Blocks that the backup has are not copied again but compared: a log that went on in another way
// is an error, and nothing of the backup is written over. Private to back_up. Thread: any one
// thread; blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "persistence/backup.h"
#include "persistence/copy_parts.h"
#include "persistence/log_copy.h"
#include "persistence/segments.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {

class LogBackup {
 public:
  /// All outlive it; `manifest` and `report` get what is copied.
  LogBackup(FileIo& io, const BackupOptions& options, const Identity& identity,
            BackupManifest& manifest, BackupReport& report)
      : io_(io),
        options_(options),
        identity_(identity),
        manifest_(manifest),
        report_(report),
        copy_(io, options.to) {}

  /// One try. True: it came to the end of the log. False: the server let go of log before it was
  /// copied; what was copied whole is kept, the rest is to be looked for anew.
  Copied<bool> copy();

 private:
  struct Plan {
    bool is_any = false;             // there is something that may be new
    LogPosition start_after;
    bool from_the_first = false;
    std::uint64_t segment_last = 0;  // nothing behind it is copied
    std::uint64_t bytes = 0;         // at most
  };
  Copied<Plan> plan();
  Copied<std::optional<Plan>> look(bool is_last_look);
  Copied<bool> copy_blocks(const Plan& plan);
  Copied<bool> come_to_end();
  Copied<void> take_block(const WalReader& reader);
  Copied<void> begin_segment(const WalReader& reader);
  Copied<void> note_block(const WalReader& reader);
  Copied<void> end_segment();
  [[nodiscard]] std::unexpected<CopyError> diverged(const std::string& where) const;
  BackedSegment* find(std::uint64_t number);
  void put(const BackedSegment& segment);

  FileIo& io_;
  const BackupOptions& options_;
  const Identity& identity_;
  BackupManifest& manifest_;
  BackupReport& report_;
  SegmentCopy copy_;
  BackedSegment current_;             // that `copy_` writes
  std::uint64_t bytes_ = 0;           // of blocks, taken or passed
  std::uint64_t passed_segment_ = 0;  // that the last block stood in
};

}  // namespace holdfast::persistence
