// A second directory that keeps whole log segments for good, so that history can be replayed from
// the first command after the server has let its own files go.
//
// A segment is copied under a temporary name, synced, read back, every block of the copy checked
// (checksum, place, chain), renamed, the directory synced: only then it is kept. A segment that is
// there already must be the same, byte for byte. The directory holds `identity` too, so that tools
// read an archive like a data directory. Thread: any one thread; all calls block.
#pragma once

#include <cstdint>
#include <string>

#include "persistence/file_io.h"
#include "persistence/segments.h"

namespace holdfast::persistence {

class SegmentArchive {
 public:
  /// Makes the directory if need be, removes what a crash left half copied, and writes `identity`;
  /// an error that says so when the archive is another log's.
  [[nodiscard]] static IoResult<SegmentArchive> open(FileIo& io, std::string dir,
                                                     const Identity& identity);

  /// Keeps segment `number` of the data directory `from`, which must be full.
  [[nodiscard]] IoResult<void> keep(const std::string& from, std::uint64_t number);

  [[nodiscard]] const std::string& dir() const { return dir_; }

 private:
  SegmentArchive(FileIo& io, std::string dir, LogId log_id);
  [[nodiscard]] IoResult<void> copy(const std::string& from, const std::string& to);
  [[nodiscard]] IoResult<void> check_same(const std::string& from, const std::string& to);
  [[nodiscard]] IoResult<void> check_blocks(const std::string& path, std::uint64_t number);

  FileIo* io_;
  std::string dir_;
  LogId log_id_;
};

}  // namespace holdfast::persistence
