// The least that a program can do to write through io_uring: what the log's own file layer is
// compared with, so it shares no code with it.
//
// Thread: the one that made it, and no other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "bench/result.h"

namespace holdfast::bench {

class BareRing {
 public:
  /// How a write becomes durable, if it does.
  enum class Durability : std::uint8_t { none, dsync, linked_fdatasync };
  enum class Wait : std::uint8_t { sleep, spin };

  /// Fails when the system refuses io_uring.
  [[nodiscard]] static Result<BareRing> make();
  BareRing(BareRing&&) noexcept;
  BareRing& operator=(BareRing&&) = delete;
  ~BareRing();

  /// Saves pinning the pages at each write; writes from elsewhere stay possible.
  void register_buffer(std::span<std::byte> buffer);

  /// Starts a write with the next `wait_one`. At most 8 may be under way.
  void prepare(int descriptor, std::span<const std::byte> bytes, std::uint64_t offset,
               Durability durability, std::uint64_t token);
  /// Submits what is prepared and waits until one write is complete and as durable as asked; its
  /// token. An error or a short write is an error.
  [[nodiscard]] Result<std::uint64_t> wait_one(Wait wait = Wait::sleep);

 private:
  struct Impl;
  explicit BareRing(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::bench
