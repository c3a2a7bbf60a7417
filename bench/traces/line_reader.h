// Reads a text file line by line: plain, gzip (".gz") or Zstandard (".zst"), by the file's ending.
//
// Lines end with LF or CRLF; the ending is taken off. A line longer than `kLineBytesMax` is an
// error (a trace has no such line; a wrong file does). Concatenated gzip members and zstd frames
// are read through; a compressed file that stops in the middle is an error, never a shorter trace.
// Thread: one owner, who also owns the views that `next` returns until it calls `next` again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bench/result.h"

namespace holdfast::bench {

/// A stream of decompressed bytes.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills up to `size` bytes; 0 at the end.
  [[nodiscard]] virtual Result<std::size_t> read(char* to, std::size_t size) = 0;
};

class LineReader {
 public:
  static constexpr std::size_t kLineBytesMax = 64 * 1024;

  [[nodiscard]] static Result<LineReader> open(const std::string& path);

  /// The next line, or nothing at the end of the file. Errors name the file and line.
  [[nodiscard]] Result<std::optional<std::string_view>> next();
  /// Number of the line that `next` returned last, from 1.
  [[nodiscard]] std::uint64_t line() const { return line_; }
  /// "FILE:LINE: what", for errors about the line that `next` returned last.
  [[nodiscard]] std::string at(std::string_view what) const;

 private:
  LineReader(std::string path, std::unique_ptr<ByteSource> source);

  std::string path_;
  std::unique_ptr<ByteSource> source_;
  std::string buffer_;
  std::size_t begin_ = 0;  // first byte of `buffer_` not yet returned
  bool at_end_ = false;
  std::uint64_t line_ = 0;
};

}  // namespace holdfast::bench
