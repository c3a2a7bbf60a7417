// How many bytes a second go to the disk in order, several writes under way at once, each durable
// or none. Thread: one owner; a probe belongs to the thread that made it.
#pragma once

#include <cstdint>

#include "bench/floors/bare_ring.h"
#include "bench/floors/scratch_file.h"
#include "bench/result.h"
#include "persistence/file_io.h"

namespace holdfast::bench {

struct SequentialWritten {
  std::uint64_t bytes = 0;
  std::uint64_t duration_ns = 0;
  [[nodiscard]] double mb_per_s() const {  // 10^6 bytes
    return duration_ns == 0
               ? 0
               : static_cast<double>(bytes) * 1e3 / static_cast<double>(duration_ns);
  }
};

class SequentialWriteProbe {
 public:
  static constexpr unsigned kWritesInFlight = 4;

  /// `file` outlives the probe. `write_bytes`: whole sectors.
  [[nodiscard]] static Result<SequentialWriteProbe> make(ScratchFile& file,
                                                         std::size_t write_bytes, bool is_dsync);
  /// Writes for so long, waits for what is under way, and adds to `written`.
  [[nodiscard]] Result<void> run(std::uint64_t duration_ns, SequentialWritten& written);

 private:
  SequentialWriteProbe(ScratchFile& file, std::size_t write_bytes, bool is_dsync, BareRing ring);
  void prepare(std::uint64_t slot);

  ScratchFile* file_;
  std::size_t write_bytes_;
  bool is_dsync_;
  BareRing ring_;
  persistence::AlignedBytes bytes_;
};

}  // namespace holdfast::bench
