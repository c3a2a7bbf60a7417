#include "persistence/wal_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/check.h"

namespace holdfast::persistence {
namespace {

// Large sequential reads; a block that begins anywhere in the first part is whole in the window.
constexpr std::size_t kWindowBytes = 4 * limits::wal_block_bytes_max;

bool begins_like_block(std::span<const std::byte> bytes) {
  std::uint32_t magic = 0;
  std::memcpy(&magic, bytes.data() + offsetof(BlockHeader, magic), sizeof magic);
  return magic == kBlockMagic;
}

std::string lost_segments(std::uint64_t before, std::uint64_t after) {
  return before + 2 == after
             ? fmt::format("segment {} is missing", segment_name(before + 1))
             : fmt::format("segments {} to {} are missing", segment_name(before + 1),
                           segment_name(after - 1));
}

}  // namespace

std::string Finding::text() const {
  return fmt::format("{} at offset {}: {}", path, offset, reason);
}

// One segment file and the piece of it that is in memory.
struct WalReader::Window {
  static IoResult<std::unique_ptr<Window>> open(FileIo& io, const std::string& path) {
    const auto file = io.open(path, OpenMode::read);
    if (!file) return std::unexpected(file.error());
    auto window = std::make_unique<Window>(io, *file);
    const auto bytes = io.size(*file);
    if (!bytes) return std::unexpected(bytes.error());
    window->end = *bytes / limits::wal_sector_bytes * limits::wal_sector_bytes;
    return window;
  }
  Window(FileIo& file_io, File opened)
      : io(file_io), file(opened), memory(allocate_aligned(kWindowBytes)) {}
  ~Window() { io.close(file); }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Bytes from `offset` on: a block's length or what is left of the file.
  IoResult<std::span<const std::byte>> at(std::uint64_t offset) {
    const auto want = static_cast<std::size_t>(
        std::min<std::uint64_t>(limits::wal_block_bytes_max, end - offset));
    if (offset < from || offset + want > from + length) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(kWindowBytes, end - offset));
      const auto read = io.read_at(file, offset, {memory.get(), count});
      if (!read) return std::unexpected(read.error());
      from = offset;
      length = *read;
    }
    const auto skip = static_cast<std::size_t>(offset - from);
    return std::span<const std::byte>(memory.get() + skip, std::min(want, length - skip));
  }
  void forget() { length = 0; }

  FileIo& io;
  File file;
  AlignedBytes memory;
  std::uint64_t end = 0;   // whole sectors of the file
  std::uint64_t from = 0;  // what is in memory
  std::size_t length = 0;
};

WalReader::WalReader(FileIo& io, std::string dir, LogId log_id, ReaderOptions options)
    : io_(io), dir_(std::move(dir)), log_id_(log_id), options_(options) {}
WalReader::~WalReader() = default;

WalReader::Step WalReader::io_failed(IoError error) {
  io_error_ = std::move(error);
  return Step::error;
}

WalReader::Step WalReader::refuse(std::string reason) {
  damage_ = {.path = segments_[segment_index_].path,
             .offset = offset_,
             .reason = std::move(reason)};
  return Step::damage;
}

bool WalReader::look_at_directory() {
  auto listed = list_segments(io_, dir_, options_.archive_dir);
  if (!listed) {
    io_error_ = listed.error();
    return false;
  }
  const std::uint64_t current = segments_.empty() ? 0 : segments_[segment_index_].number;
  segments_ = std::move(*listed);
  if (segments_.empty()) {
    io_error_ = {.path = dir_, .operation = "read the log in", .reason = "it has no log segments"};
    return false;
  }
  segment_index_ = 0;
  while (segment_index_ + 1 < segments_.size() && segments_[segment_index_].number < current) {
    ++segment_index_;
  }
  return true;
}

// Opens the segment at segment_index_; false: io_error_ says why.
bool WalReader::open_segment() {
  auto window = Window::open(io_, segments_[segment_index_].path);
  if (!window && window.error().error_number == ENOENT) {
    if (find_current() == Found::error) return false;
    window = Window::open(io_, segments_[segment_index_].path);
  }
  if (!window) {
    io_error_ = window.error();
    return false;
  }
  window_ = std::move(*window);
  return true;
}

// Looks again where the segment at segment_index_ is. `moved`: in another place than before.
WalReader::Found WalReader::find_current() {
  const SegmentFile before = segments_[segment_index_];
  if (!look_at_directory()) return Found::error;
  const SegmentFile& now = segments_[segment_index_];
  if (now.number == before.number) return now.path == before.path ? Found::yes : Found::moved;
  was_let_go_ = true;
  io_error_ = {.path = before.path,
               .operation = "read",
               .reason =
                   "the running server let it go meanwhile: a snapshot covers it. Read again, "
                   "and from the archive if older log is wanted"};
  return Found::error;
}

// With a snapshot: the last segment whose front is covered is where the log after it begins, if
// that front is of the log and not what a crash left behind its end,
// one segment further. So one earlier.
bool WalReader::find_start() {
  segment_index_ = 0;
  if (options_.start_after.is_zero() || options_.read_covered) return true;
  for (std::size_t i = segments_.size() - 1; i > 0; --i) {
    const auto front = read_segment_front(io_, log_id_, segments_[i]);
    if (!front && front.error().error_number == ENOENT) continue;  // just let go
    if (!front) {
      io_error_ = front.error();
      return false;
    }
    if (!front->has_value() || (*front)->position_first > options_.start_after.next()) continue;
    segment_index_ = i - 1;
    return true;
  }
  return true;
}

BlockFacts WalReader::facts_of(const BlockCheck& check) const {
  BlockFacts facts{
      .magic = check.magic_ok, .checksum = check.checksum_ok, .version = check.version_ok};
  if (!facts.version) return facts;
  const BlockHeader& header = check.header;
  facts.log_id = header.log_id == log_id_;
  facts.place =
      header.segment_number == segments_[segment_index_].number && header.offset == offset_;
  const bool passed = header.block_number <= last_.number;
  facts.current = header.incarnation >= last_.incarnation && (facts.place || !passed);
  facts.chain = !last_.anchored || header.previous_checksum == last_.checksum;
  const bool continues = header.block_number == last_.number + 1 &&
                         header.position_first == last_.position.next();
  facts.sequence = (!last_.anchored || continues) &&
                   header.position_last.value + 1 >= header.position_first.value;
  return facts;
}

std::optional<BlockCheck> WalReader::read_place(std::span<const std::byte>& bytes) {
  const auto read = window_->at(offset_);
  if (!read) {
    io_error_ = read.error();
    return std::nullopt;
  }
  bytes = *read;
  return check_block(bytes);
}

void WalReader::accept(const BlockCheck& check, std::span<const std::byte> bytes) {
  header_ = check.header;
  payload_ = check.payload(bytes);
  block_ = bytes.first(header_.block_bytes);
  block_segment_ = segments_[segment_index_].number;
  block_segment_bytes_ = window_->end;
  block_path_ = segments_[segment_index_].path;
  last_ = {.number = header_.block_number,
           .incarnation = header_.incarnation,
           .checksum = header_.checksum,
           .position = header_.position_last,
           .anchored = true};
  incarnation_max_ = std::max(incarnation_max_, header_.incarnation);
  offset_ += header_.block_bytes;
}

WalReader::Step WalReader::next_block() {
  if (!begun_) {
    if (!look_at_directory() || !find_start() || !open_segment()) return Step::error;
    begun_ = true;
    last_.anchored = segments_[segment_index_].number == 1;
  }
  while (offset_ >= window_->end) {
    if (segment_index_ + 1 == segments_.size() && !look_at_directory()) return Step::error;
    if (segment_index_ + 1 == segments_.size()) {
      end_ = {.segment_number = segments_[segment_index_].number,
              .offset = offset_,
              .next_block = last_.number + 1,
              .previous_checksum = last_.checksum,
              .position = last_.position,
              .incarnation_max = incarnation_max_,
              .row = nullptr,
              .behind = {}};
      return Step::end;
    }
    const std::uint64_t here = segments_[segment_index_].number;
    const std::uint64_t next = segments_[segment_index_ + 1].number;
    if (next != here + 1) return refuse(lost_segments(here, next));
    ++segment_index_;
    offset_ = 0;
    if (!open_segment()) return Step::error;
  }
  std::span<const std::byte> bytes;
  const auto check = read_place(bytes);
  if (!check) return Step::error;
  if (judge(facts_of(*check)).verdict != Verdict::accept) return judge_place();
  if (check->header.position_first > options_.start_after.next() && last_.number == 0) {
    return refuse(
        fmt::format("the log begins with position {}, but nothing here holds positions {} to {}: "
                    "older segments are missing",
                    check->header.position_first.value, options_.start_after.value + 1,
                    check->header.position_first.value - 1));
  }
  accept(*check, bytes);
  return Step::block;
}

// The block is not simply the next one: look for witnesses behind it, and let the table decide.
WalReader::Step WalReader::judge_place() {
  // A file that was let go and is written anew under another name: not what is to be judged.
  switch (find_current()) {
    case Found::yes: break;
    case Found::moved: return open_segment() ? next_block() : Step::error;
    case Found::error: return Step::error;
  }
  const auto behind = look_behind(segment_index_, offset_);
  if (!behind) return Step::error;
  // Beside a running server, the block may have been written since the first look.
  window_->forget();
  std::span<const std::byte> bytes;
  const auto check = read_place(bytes);
  if (!check) return Step::error;
  BlockFacts facts = facts_of(*check);
  if (judge(facts).verdict == Verdict::accept) return next_block();
  facts.known_durable = !last_.anchored || behind->durable_block > last_.number;
  const RecoveryRow& row = judge(facts);
  if (row.verdict == Verdict::refuse) {
    std::string reason(row.told);
    const bool is_front = !last_.anchored && row.known_durable == Need::yes;
    if (is_front && behind->durable_block <= last_.number) {
      reason =
          "what is left of the log begins here, and no good block stands here: it is damaged, or "
          "the segment before it is missing";
    }
    if (facts.known_durable && last_.anchored) {
      reason += fmt::format(
          " (the block in {} at offset {} says that all up to block {} was durable; "
          "this would be block {})",
          behind->witness.path, behind->witness.offset, behind->durable_block, last_.number + 1);
    }
    return refuse(std::move(reason));
  }
  end_ = {.segment_number = segments_[segment_index_].number,
          .offset = offset_,
          .next_block = last_.number + 1,
          .previous_checksum = last_.checksum,
          .position = last_.position,
          .incarnation_max = std::max(incarnation_max_, behind->incarnation_max),
          .row = &row,
          .behind = *behind};
  return Step::end;
}

// Every good block of this log from a place on, wherever it stands, is a witness: what it says was
// durable then is durable now, since nothing durable is ever cut.
std::optional<BehindTheEnd> WalReader::look_behind(std::uint64_t segment_index,
                                                   std::uint64_t offset) {
  BehindTheEnd behind;
  for (std::size_t i = static_cast<std::size_t>(segment_index); i < segments_.size();
       ++i, offset = 0) {
    const std::string& path = segments_[i].path;
    auto window = Window::open(io_, path);
    if (!window) {
      io_error_ = window.error();
      return std::nullopt;
    }
    while (offset < (*window)->end) {
      const auto bytes = (*window)->at(offset);
      if (!bytes) {
        io_error_ = bytes.error();
        return std::nullopt;
      }
      if (bytes->size() < limits::wal_sector_bytes) break;
      std::uint64_t step = limits::wal_sector_bytes;
      if (begins_like_block(*bytes)) {
        const BlockCheck check = check_block(*bytes);
        if (check.version_ok && check.header.log_id == log_id_) {
          const BlockHeader& header = check.header;
          step = header.block_bytes;
          behind.incarnation_max = std::max(behind.incarnation_max, header.incarnation);
          if (header.block_number > last_.number) {
            ++behind.blocks;
            behind.records += header.record_count();
          }
          if (header.durable_block > behind.durable_block) {
            behind.durable_block = header.durable_block;
            behind.witness = {.path = path, .offset = offset, .reason = {}};
          }
        }
      }
      offset += step;
    }
  }
  return behind;
}

bool WalReader::skip_damage() {
  std::uint64_t offset = offset_ + limits::wal_sector_bytes;
  for (std::size_t i = segment_index_; i < segments_.size(); ++i, offset = 0) {
    auto window = Window::open(io_, segments_[i].path);
    if (!window) return false;
    for (; offset < (*window)->end; offset += limits::wal_sector_bytes) {
      const auto bytes = (*window)->at(offset);
      if (!bytes || bytes->size() < limits::wal_sector_bytes) return false;
      if (!begins_like_block(*bytes)) continue;
      const BlockCheck check = check_block(*bytes);
      const BlockHeader& header = check.header;
      if (check.version_ok && header.log_id == log_id_ && header.offset == offset &&
          header.segment_number == segments_[i].number && header.block_number > last_.number) {
        segment_index_ = i;
        offset_ = offset;
        window_ = std::move(*window);
        last_.anchored = false;
        return true;
      }
    }
  }
  return false;
}

}  // namespace holdfast::persistence
