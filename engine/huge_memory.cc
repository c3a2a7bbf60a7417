#include "engine/huge_memory.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/check.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14; Debian 12's glibc does not name it
#endif

namespace holdfast {
namespace {

std::byte* map_chunk(std::size_t bytes, PageSize pages) {
  // Twice the alignment is mapped and the ends given back, because huge pages need alignment.
  const std::size_t mapped = bytes + kHugePageBytes;
  void* raw = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  HOLDFAST_CHECK(raw != MAP_FAILED, "the system gives no more memory for the tables");
  auto* begin = static_cast<std::byte*>(raw);
  const auto address = reinterpret_cast<std::uintptr_t>(begin);
  const std::size_t head = (kHugePageBytes - address % kHugePageBytes) % kHugePageBytes;
  if (head > 0) munmap(begin, head);
  if (mapped - head - bytes > 0) munmap(begin + head + bytes, mapped - head - bytes);
  // Advice only: without transparent huge pages the table works, with more page faults.
  (void)madvise(begin + head, bytes, pages == PageSize::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return begin + head;
}

// One huge page after the other, so that a page fault of another thread never waits for long.
void touch(std::byte* memory, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; at += kHugePageBytes) {
    const std::size_t piece = std::min(kHugePageBytes, bytes - at);
    // Refused by kernels before 5.14: the pages are then touched by who needs them.
    (void)madvise(memory + at, piece, MADV_POPULATE_WRITE);
  }
}

}  // namespace

ChunkMemory::ChunkMemory(std::size_t bytes, PageSize pages) : bytes_(bytes) {
  if (pages == PageSize::huge) data_ = MemoryReserve::of_process().take(bytes);
  if (data_ == nullptr) data_ = map_chunk(bytes, pages);
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

struct MemoryReserve::Impl {
  struct Size {
    std::size_t bytes = 0;
    std::vector<std::byte*> ready;
  };

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::thread thread;
  std::size_t bytes_ahead = 0;  // 0: stopped
  std::vector<Size> sizes;      // that were ever asked for while it ran; few
  Status status;

  bool is_filling = false;  // until all is there; begins again when half of some size is taken

  [[nodiscard]] std::size_t wanted(const Size& size) const {
    return std::max<std::size_t>(1, bytes_ahead / sizes.size() / size.bytes);
  }
  [[nodiscard]] Size* first_to_fill() {
    const auto it = std::find_if(sizes.begin(), sizes.end(), [this](const Size& size) {
      return size.ready.size() < wanted(size);
    });
    return it == sizes.end() ? nullptr : &*it;
  }
  // A large reserve is not made whole after each chunk: whoever asked for gigabytes wants them in a
  // rush, and touching then would be in its way.
  [[nodiscard]] bool is_half_taken() const {
    return std::any_of(sizes.begin(), sizes.end(), [this](const Size& size) {
      return size.ready.size() <= wanted(size) / 2;
    });
  }
  void run();
};

void MemoryReserve::Impl::run() {
  pthread_setname_np(pthread_self(), "holdfast-memory");
  // Ahead of need: a processor that has other work does that first, and counts as idle meanwhile.
  const sched_param no_priority{};
  (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &no_priority);
  std::unique_lock lock(mutex);
  while (bytes_ahead > 0) {
    const Size* size = first_to_fill();
    if (size == nullptr) {
      is_filling = false;
      changed.notify_all();  // who waits until it is ready
    }
    if (!is_filling) {
      changed.wait(lock);
      continue;
    }
    const std::size_t bytes = size->bytes;
    lock.unlock();
    std::byte* chunk = map_chunk(bytes, PageSize::huge);
    touch(chunk, bytes);
    lock.lock();
    const auto it = std::find_if(sizes.begin(), sizes.end(),
                                 [bytes](const Size& s) { return s.bytes == bytes; });
    it->ready.push_back(chunk);
    status.ready_bytes += bytes;
  }
}

MemoryReserve::MemoryReserve() : impl_(std::make_unique<Impl>()) {}
MemoryReserve::~MemoryReserve() { keep_ahead(0); }

MemoryReserve& MemoryReserve::of_process() {
  static MemoryReserve reserve;
  return reserve;
}

void MemoryReserve::keep_ahead(std::size_t bytes_ahead) {
  std::thread ended;
  {
    const std::scoped_lock lock(impl_->mutex);
    const bool was_running = impl_->bytes_ahead > 0;
    impl_->bytes_ahead = bytes_ahead;
    if (bytes_ahead > 0) {
      if (impl_->sizes.empty()) impl_->sizes.push_back({kHugePageBytes, {}});
      if (!was_running) {
        impl_->status.taken = impl_->status.missed = 0;
        impl_->is_filling = true;
        impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
      }
    } else {
      std::swap(ended, impl_->thread);
    }
    impl_->changed.notify_all();
  }
  if (!ended.joinable()) return;
  ended.join();
  const std::scoped_lock lock(impl_->mutex);
  for (Impl::Size& size : impl_->sizes) {
    for (std::byte* chunk : size.ready) munmap(chunk, size.bytes);
  }
  impl_->sizes.clear();
  impl_->is_filling = false;
  impl_->status.ready_bytes = 0;
}

std::byte* MemoryReserve::take(std::size_t bytes) {
  const std::scoped_lock lock(impl_->mutex);
  if (impl_->bytes_ahead == 0 || bytes % kHugePageBytes != 0) return nullptr;
  const auto it = std::find_if(impl_->sizes.begin(), impl_->sizes.end(),
                               [bytes](const Impl::Size& size) { return size.bytes == bytes; });
  std::byte* chunk = nullptr;
  if (it == impl_->sizes.end()) {
    // The first of its size; such chunks are kept ready from now on, unless they are the rare big ones.
    if (bytes <= impl_->bytes_ahead / 4) impl_->sizes.push_back({bytes, {}});
    ++impl_->status.missed;
  } else if (it->ready.empty()) {
    ++impl_->status.missed;
  } else {
    chunk = it->ready.back();
    it->ready.pop_back();
    impl_->status.ready_bytes -= bytes;
  }
  ++impl_->status.taken;
  if (!impl_->is_filling && impl_->is_half_taken()) {
    impl_->is_filling = true;
    impl_->changed.notify_all();
  }
  return chunk;
}

MemoryReserve::Status MemoryReserve::status() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->status;
}

void MemoryReserve::wait_until_ready() {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] {
    return impl_->bytes_ahead == 0 || !impl_->is_filling;
  });
}

namespace {

// Tiny maps stay on the heap; those of a large index fill huge pages, and the largest are chunks of
// their own, which go back to the system.
constexpr std::size_t kSmallBytes = 4096;
constexpr std::size_t kLargeBytes = kHugePageBytes / 2;
constexpr std::size_t kArenaChunkBytes = 4 * kHugePageBytes;

// Cuts pieces from the front of chunks; freed pieces wait in a list of their length.
class IndexArena {
 public:
  void* take(std::size_t bytes) {
    bytes = rounded(bytes);
    const std::scoped_lock lock(mutex_);
    if (const auto free = free_.find(bytes); free != free_.end() && !free->second.empty()) {
      void* piece = free->second.back();
      free->second.pop_back();
      return piece;
    }
    if (bytes > left_) {
      // What is left of the chunk before is lost: less than the piece that did not fit.
      chunks_.emplace_back(kArenaChunkBytes, PageSize::huge);
      at_ = chunks_.back().data();
      left_ = kArenaChunkBytes;
    }
    void* piece = at_;
    at_ += bytes;
    left_ -= bytes;
    return piece;
  }
  void give_back(void* piece, std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    free_[rounded(bytes)].push_back(piece);
  }
  static std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

 private:
  std::mutex mutex_;
  std::vector<ChunkMemory> chunks_;
  std::byte* at_ = nullptr;
  std::size_t left_ = 0;
  std::map<std::size_t, std::vector<void*>> free_;  // by length; a handful
};

IndexArena& index_arena() {
  // Never destroyed: containers may outlive it otherwise.
  static IndexArena* arena = new IndexArena;
  return *arena;
}

// The address sanitizer sees into what comes from the heap only.
#ifdef __SANITIZE_ADDRESS__
constexpr bool kOnlyHeap = true;
#else
constexpr bool kOnlyHeap = false;
#endif

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
}

}  // namespace

void* take_index_memory(std::size_t bytes) {
  if (kOnlyHeap || bytes < kSmallBytes) return ::operator new(bytes, std::align_val_t{64});
  if (bytes > kLargeBytes) return map_chunk(whole_pages(bytes), PageSize::huge);
  return index_arena().take(bytes);
}

void give_index_memory_back(void* memory, std::size_t bytes) noexcept {
  if (kOnlyHeap || bytes < kSmallBytes) return ::operator delete(memory, std::align_val_t{64});
  if (bytes > kLargeBytes) {
    munmap(memory, whole_pages(bytes));
    return;
  }
  index_arena().give_back(memory, bytes);
}

}  // namespace holdfast
