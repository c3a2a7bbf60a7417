#include "bench/load/acked_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/check.h"

namespace holdfast::bench {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kRecordBytesMax = 4 + kAckedWords * 9;
constexpr std::uint32_t kChunkPayloadMax = kChunkBytes;

using Words = std::array<std::uint64_t, kAckedWords>;

Words words_of(const Command& command, const Outcome& outcome) {
  Words words;
  std::memcpy(words.data(), &command, sizeof command);
  std::memcpy(words.data() + sizeof(Command) / 8, &outcome, sizeof outcome);
  return words;
}

/// Writes at `to`; returns the bytes used, at most `kRecordBytesMax`.
std::size_t encode(std::uint8_t kind, const Words& words, Words& before, std::byte* to) {
  std::uint32_t changed = 0;
  std::size_t at = 4;
  for (std::size_t i = 0; i < kAckedWords; ++i) {
    std::uint64_t word = words[i] ^ before[i];
    if (word == 0) continue;
    changed |= 1U << i;
    const std::size_t mask_at = at++;
    unsigned mask = 0;
    for (unsigned byte = 0; word != 0; ++byte, word >>= 8) {
      if ((word & 0xFF) == 0) continue;
      mask |= 1U << byte;
      to[at++] = static_cast<std::byte>(word & 0xFF);
    }
    to[mask_at] = static_cast<std::byte>(mask);
  }
  to[0] = static_cast<std::byte>(kind);
  for (unsigned i = 0; i < 3; ++i) to[1 + i] = static_cast<std::byte>((changed >> (8 * i)) & 0xFF);
  before = words;
  return at;
}

/// Bytes taken from `from`, or 0 when they are not a record.
std::size_t decode(const std::byte* from, std::size_t size, AckedHistory& history,
                   AckedRecord& record) {
  if (size < 4) return 0;
  const auto kind = std::to_integer<std::size_t>(from[0]);
  if (kind >= kAckedKinds) return 0;
  std::uint32_t changed = 0;
  for (unsigned i = 0; i < 3; ++i) {
    changed |= std::to_integer<std::uint32_t>(from[1 + i]) << (8 * i);
  }
  if (changed >> kAckedWords != 0) return 0;
  std::size_t at = 4;
  Words& words = history[kind];
  for (std::size_t i = 0; i < kAckedWords; ++i) {
    if ((changed >> i & 1) == 0) continue;
    if (at >= size) return 0;
    const unsigned mask = std::to_integer<unsigned>(from[at++]);
    if (at + static_cast<std::size_t>(std::popcount(mask)) > size) return 0;
    for (unsigned byte = 0; byte < 8; ++byte) {
      if ((mask >> byte & 1) != 0) {
        words[i] ^= std::to_integer<std::uint64_t>(from[at++]) << (8 * byte);
      }
    }
  }
  std::memcpy(static_cast<void*>(&record.command), words.data(), sizeof(Command));
  std::memcpy(static_cast<void*>(&record.outcome), words.data() + sizeof(Command) / 8,
              sizeof(Outcome));
  return static_cast<std::size_t>(record.command.kind) == kind ? at : 0;
}

}  // namespace

Result<std::unique_ptr<AckedFile>> AckedFile::create(const std::string& path,
                                                     const AckedHeader& header) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  std::unique_ptr<AckedFile> file(new AckedFile(descriptor, path));
  const auto* bytes = reinterpret_cast<const std::byte*>(&header);
  if (auto written = file->append({bytes, bytes + sizeof header}); !written) {
    return std::unexpected(written.error());
  }
  return file;
}

AckedFile::~AckedFile() { ::close(descriptor_); }

Result<void> AckedFile::append(const std::vector<std::byte>& chunk) {
  const std::scoped_lock lock(mutex_);
  for (std::size_t done = 0; done < chunk.size();) {
    const ssize_t wrote = ::write(descriptor_, chunk.data() + done, chunk.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return std::unexpected(fmt::format("{}: {}", path_, std::strerror(errno)));
    done += static_cast<std::size_t>(wrote);
  }
  return {};
}

AckedWriter::AckedWriter(AckedFile& file) : file_(file) { start_chunk(); }

void AckedWriter::start_chunk() {
  chunk_.resize(kChunkBytes);
  used_ = sizeof(AckedChunkHeader);
  records_ = 0;
  history_.assign(kAckedKinds, {});
}

Result<void> AckedWriter::add(const Command& command, const Outcome& outcome) {
  const auto kind = static_cast<std::size_t>(command.kind);
  HOLDFAST_CHECK(kind < kAckedKinds, "only what a gateway sends is acknowledged");
  used_ += encode(static_cast<std::uint8_t>(kind), words_of(command, outcome), history_[kind],
                  chunk_.data() + used_);
  ++records_;
  return used_ + kRecordBytesMax > kChunkBytes ? flush() : Result<void>{};
}

Result<void> AckedWriter::flush() {
  if (records_ == 0) return {};
  AckedChunkHeader header;
  header.payload_bytes = static_cast<std::uint32_t>(used_ - sizeof header);
  header.records = records_;
  header.payload_hash = XXH3_64bits(chunk_.data() + sizeof header, header.payload_bytes);
  std::memcpy(chunk_.data(), &header, sizeof header);
  chunk_.resize(used_);
  const auto appended = file_.append(chunk_);
  start_chunk();
  return appended;
}

struct AckedReader::Input {
  std::FILE* file;
  std::string path;
  explicit Input(std::FILE* opened, std::string name) : file(opened), path(std::move(name)) {}
  ~Input() { std::fclose(file); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
};

AckedReader::AckedReader(std::unique_ptr<Input> input, const AckedHeader& header)
    : input_(std::move(input)), header_(header) {}
AckedReader::~AckedReader() = default;
AckedReader::AckedReader(AckedReader&&) noexcept = default;
AckedReader& AckedReader::operator=(AckedReader&&) noexcept = default;

Result<AckedReader> AckedReader::open(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  auto input = std::make_unique<Input>(file, path);
  AckedHeader header;
  if (std::fread(&header, 1, sizeof header, file) != sizeof header ||
      header.magic != AckedHeader::kMagic) {
    return std::unexpected(
        fmt::format("{}: this is not a file of acknowledged commands (holdfast-bench run --acked "
                    "FILE writes one)",
                    path));
  }
  if (header.version != 1 || header.header_bytes != sizeof header) {
    return std::unexpected(
        fmt::format("{}: version {} is not known to this program", path, header.version));
  }
  return AckedReader(std::move(input), header);
}

Result<bool> AckedReader::next_chunk() {
  const auto damaged = [&](std::string_view what) {
    return std::unexpected(fmt::format("{}: damaged before offset {}: {}", input_->path,
                                       std::ftell(input_->file), what));
  };
  AckedChunkHeader header;
  const std::size_t got = std::fread(&header, 1, sizeof header, input_->file);
  if (got != sizeof header) {
    was_cut_ = got != 0;
    return false;
  }
  if (header.magic != AckedChunkHeader::kMagic || header.payload_bytes > kChunkPayloadMax) {
    return damaged("no chunk begins where one should");
  }
  chunk_.resize(header.payload_bytes);
  if (std::fread(chunk_.data(), 1, chunk_.size(), input_->file) != chunk_.size()) {
    was_cut_ = true;
    return false;
  }
  if (XXH3_64bits(chunk_.data(), chunk_.size()) != header.payload_hash) {
    return damaged("a checksum is wrong");
  }
  used_ = 0;
  records_left_ = header.records;
  history_.assign(kAckedKinds, {});
  return true;
}

Result<std::optional<AckedRecord>> AckedReader::next() {
  while (records_left_ == 0) {
    const auto more = next_chunk();
    if (!more) return std::unexpected(more.error());
    if (!*more) return std::nullopt;
  }
  AckedRecord record;
  const std::size_t bytes = decode(chunk_.data() + used_, chunk_.size() - used_, history_, record);
  if (bytes == 0) {
    return std::unexpected(fmt::format("{}: a record cannot be decoded", input_->path));
  }
  used_ += bytes;
  --records_left_;
  return record;
}

}  // namespace holdfast::bench
