// A file for measuring a disk, laid out exactly as the log's segments are: zeroes written past the
// page cache where the volume can, then synced, so that the writes measured overwrite blocks that
// the file system knows.
//
// The file loses its name as soon as it is open: however the program ends, nothing is left behind.
// Writes go through it in order, from its front again after its end. Thread: one owner.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/result.h"
#include "persistence/file_io.h"

namespace holdfast::bench {

class ScratchFile {
 public:
  /// `bytes`: a multiple of 1 MiB. With `buffered` writes go through the page cache.
  [[nodiscard]] static Result<ScratchFile> make(const std::string& dir, std::uint64_t bytes,
                                                bool buffered = false);
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&&) = delete;
  ~ScratchFile();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Writes bypass the page cache.
  [[nodiscard]] bool is_direct() const { return is_direct_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// Where the next write of `length` bytes goes.
  [[nodiscard]] std::uint64_t take(std::uint64_t length) {
    if (next_ + length > bytes_) next_ = 0;
    const std::uint64_t offset = next_;
    next_ += length;
    return offset;
  }

 private:
  ScratchFile(int descriptor, bool is_direct, std::uint64_t bytes)
      : descriptor_(descriptor), is_direct_(is_direct), bytes_(bytes) {}

  int descriptor_;
  bool is_direct_;
  std::uint64_t bytes_;
  std::uint64_t next_ = 0;
};

}  // namespace holdfast::bench
