// The journal of one server: appends records to the open block, writes blocks, and knows how far
// durable reaches.
//
// Group commit without a timer: `append` fills the open block; `pump` seals and submits it as soon
// as a write slot is free, so that quiet makes latency and load makes batches. Blocks are a ring in
// log order:
//
//      oldest                                    open
//   [under way] [done] [under way] [full] [full] [filling] [free] [free]
//
// Invariants: each block stands right behind the one before, or at the front of the next segment; a
// block's place is known and reserved when it is opened, so that what was appended always has
// room on disk; segments are filled to their last byte; a sector is written once; durable is the
// contiguous prefix of completed writes; after a failed or short write nothing more becomes
// durable. The last kReserveBytes of a segment are used only when the next one is ready: empty
// blocks (see `mark_durable`) still have room while the volume is full. They leave the last sector,
// so that a segment that is full proves that there was a next one (see log_end.h).
//
// Thread: one, the core, for every call but the constructor and the destructor. `close` is the way
// to end; a writer destroyed without it leaves the log as a crash would.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/journal.h"
#include "engine/limits.h"
#include "persistence/file_io.h"
#include "persistence/segment_preparer.h"
#include "persistence/wal_format.h"

namespace holdfast::persistence {

/// Where the next block goes and what it continues; from recovery.
struct LogTail {
  LogId log_id;
  std::uint64_t incarnation = 1;        // of this writer: above any that stands in the files
  PreparedSegment segment;              // the one to go on in
  std::uint64_t offset = 0;             // of the next block in it, up to `segment.bytes`
  std::uint64_t next_block = 1;
  Checksum previous_checksum;           // of the last block
  LogPosition position;                 // last in the log; all up to it is durable
};

struct WriterOptions {
  std::string dir;  // for messages
  /// Blocks that may be under way at once, 1..limits::wal_writes_in_flight_max.
  std::size_t writes_in_flight = 4;
  /// What has to gather before it is written beside a write under way; 0: one record is enough.
  std::size_t write_beside_bytes = limits::wal_write_beside_bytes;
};

struct WriterCounters {
  std::uint64_t blocks = 0;          // submitted; one write each
  std::uint64_t empty_blocks = 0;    // of them without records
  std::uint64_t bytes = 0;           // submitted, with headers and padding
  std::uint64_t records = 0;         // submitted
  std::uint64_t block_records_max = 0;
  std::uint64_t segments = 0;        // filled
  std::uint64_t waits_for_segment = 0;  // times that a block could not be opened for want of one
  std::uint64_t waits_for_buffer = 0;   // times that all blocks of the ring were in use
};

class WalWriter {
 public:
  /// Takes over `tail.segment.file`. The first `pump` writes a block, if need be without records,
  /// so that the new incarnation is durable and bears witness to all that recovery showed.
  WalWriter(FileIo& io, WriterOptions options, std::unique_ptr<SegmentPreparer> preparer,
            const LogTail& tail);
  ~WalWriter();
  WalWriter(const WalWriter&) = delete;
  WalWriter& operator=(const WalWriter&) = delete;

  // The journal, see engine/journal.h.
  [[nodiscard]] JournalState state() const { return state_; }
  void append(const Command& command, const Outcome& outcome);
  std::size_t pump();
  [[nodiscard]] LogPosition appended_through() const { return appended_through_; }
  [[nodiscard]] LogPosition submitted_through() const { return submitted_through_; }
  [[nodiscard]] LogPosition durable_through() const { return durable_through_; }
  void note_idle() { mark_durable(); }
  [[nodiscard]] std::uint64_t bytes_written() const { return counters_.bytes; }
  [[nodiscard]] std::uint64_t writes() const { return counters_.blocks; }

  /// True when all that was appended is durable and no write is under way.
  [[nodiscard]] bool is_idle() const;
  /// For an idle core: if the last durable records have no block behind them yet that says so,
  /// submits an empty one, so that later damage to them is told from a torn tail. Returns whether
  /// it did (then `pump` until idle).
  bool mark_durable();
  /// Makes all that was appended durable, marks it, and closes the segment. Waits. False (see
  /// `failure`) when that could not be done. Nothing may be called after it but accessors.
  bool close();

  /// Why `state` is failed or no_space, for a person; empty otherwise.
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const WriterCounters& counters() const { return counters_; }
  [[nodiscard]] LogId log_id() const { return log_id_; }
  [[nodiscard]] std::uint64_t incarnation() const { return incarnation_; }
  [[nodiscard]] SegmentPreparer& segments() { return *preparer_; }

 private:
  // Twice the writes: blocks can fill while as many are under way.
  static constexpr std::size_t kBlocks = 2 * limits::wal_writes_in_flight_max;
  static constexpr std::uint64_t kReserveBytes = 16 * limits::wal_sector_bytes;
  static_assert(limits::wal_segment_bytes_min >= limits::wal_block_bytes_max + kReserveBytes);

  enum class Stage : std::uint8_t { free, filling, full, under_way, done };
  struct Block {
    Stage stage = Stage::free;
    std::byte* bytes = nullptr;
    std::size_t capacity = 0;  // reserved on disk from `offset`: what the block may grow to
    std::size_t used = 0;      // header room and records
    File file;
    std::uint64_t segment_number = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t offset = 0;
    LogPosition position_first;
    LogPosition position_last;
    std::uint64_t number = 0;            // from here on: known when sealed
    LogPosition durable_in_header;
    std::size_t sealed_bytes = 0;
  };

  [[nodiscard]] Block& open_block() { return blocks_[open_ % kBlocks]; }
  bool try_open_block(bool into_reserve);
  void close_block(Block& block);
  [[nodiscard]] bool has_block_to_submit() const;
  [[nodiscard]] bool has_unwritten_records() const;
  std::size_t submit_pending();
  void seal_and_submit(Block& block);
  std::size_t reap();
  void advance_durable();
  void fail(std::string why);
  void refresh_state();
  void note_starved(bool is_starved);
  void drain();

  FileIo& io_;
  const WriterOptions options_;
  std::unique_ptr<SegmentPreparer> preparer_;
  const LogId log_id_;
  const std::uint64_t incarnation_;
  std::array<Block, kBlocks> blocks_;
  // Counts that only rise; a block's place in the ring is its count modulo kBlocks.
  // oldest_ <= next_to_submit_ <= open_, at most kBlocks apart.
  std::uint64_t oldest_ = 0;          // first that is not durable
  std::uint64_t next_to_submit_ = 0;  // first that is not submitted
  std::uint64_t open_ = 0;            // filling, if `has_open_`; else the next to open
  bool has_open_ = false;
  std::size_t under_way_ = 0;

  JournalState state_ = JournalState::busy;
  bool is_starved_ = false;        // as the preparer knows it
  LogPosition appended_through_;
  LogPosition submitted_through_;
  LogPosition durable_through_;
  std::uint64_t next_block_number_;
  std::uint64_t durable_block_;
  LogPosition marked_durable_;     // the highest durable position that a durable block carries
  Checksum previous_checksum_;
  bool must_write_block_ = true;   // also without records

  PreparedSegment segment_;        // where the next block is opened
  std::uint64_t segment_offset_;
  bool segment_retired_;           // all of `segment_` is written and durable
  bool closed_ = false;
  std::string failure_;
  WriterCounters counters_;
};

static_assert(Journal<WalWriter>);

}  // namespace holdfast::persistence
