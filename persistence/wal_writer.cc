#include "persistence/wal_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "persistence/segments.h"

namespace holdfast::persistence {
namespace {

constexpr std::uint64_t kDrainParkNs = 100'000'000;

}  // namespace

WalWriter::WalWriter(FileIo& io, WriterOptions options, std::unique_ptr<SegmentPreparer> preparer,
                     const LogTail& tail)
    : io_(io),
      options_(std::move(options)),
      preparer_(std::move(preparer)),
      log_id_(tail.log_id),
      incarnation_(tail.incarnation),
      appended_through_(tail.position),
      submitted_through_(tail.position),
      durable_through_(tail.position),
      next_block_number_(tail.next_block),
      durable_block_(tail.next_block - 1),
      previous_checksum_(tail.previous_checksum),
      segment_(tail.segment),
      segment_offset_(tail.offset),
      segment_retired_(tail.offset == tail.segment.bytes) {
  HOLDFAST_CHECK(options_.writes_in_flight >= 1 &&
                     options_.writes_in_flight <= limits::wal_writes_in_flight_max,
                 "log writes in flight out of range");
  HOLDFAST_CHECK(tail.offset <= tail.segment.bytes && tail.offset % limits::wal_sector_bytes == 0 &&
                     tail.segment.bytes % limits::wal_sector_bytes == 0,
                 "the log goes on at a whole sector of its segment");
  const auto memory = io_.make_write_buffer(kBlocks * limits::wal_block_bytes_max);
  for (std::size_t i = 0; i < kBlocks; ++i) {
    blocks_[i].bytes = memory.data() + i * limits::wal_block_bytes_max;
  }
  preparer_->note_used(segment_offset_);
  try_open_block(false);
  refresh_state();
}

WalWriter::~WalWriter() {
  if (closed_) return;
  // Files of blocks that are not durable yet, and the one to go on in.
  std::uint64_t last_closed = 0;
  for (std::uint64_t i = oldest_; i < next_to_submit_; ++i) {
    const Block& block = blocks_[i % kBlocks];
    if (block.segment_number == segment_.number || block.segment_number == last_closed) continue;
    io_.close(block.file);
    last_closed = block.segment_number;
  }
  io_.close(segment_.file);
}

void WalWriter::append(const Command& command, const Outcome& outcome) {
  HOLDFAST_CHECK(state_ == JournalState::ready, "append to a log that is not ready");
  HOLDFAST_CHECK(outcome.position == appended_through_.next(), "log positions have no gap");
  Block& block = open_block();
  block.used += encode_record(block.bytes + block.used, command, outcome);
  appended_through_ = outcome.position;
  if (block.used + kRecordRoomBytes > block.capacity) [[unlikely]] {
    close_block(block);
    try_open_block(false);
    refresh_state();
  }
}

std::size_t WalWriter::pump() {
  std::size_t done = reap();
  if (state_ == JournalState::failed || closed_) return done;
  done += submit_pending();
  if (!has_open_ && state_ != JournalState::failed) {
    if (try_open_block(false)) ++done;
    refresh_state();
  }
  return done;
}

bool WalWriter::is_idle() const {
  return under_way_ == 0 && !has_unwritten_records() && !must_write_block_;
}

bool WalWriter::mark_durable() {
  if (state_ == JournalState::failed || closed_ || !is_idle()) return false;
  if (marked_durable_ >= durable_through_) return false;
  if (!has_open_ && !try_open_block(true)) return false;
  must_write_block_ = true;
  const bool submitted = submit_pending() > 0;
  refresh_state();
  return submitted;
}

bool WalWriter::close() {
  if (closed_) return state_ != JournalState::failed;
  drain();
  if (mark_durable()) drain();
  io_.close(segment_.file);
  closed_ = true;
  if (state_ == JournalState::failed) return false;
  state_ = JournalState::busy;
  return true;
}

// Until nothing is under way; after a failure this only waits for the kernel to let go of the rest.
void WalWriter::drain() {
  pump();
  while (under_way_ > 0 || (has_unwritten_records() && state_ != JournalState::failed)) {
    io_.park(kDrainParkNs);
    pump();
  }
}

bool WalWriter::has_unwritten_records() const {
  if (next_to_submit_ < open_) return true;
  return has_open_ && blocks_[open_ % kBlocks].used > sizeof(BlockHeader);
}

bool WalWriter::has_block_to_submit() const {
  return has_unwritten_records() || (has_open_ && must_write_block_);
}

// Opens the block at the end of the ring, if there is a free one and room on disk for it.
bool WalWriter::try_open_block(bool into_reserve) {
  if (open_ - oldest_ == kBlocks) {
    ++counters_.waits_for_buffer;
    return false;
  }
  if (segment_offset_ == segment_.bytes) {
    const auto next = preparer_->take();
    if (!next) {
      ++counters_.waits_for_segment;
      return false;
    }
    HOLDFAST_CHECK(next->number == segment_.number + 1, "segments are taken in order");
    // Else `advance_durable` closes it, with its last block.
    if (segment_retired_) io_.close(segment_.file);
    segment_retired_ = false;
    segment_ = *next;
    segment_offset_ = 0;
  }
  std::uint64_t room = segment_.bytes - segment_offset_;
  if (room <= limits::wal_block_bytes_max + kReserveBytes && !preparer_->has_spare()) {
    const std::uint64_t kept = into_reserve ? limits::wal_sector_bytes : kReserveBytes;
    if (room <= kept) {
      ++counters_.waits_for_segment;
      return false;
    }
    room -= kept;
  }
  Block& block = open_block();
  block.stage = Stage::filling;
  block.capacity =
      static_cast<std::size_t>(std::min<std::uint64_t>(room, limits::wal_block_bytes_max));
  block.used = sizeof(BlockHeader);
  block.file = segment_.file;
  block.segment_number = segment_.number;
  block.segment_bytes = segment_.bytes;
  block.offset = segment_offset_;
  block.position_first = appended_through_.next();
  has_open_ = true;
  return true;
}

// Nothing more goes into the open block: its length, and so the place of the next one, is known.
void WalWriter::close_block(Block& block) {
  block.stage = Stage::full;
  block.position_last = appended_through_;
  block.sealed_bytes = block_bytes_for(block.used - sizeof(BlockHeader));
  segment_offset_ = block.offset + block.sealed_bytes;
  preparer_->note_used(segment_offset_);
  has_open_ = false;
  ++open_;
}

std::size_t WalWriter::submit_pending() {
  std::size_t submitted = 0;
  while (state_ != JournalState::failed && under_way_ < options_.writes_in_flight &&
         has_block_to_submit()) {
    Block& block = blocks_[next_to_submit_ % kBlocks];
    const bool may_wait = under_way_ > 0 && block.stage == Stage::filling;
    if (may_wait && block.used < options_.write_beside_bytes) break;
    if (block.stage == Stage::filling) close_block(block);
    seal_and_submit(block);
    if (state_ == JournalState::failed) break;
    ++submitted;
    if (!has_open_) {
      try_open_block(false);
      refresh_state();
    }
  }
  return submitted;
}

void WalWriter::seal_and_submit(Block& block) {
  const std::uint64_t records = block.position_last.value + 1 - block.position_first.value;
  BlockHeader header;
  header.previous_checksum = previous_checksum_;
  header.log_id = log_id_;
  header.payload_bytes = static_cast<std::uint32_t>(block.used - sizeof(BlockHeader));
  header.incarnation = incarnation_;
  header.segment_number = block.segment_number;
  header.offset = block.offset;
  header.block_number = next_block_number_++;
  header.position_first = block.position_first;
  header.position_last = block.position_last;
  header.durable_position = durable_through_;
  header.durable_block = durable_block_;
  seal_block({block.bytes, limits::wal_block_bytes_max}, header);
  previous_checksum_ = header.checksum;
  block.number = header.block_number;
  block.durable_in_header = durable_through_;
  block.stage = Stage::under_way;
  must_write_block_ = false;
  ++counters_.blocks;
  counters_.empty_blocks += records == 0 ? 1 : 0;
  counters_.bytes += block.sealed_bytes;
  counters_.records += records;
  counters_.block_records_max = std::max(counters_.block_records_max, records);
  const auto submitted = io_.submit_write({.file = block.file,
                                           .offset = block.offset,
                                           .bytes = {block.bytes, block.sealed_bytes},
                                           .token = next_to_submit_});
  ++next_to_submit_;
  if (submitted) {
    ++under_way_;
    submitted_through_ = block.position_last;
  } else {
    fail(submitted.error().text());
  }
}

std::size_t WalWriter::reap() {
  if (under_way_ == 0) return 0;
  std::array<WriteCompletion, limits::wal_writes_in_flight_max> completions;
  const std::size_t count = io_.poll(completions);
  for (const WriteCompletion& completion : std::span(completions).first(count)) {
    Block& block = blocks_[completion.token % kBlocks];
    --under_way_;
    block.stage = Stage::done;
    if (completion.error_number != 0) {
      const std::string path = join_path(options_.dir, segment_name(block.segment_number));
      fail(fmt::format("{} (at offset {}, {} bytes)",
                       make_io_error(path, "write", completion.error_number).text(), block.offset,
                       block.sealed_bytes));
    } else if (completion.written_bytes != block.sealed_bytes) {
      fail(fmt::format("cannot write {}: only {} of {} bytes at offset {} were written",
                       join_path(options_.dir, segment_name(block.segment_number)),
                       completion.written_bytes, block.sealed_bytes, block.offset));
    }
    advance_durable();
  }
  return count;
}

void WalWriter::advance_durable() {
  while (state_ != JournalState::failed && oldest_ < next_to_submit_ &&
         blocks_[oldest_ % kBlocks].stage == Stage::done) {
    Block& block = blocks_[oldest_ % kBlocks];
    durable_through_ = block.position_last;
    durable_block_ = block.number;
    marked_durable_ = std::max(marked_durable_, block.durable_in_header);
    if (block.offset + block.sealed_bytes == block.segment_bytes) {
      if (block.segment_number == segment_.number) {
        segment_retired_ = true;
      } else {
        io_.close(block.file);
      }
      preparer_->retire(block.segment_number, block.position_last);
      ++counters_.segments;
    }
    block.stage = Stage::free;
    ++oldest_;
  }
}

void WalWriter::fail(std::string why) {
  if (state_ == JournalState::failed) return;  // the first reason is the one to tell
  state_ = JournalState::failed;
  failure_ = std::move(why);
}

void WalWriter::refresh_state() {
  if (state_ == JournalState::failed) return;
  failure_.clear();
  if (has_open_) {
    state_ = JournalState::ready;
    note_starved(false);
    return;
  }
  state_ = JournalState::busy;
  if (open_ - oldest_ == kBlocks) return;
  switch (preparer_->state()) {
    case SegmentPreparer::State::working:
      return;
    case SegmentPreparer::State::no_space:
      state_ = JournalState::no_space;
      failure_ = preparer_->trouble();
      note_starved(true);
      return;
    case SegmentPreparer::State::failed:
      fail(preparer_->trouble());
      return;
  }
}

void WalWriter::note_starved(bool is_starved) {
  if (is_starved == is_starved_) return;
  is_starved_ = is_starved;
  preparer_->note_starved(is_starved);
}

}  // namespace holdfast::persistence
