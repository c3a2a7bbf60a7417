// Writes and reads one snapshot file; see snapshot_format.h for its bytes.
//
// The writer makes a file under a temporary name; it is no snapshot before `SnapshotFileReader` has
// read it back whole and it was renamed (snapshot_writer.h does both). The reader believes nothing:
// it is `whole` only when every part was good, every page of the plan came exactly once, and the
// file ends behind its footer. Thread: any one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/snapshot.h"
#include "persistence/file_io.h"
#include "persistence/snapshot_format.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {

struct SnapshotFile {
  LogPosition position;  // by its name
  std::string name;
};
/// The snapshots of a directory by position, without temporary files.
/// What they hold is not looked at.
[[nodiscard]] IoResult<std::vector<SnapshotFile>> list_snapshots(FileIo& io,
                                                                 const std::string& dir);

class SnapshotFileWriter {
 public:
  /// Makes the file (emptied if it is there) and writes its header.
  /// The plan must fit a header page.
  [[nodiscard]] static IoResult<SnapshotFileWriter> create(FileIo& io, const std::string& path,
                                                           const SnapshotHeaderPage& header);
  /// The same into a file that is there, over what it holds: no space is asked for or given back
  /// but for the difference. EWOULDBLOCK: someone reads it still, and nothing was changed.
  [[nodiscard]] static IoResult<SnapshotFileWriter> reuse(FileIo& io, const std::string& path,
                                                          const SnapshotHeaderPage& header);
  SnapshotFileWriter(SnapshotFileWriter&& other) noexcept;
  SnapshotFileWriter& operator=(SnapshotFileWriter&&) = delete;
  /// Closes the file.
  ~SnapshotFileWriter();

  /// `bytes`: room for the header page, and the pages that `names` tells behind it; written to the
  /// file with the header page filled in. Memory aligned for direct I/O.
  [[nodiscard]] IoResult<void> add_packet(std::span<const SnapshotPageName> names,
                                          std::span<std::byte> bytes);
  /// Footer, then sync: all of it is on stable storage, under the name it was made by.
  [[nodiscard]] IoResult<void> finish();

  [[nodiscard]] std::uint64_t bytes() const { return offset_; }

 private:
  SnapshotFileWriter(FileIo& io, File file, const SnapshotHeaderPage& header);
  [[nodiscard]] static IoResult<SnapshotFileWriter> begin(FileIo& io, const std::string& path,
                                                          OpenMode mode,
                                                          const SnapshotHeaderPage& header);
  [[nodiscard]] SnapshotPartHead next_head(SnapshotPart part, std::size_t count) const;
  [[nodiscard]] IoResult<void> write_part(std::span<std::byte> bytes);

  FileIo& io_;
  File file_;
  SnapshotHeaderPage header_;
  Checksum previous_;
  std::uint64_t offset_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t pages_ = 0;
  std::array<std::uint64_t, kSnapshotTablesMax> table_pages_{};
};

/// What is wrong with a snapshot file, as recovery tells cases apart.
enum class SnapshotFault : std::uint8_t {
  none,
  io,             // the system said no
  header,         // no header, or a damaged one
  newer_version,  // of the format
  foreign,        // of another log
  misnamed,       // its name tells another position than its header
  body,           // a part behind the header is not what was written
};

class SnapshotFileReader {
 public:
  enum class Step : std::uint8_t { packet, whole, bad };

  /// `log_id`: which log it must be of; nothing: any.
  SnapshotFileReader(FileIo& io, std::string path, std::optional<LogId> log_id);
  ~SnapshotFileReader();
  SnapshotFileReader(const SnapshotFileReader&) = delete;
  SnapshotFileReader& operator=(const SnapshotFileReader&) = delete;

  /// Opens the file and reads its header. `position`: the one that its name tells; nothing: any.
  /// False: `fault` tells why.
  [[nodiscard]] bool begin(std::optional<LogPosition> position);
  /// The next packet; `whole` only once and at the end, `bad` if `fault` is something.
  [[nodiscard]] Step next();

  [[nodiscard]] const SnapshotPlan& plan() const { return plan_; }
  [[nodiscard]] const SnapshotHeaderPage& header() const { return header_; }
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }
  /// Bytes read and found good.
  [[nodiscard]] std::uint64_t bytes() const { return offset_; }

  /// Of the part read last. After `whole` it speaks for all of the file: the parts are chained.
  [[nodiscard]] Checksum last_checksum() const { return previous_; }

  /// Of the packet just read; until the next call.
  [[nodiscard]] std::span<const SnapshotPageName> names() const;
  /// The pages named, end to end.
  [[nodiscard]] std::span<const std::byte> pages() const;
  /// Takes the memory that the packet just read lies in, so that it stays, and gives the reader
  /// other memory of kSnapshotPacketBytesMax for the next one.
  void exchange_memory(AlignedBytes& memory) { memory_.swap(memory); }

  [[nodiscard]] SnapshotFault fault() const { return fault_; }
  [[nodiscard]] const Finding& finding() const { return finding_; }
  /// With SnapshotFault::io.
  [[nodiscard]] const IoError& io_error() const { return io_error_; }

 private:
  [[nodiscard]] bool is_bad(SnapshotFault fault, std::string reason);
  [[nodiscard]] bool is_io_error(const IoError& error);
  // Reads and judges the part at `offset_`; true: head_ and bytes_ are it.
  [[nodiscard]] bool take_part(SnapshotFault fault);
  [[nodiscard]] bool take_header(std::optional<LogPosition> position);
  [[nodiscard]] bool note_pages();
  [[nodiscard]] bool take_footer();
  [[nodiscard]] std::optional<std::size_t> table_index(SnapshotTable table) const;

  FileIo& io_;
  const std::string path_;
  const std::optional<LogId> log_id_;
  File file_;
  std::uint64_t file_bytes_ = 0;
  AlignedBytes memory_;
  std::span<const std::byte> part_;  // of memory_
  SnapshotPartHead head_;
  SnapshotHeaderPage header_;
  SnapshotPacketPage packet_;
  SnapshotPlan plan_;
  Checksum previous_;
  std::uint64_t offset_ = 0;
  std::uint64_t sequence_ = 0;
  std::vector<std::vector<bool>> seen_;  // by table, by page
  std::vector<std::uint64_t> table_pages_;
  SnapshotFault fault_ = SnapshotFault::none;
  Finding finding_;
  IoError io_error_;
};

}  // namespace holdfast::persistence
