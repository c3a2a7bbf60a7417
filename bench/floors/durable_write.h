// How long one durable 4 KiB write takes, one at a time, by each way that Linux offers.
//
// All write into a file laid out as a log segment, past the page cache where the volume can; the
// last one goes through the page cache, as Redis and PostgreSQL write. Thread: a writer belongs to
// the thread that made it.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string_view>

#include "bench/floors/bare_ring.h"
#include "bench/floors/scratch_file.h"
#include "bench/histogram.h"
#include "bench/result.h"
#include "persistence/file_io.h"

namespace holdfast::bench {

enum class DurableMethod : std::uint8_t {
  io_uring_dsync,
  io_uring_write_fdatasync,
  pwritev2_dsync,
  pwrite_fdatasync,
  buffered_pwrite_fdatasync,
};
inline constexpr std::array<std::string_view, 5> kDurableMethodNames = {
    "io_uring_dsync", "io_uring_write_fdatasync", "pwritev2_dsync", "pwrite_fdatasync",
    "buffered_pwrite_fdatasync"};

class DurableWriter {
 public:
  /// `file` outlives the writer; for `buffered_…` it is a buffered one. `wait`: through io_uring
  /// only.
  [[nodiscard]] static Result<DurableWriter> make(DurableMethod method, ScratchFile& file,
                                                  BareRing::Wait wait = BareRing::Wait::sleep);

  /// The 4 KiB that the next write writes.
  [[nodiscard]] std::span<std::byte> block();
  /// Returns when the block is on disk, at the file's next place.
  [[nodiscard]] Result<void> write_once();
  /// Writes for so long and records each write, but for the first few.
  [[nodiscard]] Result<void> run(std::uint64_t duration_ns, Histogram& latency_ns);

 private:
  DurableWriter(DurableMethod method, ScratchFile& file, BareRing::Wait wait,
                std::unique_ptr<BareRing> ring);
  [[nodiscard]] Result<void> write_by_ring(std::uint64_t offset, BareRing::Durability durability);
  [[nodiscard]] Result<void> write_by_call(std::uint64_t offset, bool is_dsync);

  DurableMethod method_;
  ScratchFile* file_;
  BareRing::Wait wait_;
  std::unique_ptr<BareRing> ring_;  // for the methods that need one
  persistence::AlignedBytes bytes_;
};

}  // namespace holdfast::bench
