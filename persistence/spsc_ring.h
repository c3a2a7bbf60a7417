// A bounded queue from one thread to one other: neither ever waits, and a full or an empty ring is
// an answer. Thread: one calls `push`, one `pop`; they need not be the same.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>

namespace holdfast::persistence {

template <class T, std::size_t kCapacity>
class SpscRing {
  static_assert((kCapacity & (kCapacity - 1)) == 0, "the place of a count is a mask away");

 public:
  /// False: full.
  [[nodiscard]] bool push(const T& item) {
    const std::size_t written = written_.load(std::memory_order_relaxed);
    if (written - read_.load(std::memory_order_acquire) == kCapacity) return false;
    items_[written & (kCapacity - 1)] = item;
    written_.store(written + 1, std::memory_order_release);
    return true;
  }

  [[nodiscard]] std::optional<T> pop() {
    const std::size_t read = read_.load(std::memory_order_relaxed);
    if (read == written_.load(std::memory_order_acquire)) return std::nullopt;
    const T item = items_[read & (kCapacity - 1)];
    read_.store(read + 1, std::memory_order_release);
    return item;
  }

  /// As seen by the side that pushes: the other may have taken some more.
  [[nodiscard]] std::size_t size() const {
    return written_.load(std::memory_order_relaxed) - read_.load(std::memory_order_acquire);
  }

 private:
  std::array<T, kCapacity> items_{};
  // Counts that only rise, each written by one side; apart, so that the sides do not share a line.
  alignas(64) std::atomic<std::size_t> written_{0};
  alignas(64) std::atomic<std::size_t> read_{0};
};

}  // namespace holdfast::persistence
