#include "persistence/uring_file_io.h"

#include <fmt/format.h>
#include <liburing.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/check.h"
#include "engine/limits.h"
#include "engine/types.h"

namespace holdfast::persistence {
namespace {

// Two entries a write (write and fdatasync), the wake-up read, and some air.
constexpr unsigned kRingEntries = 32;
static_assert(kRingEntries >= 2 * limits::wal_writes_in_flight_max + 2);

// user_data: the kind in the low bits, the write's place in Ring::writes above.
enum : std::uint64_t { kWakeRead = 0, kWrite = 1, kSync = 2, kKindBits = 2, kKindMask = 3 };

// By hand: Debian 12's liburing 2.3 declares io_uring_enable_rings and does not export it. 0, or
// the negative error.
int enable(const io_uring& ring) {
  const long result = ::syscall(__NR_io_uring_register, ring.ring_fd, IORING_REGISTER_ENABLE_RINGS,
                                nullptr, 0);
  return result < 0 ? -errno : 0;
}

// Making a ring may be allowed where using it is not (seccomp), so one is made use of. 0, or the
// negative error.
int try_out() {
  io_uring ring{};
  int result = io_uring_queue_init(1, &ring, IORING_SETUP_R_DISABLED);
  if (result < 0) return result;
  result = enable(ring);
  if (result == 0) {
    io_uring_prep_nop(io_uring_get_sqe(&ring));
    result = std::min(io_uring_submit_and_wait(&ring, 1), 0);
  }
  io_uring_queue_exit(&ring);
  return result;
}

}  // namespace

struct UringFileIo::Ring {
  io_uring ring{};
  UringOptions options;
  std::string notes;
  bool bound = false;
  bool wake_read_armed = false;
  bool wake_pending = false;  // `wake` came between two parks
  bool fixed_buffer = false;
  std::span<std::byte> buffer;
  std::uint64_t wake_count = 0;  // the armed read writes here

  struct Write {
    bool under_way = false;
    unsigned parts_left = 0;  // completions to come
    WriteCompletion completion;
  };
  std::array<Write, limits::wal_writes_in_flight_max> writes;

  // Takes one completion; the write it finishes, if it does.
  const WriteCompletion* take(const io_uring_cqe& cqe);
};

const WriteCompletion* UringFileIo::Ring::take(const io_uring_cqe& cqe) {
  const std::uint64_t kind = cqe.user_data & kKindMask;
  if (kind == kWakeRead) {
    wake_read_armed = false;
    wake_pending = true;
    return nullptr;
  }
  Write& write = writes[cqe.user_data >> kKindBits];
  if (cqe.res < 0) {
    // A write that failed cancels the sync linked to it; the first error is the one that says why.
    if (write.completion.error_number == 0) write.completion.error_number = -cqe.res;
  } else if (kind == kWrite) {
    write.completion.written_bytes = static_cast<std::uint64_t>(cqe.res);
  }
  if (--write.parts_left > 0) return nullptr;
  write.under_way = false;
  return &write.completion;
}

UringFileIo::UringFileIo(int wake_fd, std::unique_ptr<Ring> ring)
    : PosixFileIo(wake_fd), ring_(std::move(ring)) {}

IoResult<std::unique_ptr<UringFileIo>> UringFileIo::make(const UringOptions& options) {
  auto ring = std::make_unique<Ring>();
  ring->options = options;
  // From the best to the plainest; a kernel refuses flags that it does not know with EINVAL.
  struct Attempt {
    unsigned flags;
    const char* missing;
  };
  static constexpr Attempt kAttempts[] = {
      {IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
           IORING_SETUP_TASKRUN_FLAG,
       ""},
      {IORING_SETUP_R_DISABLED | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
       "the kernel has no deferred task work (Linux 6.1)"},
      {IORING_SETUP_R_DISABLED, "the kernel has no cooperative task work (Linux 5.19)"},
  };
  int result = -EINVAL;
  for (const Attempt& attempt : kAttempts) {
    result = io_uring_queue_init(kRingEntries, &ring->ring, attempt.flags);
    ring->notes = attempt.missing;
    if (result != -EINVAL) break;
  }
  if (result >= 0) {
    const int tried = try_out();
    if (tried < 0) {
      io_uring_queue_exit(&ring->ring);
      result = tried;
    }
  }
  if (result < 0) {
    IoError error = make_io_error("an io_uring", "make", -result);
    error.reason += result == -EPERM ? " (forbidden by seccomp or kernel.io_uring_disabled)"
                    : result == -ENOMEM ? " (raise RLIMIT_MEMLOCK)"
                                        : "";
    return std::unexpected(error);
  }
  if ((ring->ring.features & IORING_FEAT_EXT_ARG) == 0) {
    io_uring_queue_exit(&ring->ring);
    return std::unexpected(IoError{.path = "an io_uring",
                                   .operation = "make",
                                   .reason = "the kernel is older than Linux 5.11"});
  }
  const int wake_fd = ::eventfd(0, EFD_CLOEXEC);
  if (wake_fd < 0) {
    const int error_number = errno;
    io_uring_queue_exit(&ring->ring);
    return std::unexpected(make_io_error("an eventfd", "make", error_number));
  }
  return std::unique_ptr<UringFileIo>(new UringFileIo(wake_fd, std::move(ring)));
}

UringFileIo::~UringFileIo() { io_uring_queue_exit(&ring_->ring); }

FileIoTraits UringFileIo::traits() const {
  return {.name = "io_uring",
          .write_method = ring_->options.write_method == WriteMethod::dsync
                              ? "write with RWF_DSYNC"
                              : "write, then linked fdatasync",
          .asynchronous = true,
          .notes = ring_->notes};
}

void UringFileIo::announce_buffer(std::span<std::byte> buffer) {
  if (ring_->fixed_buffer) return;  // one is enough: a log has one
  const iovec piece{.iov_base = buffer.data(), .iov_len = buffer.size()};
  // Saves pinning pages at each write; refused when RLIMIT_MEMLOCK is low, and then done without.
  if (io_uring_register_buffers(&ring_->ring, &piece, 1) == 0) {
    ring_->fixed_buffer = true;
    ring_->buffer = buffer;
  }
}

void UringFileIo::bind_to_this_thread() {
  if (ring_->bound) return;
  // The issuer of a SINGLE_ISSUER ring is the thread that enables it.
  HOLDFAST_CHECK(enable(ring_->ring) == 0, "an io_uring could be made but not enabled");
  ring_->bound = true;
}

IoResult<void> UringFileIo::submit_write(const WriteRequest& request) {
  bind_to_this_thread();
  std::size_t place = 0;
  while (place < ring_->writes.size() && ring_->writes[place].under_way) ++place;
  HOLDFAST_CHECK(place < ring_->writes.size(), "more log writes under way than the limit");
  const bool linked_sync = ring_->options.write_method == WriteMethod::write_then_fdatasync;
  io_uring_sqe* write = io_uring_get_sqe(&ring_->ring);
  io_uring_sqe* sync = linked_sync ? io_uring_get_sqe(&ring_->ring) : nullptr;
  HOLDFAST_CHECK(write != nullptr && (sync != nullptr || !linked_sync),
                 "the submission queue has room for every write allowed");

  const auto length = static_cast<unsigned>(request.bytes.size());
  const std::byte* first = request.bytes.data();
  const bool in_buffer = ring_->fixed_buffer && first >= ring_->buffer.data() &&
                         first + length <= ring_->buffer.data() + ring_->buffer.size();
  if (in_buffer) {
    io_uring_prep_write_fixed(write, request.file.id, first, length, request.offset, 0);
  } else {
    io_uring_prep_write(write, request.file.id, first, length, request.offset);
  }
  write->user_data = (place << kKindBits) | kWrite;
  if (linked_sync) {
    write->flags |= IOSQE_IO_LINK;
    io_uring_prep_fsync(sync, request.file.id, IORING_FSYNC_DATASYNC);
    sync->user_data = (place << kKindBits) | kSync;
  } else {
    write->rw_flags = RWF_DSYNC;
  }
  ring_->writes[place] = {.under_way = true,
                          .parts_left = linked_sync ? 2U : 1U,
                          .completion = {.token = request.token}};
  int result = 0;
  do {
    result = io_uring_submit(&ring_->ring);
  } while (result == -EINTR);
  if (result < 0) {
    return std::unexpected(make_io_error(path_of(request.file), "submit a write to", -result));
  }
  return {};
}

std::size_t UringFileIo::poll(std::span<WriteCompletion> out) {
  bind_to_this_thread();
  std::size_t count = 0;
  while (count < out.size()) {
    io_uring_cqe* cqe = nullptr;
    // Enters the kernel only when it has flagged task work: no system call when there is nothing.
    if (io_uring_peek_cqe(&ring_->ring, &cqe) != 0 || cqe == nullptr) break;
    const WriteCompletion* completion = ring_->take(*cqe);
    io_uring_cqe_seen(&ring_->ring, cqe);
    if (completion != nullptr) out[count++] = *completion;
  }
  return count;
}

void UringFileIo::arm_wake_read() {
  if (ring_->wake_read_armed) return;
  io_uring_sqe* read = io_uring_get_sqe(&ring_->ring);
  HOLDFAST_CHECK(read != nullptr, "the submission queue has room for the wake-up read");
  io_uring_prep_read(read, wake_fd_, &ring_->wake_count, sizeof ring_->wake_count, 0);
  read->user_data = kWakeRead;
  ring_->wake_read_armed = true;
}

void UringFileIo::park(std::uint64_t timeout_ns) {
  bind_to_this_thread();
  if (std::exchange(ring_->wake_pending, false)) return;
  arm_wake_read();
  __kernel_timespec timeout{.tv_sec = static_cast<std::int64_t>(timeout_ns / kNsPerSecond),
                            .tv_nsec = static_cast<long long>(timeout_ns % kNsPerSecond)};
  io_uring_cqe* cqe = nullptr;
  // -ETIME, -EINTR: the caller looks around anyway. Completions stay for `poll`.
  const int result = io_uring_submit_and_wait_timeout(&ring_->ring, &cqe, 1, &timeout, nullptr);
  HOLDFAST_CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
                     result == -EBUSY,
                 "io_uring refused to wait");
  if (result >= 0 && cqe != nullptr && cqe->user_data == kWakeRead) {
    ring_->wake_read_armed = false;
    io_uring_cqe_seen(&ring_->ring, cqe);
  }
}

namespace {

class NotedPosixFileIo final : public PosixFileIo {
 public:
  NotedPosixFileIo(int wake_fd, std::string notes)
      : PosixFileIo(wake_fd), notes_(std::move(notes)) {}
  [[nodiscard]] FileIoTraits traits() const override {
    FileIoTraits traits = PosixFileIo::traits();
    traits.notes = notes_;
    return traits;
  }

 private:
  std::string notes_;
};

}  // namespace

IoResult<std::unique_ptr<FileIo>> make_file_io(const UringOptions& options) {
  auto uring = UringFileIo::make(options);
  if (uring) return std::unique_ptr<FileIo>(std::move(*uring));
  const int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) return std::unexpected(make_io_error("an eventfd", "make", errno));
  return std::unique_ptr<FileIo>(std::make_unique<NotedPosixFileIo>(
      wake_fd, uring.error().text() + "; every log write stops the core until it is durable"));
}

}  // namespace holdfast::persistence
