// Memory of the tables and indexes: in huge pages where the system has them, and touched before it
// is needed.
//
// Random access to gigabytes in pages of 4 KiB spends more time in the page tables than in the data,
// and the first touch of a page stops whoever makes it: on a virtual machine for a millisecond and
// more for 2 MiB. So tables map whole huge pages, and a server keeps some of them touched ahead by
// a thread of its own (MemoryReserve). Nothing here takes part in a decision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace holdfast {

inline constexpr std::size_t kHugePageBytes = 2 * 1024 * 1024;

/// Asks memory for the cache line of `address`. GCC takes a function that only prefetches for one
/// without effect and drops calls to it; an empty `asm volatile` says that there is one.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address, 1);
  asm volatile("");
}

enum class PageSize : std::uint8_t {
  small,  // touched page by page: for what may stay small
  huge,
};

/// Memory for one chunk, zeroed. Huge: aligned for huge pages and asked for as such, and from the
/// reserve if that runs. Thread: the owner's.
class ChunkMemory {
 public:
  ChunkMemory(std::size_t bytes, PageSize pages);
  ~ChunkMemory();
  ChunkMemory(ChunkMemory&& other) noexcept;
  ChunkMemory& operator=(ChunkMemory&& other) noexcept;
  ChunkMemory(const ChunkMemory&) = delete;
  ChunkMemory& operator=(const ChunkMemory&) = delete;
  [[nodiscard]] std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Memory that a thread of its own touches ahead, so that who takes a chunk of it neither enters the
/// kernel nor waits for pages. One long range of addresses is handed out from its front, whatever the
/// lengths asked for, and touched some way beyond what was handed out. One for the process, and idle
/// unless started: chunks are then mapped when they are needed.
///
/// The touching thread fills the reserve once at normal priority, for a start may wait for that
/// (`wait_until_ready`). From then on it runs when no other thread wants its processor, so nobody may
/// wait for it: it holds no lock, and touches pages by page faults, which exclude nobody (a call that
/// populates them keeps the kernel's lock on all of the process's memory while it waits for a processor).
/// Any thread.
class MemoryReserve {
 public:
  [[nodiscard]] static MemoryReserve& of_process();
  ~MemoryReserve();
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;

  /// Begins to keep about `bytes_ahead` ready, or another number from now on. 0: stops; what is ready
  /// then is given back.
  void keep_ahead(std::size_t bytes_ahead);
  /// A zeroed chunk of whole huge pages, aligned for them. Null when stopped, for other lengths, and
  /// when there are no more addresses.
  [[nodiscard]] std::byte* take(std::size_t bytes);
  /// The memory of a chunk, for the system; false when it is not from here.
  bool give_back(std::byte* chunk, std::size_t bytes);

  struct Status {
    std::size_t ready_bytes = 0;
    std::uint64_t taken = 0;   // chunks, since `keep_ahead`
    std::uint64_t missed = 0;  // of them not ready in whole, so touched by who needed them
  };
  [[nodiscard]] Status status() const;
  /// Waits until as much is ready as is to be kept.
  void wait_until_ready();

 private:
  MemoryReserve();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Memory for the arrays of hash maps, cut from huge pages. What is freed is kept for the next of
/// the same length, and for any once all pieces around it are freed: shards of one index grow to the
/// same lengths, one after the other. Any thread.
[[nodiscard]] void* take_index_memory(std::size_t bytes);
void give_index_memory_back(void* memory, std::size_t bytes) noexcept;

/// Allocator of containers that live in it.
template <class T>
struct IndexAllocator {
  using value_type = T;
  IndexAllocator() = default;
  template <class U>
  IndexAllocator(const IndexAllocator<U>&) {}
  [[nodiscard]] T* allocate(std::size_t n) {
    return static_cast<T*>(take_index_memory(n * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t n) noexcept {
    give_index_memory_back(memory, n * sizeof(T));
  }
  friend bool operator==(const IndexAllocator&, const IndexAllocator&) { return true; }
};

}  // namespace holdfast
