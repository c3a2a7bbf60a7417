// Memory touched ahead of its use, as a server has it: on a virtual machine the first touch of a huge
// page may take 5 ms, as much as ten thousand commands. Thread: any; one at a time in a process.
#pragma once

#include <cstddef>

#include "engine/huge_memory.h"

namespace holdfast::bench {

/// Keeps memory of this process touched ahead while it lives.
class MemoryAhead {
 public:
  /// Does not wait; 0 bytes: none.
  explicit MemoryAhead(std::size_t bytes) { MemoryReserve::of_process().keep_ahead(bytes); }
  ~MemoryAhead() { MemoryReserve::of_process().keep_ahead(0); }
  MemoryAhead(const MemoryAhead&) = delete;
  MemoryAhead& operator=(const MemoryAhead&) = delete;

  /// So many bytes from now on, and waits until they are there.
  void wait_for(std::size_t bytes) const {
    MemoryReserve::of_process().keep_ahead(bytes);
    MemoryReserve::of_process().wait_until_ready();
  }
};

}  // namespace holdfast::bench
