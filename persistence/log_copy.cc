#include "persistence/log_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {
namespace {

constexpr std::size_t kBufferBytes = 4 * limits::wal_block_bytes_max;

std::unexpected<IoError> does_not_read_back(const std::string& path, const std::string& why) {
  return std::unexpected(IoError{
      .path = path,
      .operation = "trust",
      .error_number = 0,
      .reason =
          fmt::format("what was written does not read back: {}; the disk confirmed the write and "
                      "gives something else",
                      why)});
}

}  // namespace

SegmentCopy::SegmentCopy(FileIo& io, std::string dir)
    : io_(io), dir_(std::move(dir)), buffer_(allocate_aligned(kBufferBytes)) {}

SegmentCopy::~SegmentCopy() { abandon(); }

std::string SegmentCopy::temporary_path() const {
  return join_path(dir_, segment_name(number_)) + std::string(kTemporarySuffix);
}

void SegmentCopy::abandon() {
  if (!file_.is_open()) return;
  io_.close(file_);
  file_ = {};
  // If it cannot be removed, who comes next does it: it has a name that says so.
  static_cast<void>(io_.unlink(temporary_path()));
}

IoResult<void> SegmentCopy::begin(std::uint64_t number, std::uint64_t kept_bytes) {
  HOLDFAST_CHECK(!file_.is_open(), "one segment is copied after the other");
  number_ = number;
  bytes_ = buffered_ = 0;
  const auto file = io_.open(temporary_path(), OpenMode::create);
  if (!file) return std::unexpected(file.error());
  file_ = *file;
  return kept_bytes == 0 ? IoResult<void>() : keep(kept_bytes);
}

IoResult<void> SegmentCopy::keep(std::uint64_t bytes) {
  const std::string path = join_path(dir_, segment_name(number_));
  const auto file = io_.open(path, OpenMode::read);
  if (!file) return std::unexpected(file.error());
  IoResult<void> done;
  while (done && bytes_ < bytes) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, bytes - bytes_));
    const auto count = io_.read_at(*file, bytes_, {buffer_.get(), wanted});
    if (!count) {
      done = std::unexpected(count.error());
    } else if (*count < wanted) {
      done = std::unexpected(IoError{.path = path,
                                     .operation = "read",
                                     .error_number = 0,
                                     .reason = "it is shorter than the manifest tells"});
    } else {
      done = io_.write_at(file_, bytes_, {buffer_.get(), wanted});
      bytes_ += wanted;
    }
  }
  io_.close(*file);
  return done;
}

IoResult<void> SegmentCopy::flush() {
  if (buffered_ == 0) return {};
  const auto written = io_.write_at(file_, bytes_ - buffered_, {buffer_.get(), buffered_});
  buffered_ = 0;
  return written;
}

IoResult<void> SegmentCopy::add(std::span<const std::byte> block) {
  if (buffered_ + block.size() > kBufferBytes) {
    if (const auto flushed = flush(); !flushed) return flushed;
  }
  std::memcpy(buffer_.get() + buffered_, block.data(), block.size());
  std::memcpy(&last_, block.data(), sizeof last_);
  buffered_ += block.size();
  bytes_ += block.size();
  return {};
}

IoResult<void> SegmentCopy::pad(std::uint64_t file_bytes) {
  std::memset(buffer_.get(), 0, kBufferBytes);
  for (std::uint64_t at = bytes_; at < file_bytes;) {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, file_bytes - at));
    if (const auto written = io_.write_at(file_, at, {buffer_.get(), count}); !written) {
      return written;
    }
    at += count;
  }
  return {};
}

IoResult<void> SegmentCopy::finish(std::uint64_t file_bytes) {
  auto done = flush();
  if (done) done = pad(file_bytes);
  if (done) done = io_.sync(file_);
  if (done) done = read_back();
  if (!done) {
    abandon();
    return done;
  }
  io_.close(file_);
  file_ = {};
  return name_segment(io_, dir_, number_);
}

// Each block, past the page cache: checksum, place and chain, up to the last one that was added.
IoResult<void> SegmentCopy::read_back() const {
  const std::string path = temporary_path();
  const auto file = io_.open(path, OpenMode::log_write);
  if (!file) return std::unexpected(file.error());
  const AlignedBytes window = allocate_aligned(kBufferBytes);
  std::uint64_t from = 0;
  std::size_t length = 0;
  Checksum previous;
  IoResult<void> done;
  for (std::uint64_t offset = 0; done && offset < bytes_;) {
    if (offset + limits::wal_block_bytes_max > from + length) {
      const auto count = io_.read_at(*file, offset, {window.get(), kBufferBytes});
      if (!count) {
        done = std::unexpected(count.error());
        break;
      }
      from = offset;
      length = *count;
    }
    const auto skip = static_cast<std::size_t>(offset - from);
    const BlockCheck check = check_block({window.get() + skip, length - skip});
    if (!check.version_ok || check.header.segment_number != number_ ||
        check.header.offset != offset ||
        (offset > 0 && check.header.previous_checksum != previous)) {
      done = does_not_read_back(path, fmt::format("no good block stands at offset {}", offset));
      break;
    }
    previous = check.header.checksum;
    offset += check.header.block_bytes;
    if (offset >= bytes_ && previous != last_) {
      done = does_not_read_back(path, "its last block is another one");
    }
  }
  io_.close(*file);
  return done;
}

namespace {

class TemporaryFile {
 public:
  TemporaryFile(FileIo& io, std::string path) : io_(io), path_(std::move(path)) {}
  ~TemporaryFile() {
    if (!is_named_) static_cast<void>(io_.unlink(path_));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  void is_named() { is_named_ = true; }

 private:
  FileIo& io_;
  const std::string path_;
  bool is_named_ = false;
};

// Reads the copy past the page cache, to its last byte.
IoResult<Checksum> read_snapshot_back(FileIo& io, const std::string& path, LogId log_id,
                                      LogPosition position) {
  SnapshotFileReader reader(io, path, log_id);
  bool is_good = reader.begin(position);
  while (is_good) {
    const SnapshotFileReader::Step step = reader.next();
    if (step == SnapshotFileReader::Step::whole) return reader.last_checksum();
    is_good = step == SnapshotFileReader::Step::packet;
  }
  if (reader.fault() == SnapshotFault::io) return std::unexpected(reader.io_error());
  return does_not_read_back(path, reader.finding().reason);
}

}  // namespace

IoResult<SnapshotCopied> copy_snapshot(FileIo& io, SnapshotFileReader& from, const std::string& dir,
                                       LogId log_id, const CopyProgress& on_piece) {
  const LogPosition position = from.header().head.position;
  const std::string path = join_path(dir, snapshot_name(position));
  TemporaryFile temporary(io, path + std::string(kTemporarySuffix));
  SnapshotHeaderPage header = from.header();
  header.head.log_id = log_id;
  SnapshotCopied copied;
  {
    auto file = SnapshotFileWriter::create(io, temporary.path(), header);
    if (!file) return std::unexpected(file.error());
    const AlignedBytes packet =
        allocate_aligned((1 + kSnapshotPagesPerPacket) * kSnapshotPageBytes);
    auto step = SnapshotFileReader::Step::packet;
    while ((step = from.next()) == SnapshotFileReader::Step::packet) {
      const auto names = from.names();
      std::memcpy(packet.get() + kSnapshotPageBytes, from.pages().data(), from.pages().size());
      const std::size_t bytes = (1 + names.size()) * kSnapshotPageBytes;
      if (const auto added = file->add_packet(names, {packet.get(), bytes}); !added) {
        return std::unexpected(added.error());
      }
      if (on_piece) on_piece(bytes);
    }
    if (step == SnapshotFileReader::Step::bad) {
      if (from.fault() == SnapshotFault::io) return std::unexpected(from.io_error());
      copied.bad = from.finding();
      return copied;
    }
    if (const auto finished = file->finish(); !finished) return std::unexpected(finished.error());
    copied.bytes = file->bytes();
  }
  const auto last = read_snapshot_back(io, temporary.path(), log_id, position);
  if (!last) return std::unexpected(last.error());
  copied.last = *last;
  auto named = io.rename(temporary.path(), path);
  if (!named) return std::unexpected(named.error());
  temporary.is_named();
  named = io.sync_directory(dir);
  if (!named) return std::unexpected(named.error());
  return copied;
}

std::expected<std::span<const std::byte>, std::string> records_through(
    const BlockHeader& header, std::span<const std::byte> payload, LogPosition last) {
  std::size_t bytes = 0;
  for (LogPosition at = header.position_first; at <= last && at <= header.position_last;
       at = at.next()) {
    std::size_t record_bytes = 0;
    const auto record = decode_record(payload.subspan(bytes), at, record_bytes);
    if (!record) return std::unexpected(record.error());
    bytes += record_bytes;
  }
  return payload.first(bytes);
}

BlockMaker::BlockMaker() : memory_(allocate_aligned(limits::wal_block_bytes_max)) {}

std::span<const std::byte> BlockMaker::make(BlockHeader& header,
                                            std::span<const std::byte> payload) {
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  if (!payload.empty()) {
    std::memcpy(memory_.get() + sizeof(BlockHeader), payload.data(), payload.size());
  }
  const std::size_t bytes = seal_block({memory_.get(), limits::wal_block_bytes_max}, header);
  return {memory_.get(), bytes};
}

}  // namespace holdfast::persistence
