#include "engine/huge_memory.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/check.h"

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

std::byte* take_or_map(std::size_t bytes) {
  std::byte* chunk = MemoryReserve::of_process().take(bytes);
  return chunk != nullptr ? chunk : map_chunk(bytes, PageSize::huge);
}

void unmap(std::byte* memory, std::size_t bytes) noexcept {
  if (memory != nullptr && !MemoryReserve::of_process().give_back(memory, bytes)) munmap(memory, bytes);
}

// Also while the page is in use by who was handed it: nothing is written but what is there. One byte of
// each small page, for systems without huge ones; where there are, all but the first cost nothing.
__attribute__((no_sanitize("thread"))) void touch(std::byte* memory, std::size_t bytes) {
  constexpr std::size_t kSmallPageBytes = 4096;
  for (std::size_t at = 0; at < bytes; at += kSmallPageBytes) {
    __atomic_fetch_or(reinterpret_cast<unsigned char*>(memory + at), 0, __ATOMIC_RELAXED);
  }
}

// Addresses cost nothing until they are touched, so there are more of them than memory anywhere.
#ifdef __SANITIZE_THREAD__
constexpr std::size_t kRangeBytes = std::size_t{1} << 36;  // the sanitizer leaves 1.5 TiB for everything
#else
constexpr std::size_t kRangeBytes = std::size_t{1} << 40;
#endif

}  // namespace

ChunkMemory::ChunkMemory(std::size_t bytes, PageSize pages) : bytes_(bytes) {
  data_ = pages == PageSize::huge ? take_or_map(bytes) : map_chunk(bytes, pages);
}

ChunkMemory::~ChunkMemory() { unmap(data_, bytes_); }

ChunkMemory::ChunkMemory(ChunkMemory&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

ChunkMemory& ChunkMemory::operator=(ChunkMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

struct MemoryReserve::Impl {
  std::mutex keepers;  // whoever starts, changes or stops; never the touching thread, nor who takes
  std::thread thread;
  std::atomic<std::size_t> bytes_ahead{0};  // 0: stopped

  // [begin, at) was handed out; [at, touched) is ready. Only who holds `takers` moves `at`, and only
  // the touching thread moves `touched`, which stays behind when more is taken than was ready.
  // The range itself is there from the first start on; memory of chunks that were mapped one by one may
  // come back at that moment, so `begin` is set last and looked at first.
  std::atomic<std::byte*> begin{nullptr};
  std::atomic<std::byte*> end{nullptr};
  std::atomic<std::byte*> at{nullptr};
  std::atomic<std::byte*> touched{nullptr};
  std::mutex takers;  // never the touching thread
  std::atomic<std::uint64_t> taken{0};
  std::atomic<std::uint64_t> missed{0};
  std::atomic<bool> is_filling{false};  // until all is there; begins again when half is taken

  [[nodiscard]] std::size_t ready() const;
  void map_range();
  void set_filling(bool filling);
  void run();
};

std::size_t MemoryReserve::Impl::ready() const {
  const std::byte* const from = at.load(std::memory_order_relaxed);
  const std::byte* const until = touched.load(std::memory_order_relaxed);
  return until > from ? static_cast<std::size_t>(until - from) : 0;
}

void MemoryReserve::Impl::map_range() {
  if (begin.load() != nullptr) return;
  // A limit on addresses (ulimit -v, strict overcommit) refuses it: chunks are then mapped one by one.
  void* raw = mmap(nullptr, kRangeBytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) return;
  const auto address = reinterpret_cast<std::uintptr_t>(raw);
  const std::size_t head = (kHugePageBytes - address % kHugePageBytes) % kHugePageBytes;
  std::byte* const first = static_cast<std::byte*>(raw) + head;
  const std::size_t bytes = (kRangeBytes - head) / kHugePageBytes * kHugePageBytes;
  (void)madvise(first, bytes, MADV_HUGEPAGE);  // advice only
  at = touched = first;
  end = first + bytes;
  begin.store(first, std::memory_order_release);
}

void MemoryReserve::Impl::set_filling(bool filling) {
  // Not a store: of two that cross, the later one sees what the other's thread wrote before.
  (void)is_filling.exchange(filling);
  is_filling.notify_all();
}

void MemoryReserve::Impl::run() {
  pthread_setname_np(pthread_self(), "holdfast-memory");
  std::size_t done = 0;
  bool is_at_ease = false;
  while (const std::size_t wanted = bytes_ahead.load(std::memory_order_acquire)) {
    if (!is_at_ease && done >= wanted) {
      // The first filling is waited for. From here on it is ahead of need: a processor that has other
      // work does that first, and counts as idle meanwhile.
      const sched_param no_priority{};
      (void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &no_priority);
      is_at_ease = true;
    }
    if (!is_filling.load(std::memory_order_acquire)) {
      is_filling.wait(false, std::memory_order_acquire);
      continue;
    }
    std::byte* const page = std::max(at.load(std::memory_order_relaxed), touched.load());
    if (ready() >= wanted || page == end.load()) {
      set_filling(false);
      if (ready() <= wanted / 2 && page != end.load()) set_filling(true);  // taken just now
      continue;
    }
    touch(page, kHugePageBytes);
    touched.store(page + kHugePageBytes, std::memory_order_release);
    done += kHugePageBytes;
  }
}

MemoryReserve::MemoryReserve() : impl_(std::make_unique<Impl>()) {}
MemoryReserve::~MemoryReserve() { keep_ahead(0); }

MemoryReserve& MemoryReserve::of_process() {
  // Never destroyed: containers of static life give their memory back to it.
  static MemoryReserve* const reserve = new MemoryReserve;
  return *reserve;
}

void MemoryReserve::keep_ahead(std::size_t bytes_ahead) {
  Impl& impl = *impl_;
  const std::scoped_lock keeping(impl.keepers);
  if (bytes_ahead > 0) impl.map_range();
  // Ended first, also when only the number changes: it might be about to say that the old one is there.
  impl.bytes_ahead.store(0);
  impl.set_filling(true);
  if (impl.thread.joinable()) impl.thread.join();
  if (bytes_ahead > 0 && impl.begin.load() != nullptr) {
    impl.taken = impl.missed = 0;
    impl.set_filling(true);
    impl.bytes_ahead.store(bytes_ahead, std::memory_order_release);
    impl.thread = std::thread([&impl] { impl.run(); });
    return;
  }
  const std::scoped_lock lock(impl.takers);
  if (impl.ready() > 0) (void)madvise(impl.at, impl.ready(), MADV_DONTNEED);
  impl.touched = impl.at.load();
  impl.set_filling(false);
}

std::byte* MemoryReserve::take(std::size_t bytes) {
  Impl& impl = *impl_;
  const std::size_t wanted = impl.bytes_ahead.load(std::memory_order_acquire);
  if (wanted == 0 || bytes % kHugePageBytes != 0) return nullptr;
  const std::scoped_lock lock(impl.takers);
  std::byte* const chunk = impl.at.load(std::memory_order_relaxed);
  if (bytes > static_cast<std::size_t>(impl.end.load() - chunk)) return nullptr;
  impl.taken.fetch_add(1, std::memory_order_relaxed);
  if (impl.ready() < bytes) impl.missed.fetch_add(1, std::memory_order_relaxed);
  impl.at.store(chunk + bytes, std::memory_order_relaxed);
  // A large reserve is not made whole after each chunk: whoever asked for gigabytes wants them in a
  // rush, and touching then would be in its way.
  if (!impl.is_filling.load(std::memory_order_relaxed) && impl.ready() <= wanted / 2) {
    impl.set_filling(true);
  }
  return chunk;
}

bool MemoryReserve::give_back(std::byte* chunk, std::size_t bytes) {
  // The addresses are not used again, so that the range stays one for the kernel.
  const std::byte* const begin = impl_->begin.load(std::memory_order_acquire);
  if (begin == nullptr || chunk < begin || chunk >= impl_->end.load()) return false;
  (void)madvise(chunk, bytes, MADV_DONTNEED);
  return true;
}

MemoryReserve::Status MemoryReserve::status() const {
  return {.ready_bytes = impl_->ready(), .taken = impl_->taken, .missed = impl_->missed};
}

void MemoryReserve::wait_until_ready() {
  while (impl_->is_filling.load(std::memory_order_acquire)) {
    impl_->is_filling.wait(true, std::memory_order_acquire);
  }
}

namespace {

// Tiny maps stay on the heap; those of a large index fill huge pages, and the largest are chunks of
// their own, which go back to the system.
constexpr std::size_t kSmallBytes = 4096;
constexpr std::size_t kLargeBytes = kHugePageBytes;
constexpr std::size_t kArenaChunkBytes = 4 * kHugePageBytes;

// Cuts pieces from the front of chunks. Freed pieces wait in a list of their length; a chunk of which
// all pieces are freed is cut anew, so that a growing index leaves no more than its last tables behind.
class IndexArena {
 public:
  void* take(std::size_t bytes) {
    bytes = rounded(bytes);
    const std::scoped_lock lock(mutex_);
    if (const auto free = free_.find(bytes); free != free_.end() && !free->second.empty()) {
      std::byte* const piece = free->second.back();
      free->second.pop_back();
      ++chunk_of(piece)->second.in_use;
      return piece;
    }
    // What is left of the chunk before is lost meanwhile: less than the piece that did not fit.
    if (current_ == chunks_.end() || kArenaChunkBytes - current_->second.cut < bytes) next_chunk();
    std::byte* const piece = current_->first + current_->second.cut;
    current_->second.cut += bytes;
    ++current_->second.in_use;
    return piece;
  }
  void give_back(void* memory, std::size_t bytes) {
    auto* const piece = static_cast<std::byte*>(memory);
    const std::scoped_lock lock(mutex_);
    free_[rounded(bytes)].push_back(piece);
    const auto chunk = chunk_of(piece);
    if (--chunk->second.in_use == 0) clear(chunk);
  }

 private:
  struct Chunk {
    ChunkMemory memory;
    std::size_t cut = 0;     // bytes from its front
    std::size_t in_use = 0;  // pieces
  };
  using Chunks = std::map<std::byte*, Chunk, std::greater<>>;

  static std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

  // The one that begins nearest before the piece, which is cut from it.
  [[nodiscard]] Chunks::iterator chunk_of(std::byte* piece) { return chunks_.lower_bound(piece); }

  void next_chunk() {
    if (!empty_.empty()) {
      current_ = empty_.back();
      empty_.pop_back();
      return;
    }
    ChunkMemory memory(kArenaChunkBytes, PageSize::huge);
    std::byte* const begin = memory.data();
    current_ = chunks_.emplace(begin, Chunk{.memory = std::move(memory)}).first;
  }

  void clear(Chunks::iterator chunk) {
    const std::byte* const begin = chunk->first;
    const std::byte* const end = begin + chunk->second.cut;
    for (auto& [bytes, pieces] : free_) {
      std::erase_if(pieces, [=](const std::byte* piece) { return begin <= piece && piece < end; });
    }
    chunk->second.cut = 0;
    if (chunk != current_) empty_.push_back(chunk);
  }

  std::mutex mutex_;
  Chunks chunks_;
  Chunks::iterator current_ = chunks_.end();
  std::vector<Chunks::iterator> empty_;  // but the current one
  std::map<std::size_t, std::vector<std::byte*>> free_;  // by length; a handful
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
  if (bytes > kLargeBytes) return take_or_map(whole_pages(bytes));
  return index_arena().take(bytes);
}

void give_index_memory_back(void* memory, std::size_t bytes) noexcept {
  if (kOnlyHeap || bytes < kSmallBytes) return ::operator delete(memory, std::align_val_t{64});
  if (bytes > kLargeBytes) return unmap(static_cast<std::byte*>(memory), whole_pages(bytes));
  index_arena().give_back(memory, bytes);
}

}  // namespace holdfast
