#include "persistence/file_io.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include "engine/check.h"
#include "engine/limits.h"

namespace holdfast::persistence {

bool IoError::is_no_space() const { return error_number == ENOSPC || error_number == EDQUOT; }

bool IoError::is_want() const {
  return is_no_space() || error_number == EMFILE || error_number == ENFILE;
}

std::string IoError::text() const {
  return fmt::format("cannot {} {}: {}", operation, path, reason);
}

IoError make_io_error(std::string_view path, std::string_view operation, int error_number) {
  return IoError{.path = std::string(path),
                 .operation = std::string(operation),
                 .error_number = error_number,
                 .reason = std::strerror(error_number)};
}

void AlignedFree::operator()(std::byte* bytes) const { std::free(bytes); }

AlignedBytes allocate_aligned(std::size_t bytes) {
  HOLDFAST_CHECK(bytes > 0 && bytes % limits::wal_sector_bytes == 0,
                 "buffers for direct I/O are whole sectors");
  void* memory = std::aligned_alloc(limits::wal_sector_bytes, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, bytes);
  return AlignedBytes(static_cast<std::byte*>(memory));
}

std::span<std::byte> FileIo::make_write_buffer(std::size_t bytes) {
  write_buffers_.push_back(allocate_aligned(bytes));
  const std::span<std::byte> buffer(write_buffers_.back().get(), bytes);
  announce_buffer(buffer);
  return buffer;
}

std::string join_path(std::string_view directory, std::string_view name) {
  return directory.ends_with('/') ? fmt::format("{}{}", directory, name)
                                  : fmt::format("{}/{}", directory, name);
}

IoResult<std::vector<std::byte>> read_small_file(FileIo& io, const std::string& path,
                                                 std::size_t bytes_max) {
  const auto file = io.open(path, OpenMode::read);
  if (!file) return std::unexpected(file.error());
  std::vector<std::byte> bytes(bytes_max + 1);
  const auto count = io.read_at(*file, 0, bytes);
  io.close(*file);
  if (!count) return std::unexpected(count.error());
  if (*count > bytes_max) {
    return std::unexpected(IoError{.path = path,
                                   .operation = "read",
                                   .reason = fmt::format("longer than {} bytes", bytes_max)});
  }
  bytes.resize(*count);
  return bytes;
}

IoResult<void> replace_file(FileIo& io, const std::string& directory, const std::string& name,
                            std::span<const std::byte> bytes) {
  const std::string path = join_path(directory, name);
  const std::string temporary = path + std::string(kTemporarySuffix);
  // Padded to whole sectors: the file may be open past the page cache.
  const std::size_t padded = (bytes.size() + limits::wal_sector_bytes - 1) /
                             limits::wal_sector_bytes * limits::wal_sector_bytes;
  const AlignedBytes buffer = allocate_aligned(padded == 0 ? limits::wal_sector_bytes : padded);
  std::memcpy(buffer.get(), bytes.data(), bytes.size());
  const auto file = io.open(temporary, OpenMode::create);
  if (!file) return std::unexpected(file.error());
  auto done = io.write_at(*file, 0, {buffer.get(), padded});
  if (done) done = io.sync(*file);
  io.close(*file);
  if (done) done = io.rename(temporary, path);
  if (done) done = io.sync_directory(directory);
  return done;
}

}  // namespace holdfast::persistence
