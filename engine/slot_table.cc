#include "engine/slot_table.h"

#include <sys/mman.h>

#include <utility>

namespace holdfast {

ChunkMemory::ChunkMemory(std::size_t bytes) : bytes_(bytes) {
  // Twice the alignment is mapped and the ends given back, because huge pages need alignment.
  constexpr std::size_t kAlignment = 2 * 1024 * 1024;
  const std::size_t mapped = bytes + kAlignment;
  void* raw = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  HOLDFAST_CHECK(raw != MAP_FAILED, "the system gives no more memory for the tables");
  auto* begin = static_cast<std::byte*>(raw);
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::size_t head = (kAlignment - address % kAlignment) % kAlignment;
  if (head > 0) munmap(begin, head);
  if (mapped - head - bytes > 0) munmap(begin + head + bytes, mapped - head - bytes);
  data_ = begin + head;
  // Advice only: without transparent huge pages the table works, with more page faults.
  (void)madvise(data_, bytes, MADV_HUGEPAGE);
}

ChunkMemory::~ChunkMemory() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

ChunkMemory::ChunkMemory(ChunkMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

ChunkMemory& ChunkMemory::operator=(ChunkMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace holdfast
