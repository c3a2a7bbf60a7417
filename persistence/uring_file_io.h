// FileIo for a server on Linux: durable writes through one io_uring, the rest by system calls.
//
// One ring, made by `make` (so that a system that refuses it is known at start-up) but bound to the
// first thread that submits, polls or parks: the core. One wait covers completions and new work,
// because a read of the wake-up eventfd is always armed while parked. Nothing but uring_file_io.cc
// includes liburing. Needs Linux 5.11; 6.1 and later run deferred task work (no interrupts of the
// core thread by completions).
#pragma once

#include <memory>

#include "persistence/posix_file_io.h"

namespace holdfast::persistence {

/// How a write becomes durable. Measured by `holdfast-bench floor`; the default suits most.
enum class WriteMethod : std::uint8_t {
  dsync,                 // one write with RWF_DSYNC
  write_then_fdatasync,  // a write, then a linked fdatasync
};

struct UringOptions {
  WriteMethod write_method = WriteMethod::dsync;
};

class UringFileIo final : public PosixFileIo {
 public:
  /// Fails when the system refuses io_uring (old kernel, seccomp, sysctl kernel.io_uring_disabled);
  /// the error says so, and PosixFileIo is then the way out.
  [[nodiscard]] static IoResult<std::unique_ptr<UringFileIo>> make(const UringOptions& options);
  /// No write may be under way.
  ~UringFileIo() override;

  [[nodiscard]] FileIoTraits traits() const override;
  [[nodiscard]] IoResult<void> submit_write(const WriteRequest& request) override;
  [[nodiscard]] std::size_t poll(std::span<WriteCompletion> out) override;
  void park(std::uint64_t timeout_ns) override;

 protected:
  void announce_buffer(std::span<std::byte> buffer) override;

 private:
  struct Ring;
  UringFileIo(int wake_fd, std::unique_ptr<Ring> ring);
  void bind_to_this_thread();
  void arm_wake_read();
  std::unique_ptr<Ring> ring_;
};

/// UringFileIo, or PosixFileIo where the system refuses it; `traits().notes` then says why.
[[nodiscard]] IoResult<std::unique_ptr<FileIo>> make_file_io(const UringOptions& options);

}  // namespace holdfast::persistence
