// Counts a program's allocations: this header replaces its operator new, so that one file of a program
// includes it. Counting is off until `counting` is set. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace holdfast::test {

inline std::atomic<bool> counting{false};
inline std::atomic<std::uint64_t> allocations{0};

inline void* allocate_counted(std::size_t bytes) {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
  throw std::bad_alloc();
}

}  // namespace holdfast::test

// GCC takes std::free here for a mistake when it has inlined one of the two sides only.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t bytes) { return holdfast::test::allocate_counted(bytes); }
void* operator new[](std::size_t bytes) { return holdfast::test::allocate_counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
#pragma GCC diagnostic pop
