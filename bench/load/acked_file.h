// What the server acknowledged, kept outside the server, so that nothing acknowledged can be lost
// unnoticed: each command exactly as it was sent and the outcome exactly as it was answered.
//
// File: a 64-byte header, then chunks, each a 24-byte chunk header and its records. A record is one
// command and outcome as 22 little-endian 64-bit words, XORed with the record before of the same
// kind in the same chunk, and written as: kind (1 byte), which words are not zero (3 bytes), then
// for each of those a byte that says which of its bytes are not zero, and these. About 35 bytes a
// record. Chunks are self-contained, have a checksum and are appended by one write, so threads may
// share the file; a chunk cut at the end of the file (the program was killed) is told, not an
// error.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bench/result.h"
#include "engine/command.h"
#include "engine/outcome.h"

namespace holdfast::bench {

struct AckedRecord {
  Command command;
  Outcome outcome;
};

/// What the records are about; all zero when they are not of a population of `holdfast-bench run`.
struct AckedHeader {
  std::uint64_t magic = kMagic;
  std::uint32_t version = 1;
  std::uint32_t header_bytes = 64;
  std::uint64_t population = 0;
  std::uint64_t accounts = 0;
  std::uint64_t run_id = 0;
  std::uint64_t currency = 0;
  std::uint64_t reserved[2] = {};
  static constexpr std::uint64_t kMagic = 0x31'64'65'6B'63'41'66'48;  // "HfAcked1"
};
static_assert(is_plain_bytes<AckedHeader> && sizeof(AckedHeader) == 64);

struct AckedChunkHeader {
  std::uint32_t magic = kMagic;
  std::uint32_t payload_bytes = 0;
  std::uint32_t records = 0;
  std::uint32_t reserved = 0;
  std::uint64_t payload_hash = 0;                         // XXH3-64
  static constexpr std::uint32_t kMagic = 0x6B'6E'68'43;  // "Chnk"
};
static_assert(is_plain_bytes<AckedChunkHeader> && sizeof(AckedChunkHeader) == 24);

inline constexpr std::size_t kAckedWords = (sizeof(Command) + sizeof(Outcome)) / 8;
static_assert(sizeof(AckedRecord) == kAckedWords * 8 && kAckedWords <= 24);
/// Kinds that gateways send; the engine's own are never acknowledged.
inline constexpr std::size_t kAckedKinds = 32;

/// The words of the record before, for each kind.
using AckedHistory = std::vector<std::array<std::uint64_t, kAckedWords>>;

/// The file, shared by the threads of one run.
class AckedFile {
 public:
  /// Creates the file, or empties it.
  [[nodiscard]] static Result<std::unique_ptr<AckedFile>> create(const std::string& path,
                                                                 const AckedHeader& header);
  ~AckedFile();
  AckedFile(const AckedFile&) = delete;
  AckedFile& operator=(const AckedFile&) = delete;

  /// Any thread. Appends one chunk.
  [[nodiscard]] Result<void> append(const std::vector<std::byte>& chunk);

 private:
  AckedFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  std::mutex mutex_;
  int descriptor_;
  std::string path_;
};

/// One thread's way into the file. Collects a chunk and appends it when it is full.
class AckedWriter {
 public:
  explicit AckedWriter(AckedFile& file);
  /// `command` must be of a kind below `kAckedKinds`. Writes the file about every 64 KiB.
  [[nodiscard]] Result<void> add(const Command& command, const Outcome& outcome);
  /// Appends what is collected.
  [[nodiscard]] Result<void> flush();

 private:
  void start_chunk();

  AckedFile& file_;
  std::vector<std::byte> chunk_;
  std::size_t used_ = 0;
  std::uint32_t records_ = 0;
  AckedHistory history_;
};

class AckedReader {
 public:
  [[nodiscard]] static Result<AckedReader> open(const std::string& path);
  ~AckedReader();
  AckedReader(AckedReader&&) noexcept;
  AckedReader& operator=(AckedReader&&) noexcept;

  [[nodiscard]] const AckedHeader& header() const { return header_; }
  /// The next record, or nothing at the end. Damage before the end is an error.
  [[nodiscard]] Result<std::optional<AckedRecord>> next();
  /// After the end: the last chunk was cut and its records are not among those returned.
  [[nodiscard]] bool was_cut() const { return was_cut_; }

 private:
  struct Input;
  AckedReader(std::unique_ptr<Input> input, const AckedHeader& header);
  Result<bool> next_chunk();

  std::unique_ptr<Input> input_;
  AckedHeader header_;
  std::vector<std::byte> chunk_;
  std::size_t used_ = 0;
  std::uint32_t records_left_ = 0;
  AckedHistory history_;
  bool was_cut_ = false;
};

}  // namespace holdfast::bench
