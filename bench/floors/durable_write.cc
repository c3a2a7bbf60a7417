#include "bench/floors/durable_write.h"

#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bench/clock.h"
#include "engine/limits.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kWriteBytes = limits::wal_sector_bytes;
constexpr unsigned kWarmUpWrites = 3;

}  // namespace

DurableWriter::DurableWriter(DurableMethod method, ScratchFile& file, BareRing::Wait wait,
                             std::unique_ptr<BareRing> ring)
    : method_(method),
      file_(&file),
      wait_(wait),
      ring_(std::move(ring)),
      bytes_(persistence::allocate_aligned(kWriteBytes)) {
  std::memset(bytes_.get(), 0xA5, kWriteBytes);  // a disk may treat zeroes as nothing
  if (ring_) ring_->register_buffer({bytes_.get(), kWriteBytes});
}

Result<DurableWriter> DurableWriter::make(DurableMethod method, ScratchFile& file,
                                          BareRing::Wait wait) {
  std::unique_ptr<BareRing> ring;
  if (method == DurableMethod::io_uring_dsync ||
      method == DurableMethod::io_uring_write_fdatasync) {
    auto made = BareRing::make();
    if (!made) return std::unexpected(made.error());
    ring = std::make_unique<BareRing>(std::move(*made));
  }
  return DurableWriter(method, file, wait, std::move(ring));
}

std::span<std::byte> DurableWriter::block() { return {bytes_.get(), kWriteBytes}; }

Result<void> DurableWriter::run(std::uint64_t duration_ns, Histogram& latency_ns) {
  for (unsigned i = 0; i < kWarmUpWrites; ++i) {
    if (auto written = write_once(); !written) return written;
  }
  std::uint64_t began_ns = monotonic_ns();
  const std::uint64_t end_ns = began_ns + duration_ns;
  do {
    if (auto written = write_once(); !written) return written;
    const std::uint64_t now_ns = monotonic_ns();
    latency_ns.record(now_ns - began_ns);
    began_ns = now_ns;
  } while (began_ns < end_ns);
  return {};
}

Result<void> DurableWriter::write_once() {
  const std::uint64_t offset = file_->take(kWriteBytes);
  switch (method_) {
    case DurableMethod::io_uring_dsync:
      return write_by_ring(offset, BareRing::Durability::dsync);
    case DurableMethod::io_uring_write_fdatasync:
      return write_by_ring(offset, BareRing::Durability::linked_fdatasync);
    case DurableMethod::pwritev2_dsync: return write_by_call(offset, true);
    case DurableMethod::pwrite_fdatasync:
    case DurableMethod::buffered_pwrite_fdatasync: break;
  }
  return write_by_call(offset, false);
}

Result<void> DurableWriter::write_by_ring(std::uint64_t offset,
                                          BareRing::Durability durability) {
  ring_->prepare(file_->descriptor(), {bytes_.get(), kWriteBytes}, offset, durability, 0);
  const auto written = ring_->wait_one(wait_);
  if (!written) return std::unexpected(written.error());
  return {};
}

Result<void> DurableWriter::write_by_call(std::uint64_t offset, bool is_dsync) {
  const iovec piece{.iov_base = bytes_.get(), .iov_len = kWriteBytes};
  const ssize_t count = ::pwritev2(file_->descriptor(), &piece, 1, static_cast<off_t>(offset),
                                   is_dsync ? RWF_DSYNC : 0);
  if (count != static_cast<ssize_t>(kWriteBytes)) {
    return std::unexpected(
        fmt::format("a write failed: {}", count < 0 ? std::strerror(errno) : "it was short"));
  }
  if (!is_dsync && ::fdatasync(file_->descriptor()) != 0) {
    return std::unexpected(fmt::format("a sync failed: {}", std::strerror(errno)));
  }
  return {};
}

}  // namespace holdfast::bench
