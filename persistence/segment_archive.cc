#include "persistence/segment_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace holdfast::persistence {
namespace {

constexpr std::size_t kPieceBytes = 1024 * 1024;
static_assert(kPieceBytes >= limits::wal_block_bytes_max);

std::unexpected<IoError> refuse(const std::string& path, std::string reason) {
  return std::unexpected(IoError{
      .path = path, .operation = "archive", .error_number = 0, .reason = std::move(reason)});
}

// Closes at the end of a scope.
class Opened {
 public:
  static IoResult<Opened> open(FileIo& io, const std::string& path, OpenMode mode) {
    const auto file = io.open(path, mode);
    if (!file) return std::unexpected(file.error());
    return Opened(io, *file);
  }
  Opened(Opened&& other) noexcept : io_(other.io_), file_(other.file_) { other.file_ = {}; }
  Opened& operator=(Opened&&) = delete;
  ~Opened() {
    if (file_.is_open()) io_.close(file_);
  }
  [[nodiscard]] File file() const { return file_; }

 private:
  Opened(FileIo& io, File file) : io_(io), file_(file) {}
  FileIo& io_;
  File file_;
};

}  // namespace

SegmentArchive::SegmentArchive(FileIo& io, std::string dir, LogId log_id)
    : io_(&io), dir_(std::move(dir)), log_id_(log_id) {}

IoResult<SegmentArchive> SegmentArchive::open(FileIo& io, std::string dir,
                                              const Identity& identity) {
  if (const auto made = io.make_directories(dir); !made) return std::unexpected(made.error());
  const auto names = io.list(dir);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (!name.ends_with(kTemporarySuffix)) continue;
    if (!parse_segment_name(name.substr(0, name.size() - kTemporarySuffix.size()))) continue;
    if (const auto gone = io.unlink(join_path(dir, name)); !gone) {
      return std::unexpected(gone.error());
    }
  }
  const auto there = read_identity(io, dir);
  if (there && there->log_id != identity.log_id) {
    return refuse(
        dir, "it holds the log of another data directory: give this one an archive of its own");
  }
  if (!there) {
    if (there.error().error_number != ENOENT) return std::unexpected(there.error());
    if (const auto written = write_identity(io, dir, identity); !written) {
      return std::unexpected(written.error());
    }
  }
  return SegmentArchive(io, std::move(dir), identity.log_id);
}

IoResult<void> SegmentArchive::keep(const std::string& from, std::uint64_t number) {
  const std::string source = join_path(from, segment_name(number));
  const std::string path = join_path(dir_, segment_name(number));
  const auto names = io_->list(dir_);
  if (!names) return std::unexpected(names.error());
  // A crash after the copy and before the file was let go.
  if (std::find(names->begin(), names->end(), segment_name(number)) != names->end()) {
    return check_same(source, path);
  }
  const std::string temporary = path + std::string(kTemporarySuffix);
  auto done = copy(source, temporary);
  if (done) done = check_same(source, temporary);
  if (done) done = check_blocks(temporary, number);
  if (done) done = name_segment(*io_, dir_, number);
  // If it cannot be removed, the next start will; the first error is the one to tell.
  if (!done) static_cast<void>(io_->unlink(temporary));
  return done;
}

IoResult<void> SegmentArchive::copy(const std::string& from, const std::string& to) {
  const auto source = Opened::open(*io_, from, OpenMode::read);
  if (!source) return std::unexpected(source.error());
  const auto target = Opened::open(*io_, to, OpenMode::create);
  if (!target) return std::unexpected(target.error());
  const AlignedBytes piece = allocate_aligned(kPieceBytes);
  for (std::uint64_t offset = 0;;) {
    const auto count = io_->read_at(source->file(), offset, {piece.get(), kPieceBytes});
    if (!count) return std::unexpected(count.error());
    if (*count % limits::wal_sector_bytes != 0) {
      return refuse(from, fmt::format("it ends after {} bytes, inside a sector", offset + *count));
    }
    if (*count > 0) {
      const auto written = io_->write_at(target->file(), offset, {piece.get(), *count});
      if (!written) return written;
    }
    offset += *count;
    if (*count < kPieceBytes) break;
  }
  return io_->sync(target->file());
}

IoResult<void> SegmentArchive::check_same(const std::string& from, const std::string& to) {
  const auto source = Opened::open(*io_, from, OpenMode::read);
  if (!source) return std::unexpected(source.error());
  // Past the page cache: what the disk has, not what it was told.
  const auto target = Opened::open(*io_, to, OpenMode::log_write);
  if (!target) return std::unexpected(target.error());
  const AlignedBytes ours = allocate_aligned(kPieceBytes);
  const AlignedBytes theirs = allocate_aligned(kPieceBytes);
  for (std::uint64_t offset = 0;; offset += kPieceBytes) {
    const auto wanted = io_->read_at(source->file(), offset, {ours.get(), kPieceBytes});
    if (!wanted) return std::unexpected(wanted.error());
    const auto there = io_->read_at(target->file(), offset, {theirs.get(), kPieceBytes});
    if (!there) return std::unexpected(there.error());
    if (*wanted != *there || std::memcmp(ours.get(), theirs.get(), *wanted) != 0) {
      return refuse(to,
                    fmt::format("it is not the same as {}: the archive was changed, or the data "
                                "directory is another copy of this log. Move that file away",
                                from));
    }
    if (*wanted < kPieceBytes) return {};
  }
}

IoResult<void> SegmentArchive::check_blocks(const std::string& path, std::uint64_t number) {
  const auto opened = Opened::open(*io_, path, OpenMode::log_write);
  if (!opened) return std::unexpected(opened.error());
  const AlignedBytes window = allocate_aligned(kPieceBytes);
  std::uint64_t from = 0;  // of the window
  std::size_t length = 0;
  Checksum previous;
  for (std::uint64_t offset = 0;;) {
    if (offset + limits::wal_block_bytes_max > from + length) {
      const auto count = io_->read_at(opened->file(), offset, {window.get(), kPieceBytes});
      if (!count) return std::unexpected(count.error());
      from = offset;
      length = *count;
      if (length == 0) return {};
    }
    const auto skip = static_cast<std::size_t>(offset - from);
    const BlockCheck check = check_block({window.get() + skip, length - skip});
    const BlockHeader& header = check.header;
    const bool good = check.version_ok && header.log_id == log_id_ &&
                      header.segment_number == number && header.offset == offset &&
                      (offset == 0 || header.previous_checksum == previous);
    if (!good) {
      return refuse(path,
                    fmt::format("at offset {} there is no good block of this log: the segment is "
                                "damaged, and is kept where it is. Run `holdfast wal verify`",
                                offset));
    }
    previous = header.checksum;
    offset += header.block_bytes;
  }
}

}  // namespace holdfast::persistence
