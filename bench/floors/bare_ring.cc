#include "bench/floors/bare_ring.h"

#include <fmt/format.h>
#include <liburing.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "engine/check.h"

namespace holdfast::bench {

namespace {

constexpr unsigned kEntries = 16;  // eight writes, each with a sync

// user_data: the token above, the kind in the lowest bit, whether a sync follows in the next.
enum : std::uint64_t { kWrite = 0, kSync = 1, kSyncFollows = 2, kTokenShift = 2 };

}  // namespace

struct BareRing::Impl {
  io_uring ring{};
  std::span<std::byte> fixed;
  unsigned bytes_expected = 0;  // all writes under way at once are of one length

  Result<void> wait(Wait how);
};

BareRing::BareRing(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BareRing::BareRing(BareRing&&) noexcept = default;
BareRing::~BareRing() {
  if (impl_) io_uring_queue_exit(&impl_->ring);
}

Result<BareRing> BareRing::make() {
  auto impl = std::make_unique<Impl>();
  int result = io_uring_queue_init(
      kEntries, &impl->ring,
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
  if (result == -EINVAL) result = io_uring_queue_init(kEntries, &impl->ring, 0);
  if (result < 0) {
    return std::unexpected(fmt::format("cannot make an io_uring: {}", std::strerror(-result)));
  }
  return BareRing(std::move(impl));
}

void BareRing::register_buffer(std::span<std::byte> buffer) {
  const iovec piece{.iov_base = buffer.data(), .iov_len = buffer.size()};
  if (io_uring_register_buffers(&impl_->ring, &piece, 1) == 0) impl_->fixed = buffer;
}

void BareRing::prepare(int descriptor, std::span<const std::byte> bytes, std::uint64_t offset,
                       Durability durability, std::uint64_t token) {
  const bool sync_follows = durability == Durability::linked_fdatasync;
  io_uring_sqe* write = io_uring_get_sqe(&impl_->ring);
  io_uring_sqe* sync = sync_follows ? io_uring_get_sqe(&impl_->ring) : nullptr;
  HOLDFAST_CHECK(write != nullptr && (sync != nullptr) == sync_follows,
                 "the submission queue has room for every write allowed");
  const auto length = static_cast<unsigned>(bytes.size());
  impl_->bytes_expected = length;
  const bool is_fixed = bytes.data() >= impl_->fixed.data() &&
                        bytes.data() + length <= impl_->fixed.data() + impl_->fixed.size();
  if (is_fixed) {
    io_uring_prep_write_fixed(write, descriptor, bytes.data(), length, offset, 0);
  } else {
    io_uring_prep_write(write, descriptor, bytes.data(), length, offset);
  }
  write->user_data = token << kTokenShift | kWrite;
  if (durability == Durability::dsync) write->rw_flags = RWF_DSYNC;
  if (!sync_follows) return;
  write->user_data |= kSyncFollows;
  write->flags |= IOSQE_IO_LINK;
  io_uring_prep_fsync(sync, descriptor, IORING_FSYNC_DATASYNC);
  sync->user_data = token << kTokenShift | kSync;
}

Result<void> BareRing::Impl::wait(Wait how) {
  io_uring_cqe* ready = nullptr;
  if (io_uring_peek_cqe(&ring, &ready) == 0 && io_uring_sq_ready(&ring) == 0) return {};
  int result = 0;
  do {
    result = how == Wait::sleep ? io_uring_submit_and_wait(&ring, 1) : io_uring_submit(&ring);
  } while (result == -EINTR);
  if (result < 0) {
    return std::unexpected(fmt::format("io_uring refused a write: {}", std::strerror(-result)));
  }
  while (how == Wait::spin && io_uring_peek_cqe(&ring, &ready) != 0) {
  }
  return {};
}

Result<std::uint64_t> BareRing::wait_one(Wait how) {
  while (true) {
    if (auto waited = impl_->wait(how); !waited) return std::unexpected(waited.error());
    io_uring_cqe* cqe = nullptr;
    if (io_uring_peek_cqe(&impl_->ring, &cqe) != 0) continue;
    const std::uint64_t data = cqe->user_data;
    const int result = cqe->res;
    io_uring_cqe_seen(&impl_->ring, cqe);
    if (result < 0) {
      return std::unexpected(fmt::format("a write failed: {}", std::strerror(-result)));
    }
    const bool is_write = (data & kSync) == 0;
    if (is_write && static_cast<unsigned>(result) != impl_->bytes_expected) {
      return std::unexpected(fmt::format("only {} of {} bytes were written", result,
                                         impl_->bytes_expected));
    }
    if ((data & kSyncFollows) == 0) return data >> kTokenShift;
  }
}

}  // namespace holdfast::bench
