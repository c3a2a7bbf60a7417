#include "bench/traces/line_reader.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace holdfast::bench {

namespace {

constexpr std::size_t kReadBytes = 256 * 1024;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(File file) : file_(std::move(file)) {}
  Result<std::size_t> read(char* to, std::size_t size) override {
    const std::size_t got = std::fread(to, 1, size, file_.get());
    if (got == 0 && std::ferror(file_.get()) != 0) {
      return std::unexpected(fmt::format("reading failed: {}", std::strerror(errno)));
    }
    return got;
  }

 private:
  File file_;
};

class GzipSource final : public ByteSource {
 public:
  static Result<std::unique_ptr<ByteSource>> open(const std::string& path) {
    // zlib passes a file through that does not begin as gzip does; here the name promises gzip.
    File file(std::fopen(path.c_str(), "rb"));
    if (file == nullptr) return std::unexpected(std::strerror(errno));
    unsigned char magic[2] = {};
    if (std::fread(magic, 1, sizeof magic, file.get()) != sizeof magic || magic[0] != 0x1f ||
        magic[1] != 0x8b) {
      return std::unexpected("this is not a gzip file, though its name ends in .gz");
    }
    gzFile gz = gzopen(path.c_str(), "rb");
    if (gz == nullptr) return std::unexpected(std::strerror(errno));
    gzbuffer(gz, static_cast<unsigned>(kReadBytes));
    return std::unique_ptr<ByteSource>(new GzipSource(gz));
  }
  ~GzipSource() override { gzclose(gz_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  Result<std::size_t> read(char* to, std::size_t size) override {
    const int got = gzread(gz_, to, static_cast<unsigned>(size));
    int code = Z_OK;
    const char* message = gzerror(gz_, &code);
    // Z_BUF_ERROR at the end: the stream stopped before its trailer.
    if (got < 0 || (got == 0 && code != Z_OK && code != Z_STREAM_END)) {
      return std::unexpected(fmt::format("gzip: {}; the file is damaged or cut", message));
    }
    return static_cast<std::size_t>(got);
  }

 private:
  explicit GzipSource(gzFile gz) : gz_(gz) {}
  gzFile gz_;
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(File file)
      : file_(std::move(file)), stream_(ZSTD_createDStream()), input_(ZSTD_DStreamInSize()) {}
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;

  Result<std::size_t> read(char* to, std::size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size) {
        in_ = {input_.data(), std::fread(input_.data(), 1, input_.size(), file_.get()), 0};
        if (in_.size == 0) {
          if (std::ferror(file_.get()) != 0) {
            return std::unexpected(fmt::format("reading failed: {}", std::strerror(errno)));
          }
          if (in_frame_) return std::unexpected("zstd: the file stops in the middle of a frame");
          return std::size_t{0};
        }
      }
      const std::size_t hint = ZSTD_decompressStream(stream_, &out, &in_);
      if (ZSTD_isError(hint) != 0) {
        return std::unexpected(
            fmt::format("zstd: {}; the file is damaged", ZSTD_getErrorName(hint)));
      }
      in_frame_ = hint != 0;
    }
    return out.pos;
  }

 private:
  File file_;
  ZSTD_DStream* stream_;
  std::vector<char> input_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool in_frame_ = false;
};

Result<std::unique_ptr<ByteSource>> open_source(const std::string& path) {
  if (path.ends_with(".gz")) return GzipSource::open(path);
  File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return std::unexpected(std::strerror(errno));
  if (path.ends_with(".zst")) return std::unique_ptr<ByteSource>(new ZstdSource(std::move(file)));
  return std::unique_ptr<ByteSource>(new PlainSource(std::move(file)));
}

}  // namespace

LineReader::LineReader(std::string path, std::unique_ptr<ByteSource> source)
    : path_(std::move(path)), source_(std::move(source)) {}

Result<LineReader> LineReader::open(const std::string& path) {
  auto source = open_source(path);
  if (!source) return std::unexpected(fmt::format("{}: {}", path, source.error()));
  return LineReader(path, std::move(*source));
}

std::string LineReader::at(std::string_view what) const {
  return fmt::format("{}:{}: {}", path_, line_, what);
}

Result<std::optional<std::string_view>> LineReader::next() {
  std::size_t searched = begin_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    const bool whole = end != std::string::npos;
    if (whole || (at_end_ && begin_ < buffer_.size())) {
      ++line_;
      std::string_view line(buffer_.data() + begin_, (whole ? end : buffer_.size()) - begin_);
      begin_ = whole ? end + 1 : buffer_.size();
      if (line.ends_with('\r')) line.remove_suffix(1);
      return line;
    }
    if (at_end_) return std::nullopt;
    if (buffer_.size() - begin_ > kLineBytesMax) {
      ++line_;
      return std::unexpected(
          at(fmt::format("a line of more than {} bytes; is this the right file?", kLineBytesMax)));
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    buffer_.resize(searched + kReadBytes);
    const auto got = source_->read(buffer_.data() + searched, kReadBytes);
    if (!got) {
      return std::unexpected(fmt::format("{}: after line {}: {}", path_, line_, got.error()));
    }
    buffer_.resize(searched + *got);
    at_end_ = *got == 0;
  }
}

}  // namespace holdfast::bench
