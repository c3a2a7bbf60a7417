#include "bench/floors/sequential_write.h"

#include <cstring>

#include "bench/clock.h"


namespace holdfast::bench {

SequentialWriteProbe::SequentialWriteProbe(ScratchFile& file, std::size_t write_bytes,
                                           bool is_dsync, BareRing ring)
    : file_(&file),
      write_bytes_(write_bytes),
      is_dsync_(is_dsync),
      ring_(std::move(ring)),
      bytes_(persistence::allocate_aligned(write_bytes * kWritesInFlight)) {
  std::memset(bytes_.get(), 0xA5, write_bytes * kWritesInFlight);
  ring_.register_buffer({bytes_.get(), write_bytes * kWritesInFlight});
}

Result<SequentialWriteProbe> SequentialWriteProbe::make(ScratchFile& file, std::size_t write_bytes,
                                                        bool is_dsync) {
  auto ring = BareRing::make();
  if (!ring) return std::unexpected(ring.error());
  return SequentialWriteProbe(file, write_bytes, is_dsync, std::move(*ring));
}

void SequentialWriteProbe::prepare(std::uint64_t slot) {
  ring_.prepare(file_->descriptor(), {bytes_.get() + slot * write_bytes_, write_bytes_},
                file_->take(write_bytes_),
                is_dsync_ ? BareRing::Durability::dsync : BareRing::Durability::none, slot);
}

Result<void> SequentialWriteProbe::run(std::uint64_t duration_ns, SequentialWritten& written) {
  const std::uint64_t began_ns = monotonic_ns();
  std::uint64_t now_ns = began_ns;
  for (std::uint64_t slot = 0; slot < kWritesInFlight; ++slot) prepare(slot);
  for (unsigned under_way = kWritesInFlight; under_way > 0;) {
    const auto slot = ring_.wait_one();
    if (!slot) return std::unexpected(slot.error());
    written.bytes += write_bytes_;
    now_ns = monotonic_ns();
    if (now_ns - began_ns < duration_ns) {
      prepare(*slot);
    } else {
      --under_way;
    }
  }
  written.duration_ns += now_ns - began_ns;
  return {};
}

}  // namespace holdfast::bench
