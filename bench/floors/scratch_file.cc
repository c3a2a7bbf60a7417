#include "bench/floors/scratch_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "persistence/posix_file_io.h"

namespace holdfast::bench {

namespace {

constexpr std::uint64_t kPieceBytes = 1024 * 1024;

}  // namespace

Result<ScratchFile> ScratchFile::make(const std::string& dir, std::uint64_t bytes, bool buffered) {
  auto io = persistence::PosixFileIo::make();
  if (!io) return std::unexpected(io.error().text());
  // Recovery removes names that end so, should the machine stop between open and unlink.
  const std::string path = persistence::join_path(
      dir, fmt::format("holdfast-scratch-{}{}", ::getpid(), persistence::kTemporarySuffix));
  const auto file = (*io)->open(path, persistence::OpenMode::create);
  if (!file) return std::unexpected(file.error().text());
  ScratchFile scratch(file->id, (*io)->is_direct(*file), bytes);
  if (const auto gone = (*io)->unlink(path); !gone) return std::unexpected(gone.error().text());

  const persistence::AlignedBytes zeroes = persistence::allocate_aligned(kPieceBytes);
  persistence::IoResult<void> done;
  for (std::uint64_t offset = 0; done && offset < bytes; offset += kPieceBytes) {
    done = (*io)->write_at(*file, offset, {zeroes.get(), kPieceBytes});
  }
  if (done) done = (*io)->sync(*file);
  if (!done) return std::unexpected(done.error().text());
  if (buffered && scratch.is_direct_) {
    const int again =
        ::open(fmt::format("/proc/self/fd/{}", file->id).c_str(), O_RDWR | O_CLOEXEC);
    if (again < 0) {
      return std::unexpected(
          fmt::format("cannot open {} through the page cache: {}", path, std::strerror(errno)));
    }
    ::close(std::exchange(scratch.descriptor_, again));
    scratch.is_direct_ = false;
  }
  return scratch;
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      is_direct_(other.is_direct_),
      bytes_(other.bytes_),
      next_(other.next_) {}

ScratchFile::~ScratchFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace holdfast::bench
