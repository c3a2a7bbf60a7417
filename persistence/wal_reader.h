// Reads the log of a data directory block by block, and judges what it finds by the recovery table.
//
// Reads only, needs no lock, and may run beside a server that writes: what is not written yet is
// the end, and a block that looks bad is read a second time before it is called damage. A segment
// that the server lets go meanwhile is read on in the archive, or else an error that says so. Used
// by recovery and by the tools. Thread: any one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "persistence/file_io.h"
#include "persistence/recovery_table.h"
#include "persistence/segments.h"
#include "persistence/wal_format.h"

namespace holdfast::persistence {

/// A place in the log's files and what is to be said about it.
struct Finding {
  std::string path;
  std::uint64_t offset = 0;
  std::string reason;
  /// "PATH at offset OFFSET: REASON"
  [[nodiscard]] std::string text() const;
};

/// What stands behind the place where the log ends: of no use but as a witness.
struct BehindTheEnd {
  std::uint64_t blocks = 0;            // good blocks of this log with a number not passed yet
  std::uint64_t records = 0;           // in them
  std::uint64_t durable_block = 0;     // highest that any good block of this log says
  std::uint64_t incarnation_max = 0;   // highest of any good block of this log
  Finding witness;                     // the block that says `durable_block`
};

/// Where the log ends, after `Step::end`.
struct EndOfLog {
  std::uint64_t segment_number = 0;
  std::uint64_t offset = 0;
  std::uint64_t next_block = 1;
  Checksum previous_checksum;
  LogPosition position;               // last in the log; zero: none
  std::uint64_t incarnation_max = 0;  // of all good blocks, also behind the end
  // Why it ends here; null: the segments are full to the last byte.
  const RecoveryRow* row = nullptr;
  BehindTheEnd behind;
};

struct ReaderOptions {
  /// Positions up to this one are in a snapshot: the log may begin with any position up to the next
  /// one; segments that hold only such positions are not read. Zero: there is no snapshot, the log
  /// must begin with position 1.
  LogPosition start_after = {};
  /// Read from the first segment all the same.
  bool read_covered = false;
  /// Holds segments from before the first one of the directory; empty: none.
  std::string archive_dir = {};
};

class WalReader {
 public:
  enum class Step : std::uint8_t {
    block,   // header(), payload(), segment_number(), offset() tell of it
    end,     // end() tells where the log ends
    damage,  // damage() tells what; `skip_damage` goes on behind it, for tools
    error,   // io_error() tells what the system said
  };

  /// `log_id`: from the identity file. The directory must have at least one segment.
  WalReader(FileIo& io, std::string dir, LogId log_id, ReaderOptions options);
  ~WalReader();
  WalReader(const WalReader&) = delete;
  WalReader& operator=(const WalReader&) = delete;

  [[nodiscard]] Step next_block();

  [[nodiscard]] const BlockHeader& header() const { return header_; }
  /// Records of the block; until the next call.
  [[nodiscard]] std::span<const std::byte> payload() const { return payload_; }
  /// All of the block as it stands in the file; until the next call.
  [[nodiscard]] std::span<const std::byte> block() const { return block_; }
  [[nodiscard]] std::uint64_t segment_number() const { return block_segment_; }
  [[nodiscard]] std::uint64_t offset() const { return header_.offset; }
  [[nodiscard]] const std::string& path() const { return block_path_; }
  /// Length of the file that the block stands in, in whole sectors.
  [[nodiscard]] std::uint64_t segment_bytes() const { return block_segment_bytes_; }

  [[nodiscard]] const EndOfLog& end() const { return end_; }
  [[nodiscard]] const Finding& damage() const { return damage_; }
  [[nodiscard]] const IoError& io_error() const { return io_error_; }
  /// After `error`: the running server has let go of the segment that was read; what it held is in
  /// a snapshot, and reading from that one on goes well.
  [[nodiscard]] bool was_let_go() const { return was_let_go_; }

  /// After `damage`: goes on with the next good block of this log that stands in its place with a
  /// number not passed yet, whatever is lost between. False: there is none.
  [[nodiscard]] bool skip_damage();

  /// Segments as of the last look at the directory.
  [[nodiscard]] const std::vector<SegmentFile>& segments() const { return segments_; }

 private:
  struct Window;
  // What the next block must continue.
  struct Last {
    std::uint64_t number = 0;
    std::uint64_t incarnation = 0;
    Checksum checksum;
    LogPosition position;
    bool anchored = true;  // false: take the next block as it is (start of a shortened log)
  };

  enum class Found : std::uint8_t { yes, moved, error };

  bool look_at_directory();
  bool open_segment();
  bool find_start();
  [[nodiscard]] Found find_current();
  [[nodiscard]] BlockFacts facts_of(const BlockCheck& check) const;
  void accept(const BlockCheck& check, std::span<const std::byte> bytes);
  std::optional<BehindTheEnd> look_behind(std::uint64_t segment_index, std::uint64_t offset);
  Step judge_place();
  Step refuse(std::string reason);
  Step io_failed(IoError error);
  std::optional<BlockCheck> read_place(std::span<const std::byte>& bytes);

  FileIo& io_;
  const std::string dir_;
  const LogId log_id_;
  const ReaderOptions options_;
  std::unique_ptr<Window> window_;   // of the segment that is read
  std::vector<SegmentFile> segments_;
  std::size_t segment_index_ = 0;
  std::uint64_t offset_ = 0;         // where the next block should stand
  std::uint64_t incarnation_max_ = 0;
  Last last_;
  bool begun_ = false;

  BlockHeader header_;
  std::span<const std::byte> payload_;
  std::span<const std::byte> block_;
  std::uint64_t block_segment_ = 0;
  std::uint64_t block_segment_bytes_ = 0;
  std::string block_path_;
  EndOfLog end_;
  Finding damage_;
  IoError io_error_;
  bool was_let_go_ = false;
};

/// Walks the records of one good block. `each(const Record&)` returns false to stop. The error says
/// which position cannot be read and why; it also covers a wrong number of records.
template <class Each>
[[nodiscard]] std::expected<void, std::string> for_each_record(const BlockHeader& header,
                                                               std::span<const std::byte> payload,
                                                               Each&& each) {
  LogPosition position = header.position_first;
  while (!payload.empty()) {
    std::size_t record_bytes = 0;
    auto record = decode_record(payload, position, record_bytes);
    if (!record) {
      return std::unexpected("the record of position " + std::to_string(position.value) +
                             " cannot be read: " + record.error());
    }
    if (!each(*record)) return {};
    payload = payload.subspan(record_bytes);
    position = position.next();
  }
  if (position != header.position_last.next()) {
    return std::unexpected("the block announces positions " +
                           std::to_string(header.position_first.value) + " to " +
                           std::to_string(header.position_last.value) +
                           " but its records end before " + std::to_string(position.value));
  }
  return {};
}

}  // namespace holdfast::persistence
