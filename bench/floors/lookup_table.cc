#include "bench/floors/lookup_table.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "bench/clock.h"
#include "bench/load/random.h"
#include "engine/check.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kHugePageBytes = 2 * 1024 * 1024;
constexpr std::size_t kBatch = 16;
constexpr unsigned kLookupsPerClockRead = 1024;

}  // namespace

LookupTable::LookupTable(std::span<Slot> slots, std::size_t mapped_bytes)
    : slots_(slots),
      mapped_bytes_(mapped_bytes),
      shift_(64 - static_cast<unsigned>(std::bit_width(slots.size() - 1))) {}

LookupTable::LookupTable(LookupTable&& other) noexcept
    : slots_(std::exchange(other.slots_, {})),
      mapped_bytes_(other.mapped_bytes_),
      shift_(other.shift_),
      entries_(other.entries_),
      at_(other.at_),
      seed_(other.seed_) {}

LookupTable::~LookupTable() {
  if (!slots_.empty()) ::munmap(slots_.data(), mapped_bytes_);
}

Result<LookupTable> LookupTable::make(std::uint64_t entries, bool huge_pages) {
  const std::size_t slot_count = std::bit_ceil(2 * entries);
  const std::size_t bytes =
      (slot_count * sizeof(Slot) + kHugePageBytes - 1) & ~(kHugePageBytes - 1);
  void* memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return std::unexpected(fmt::format("no memory for a table of {} entries ({} MB): {}", entries,
                                       bytes / 1'000'000, std::strerror(errno)));
  }
  // Advice only: a kernel without huge pages goes on with small ones.
  (void)::madvise(memory, bytes, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  LookupTable table({static_cast<Slot*>(memory), slot_count}, bytes);
  table.entries_ = entries;
  // Sattolo's shuffle: one circle through all keys, so the walk does not get caught in a short one.
  std::vector<std::uint64_t> keys(entries);
  std::iota(keys.begin(), keys.end(), 1);
  Random random(entries);
  for (std::size_t i = entries - 1; i > 0; --i) std::swap(keys[i], keys[random.below(i)]);
  for (std::size_t i = 0; i < entries; ++i) table.insert(i + 1, keys[i]);
  return table;
}

std::size_t LookupTable::home_of(std::uint64_t key) const {
  key *= 0x9E37'79B9'7F4A'7C15ULL;
  key ^= key >> 32;
  return static_cast<std::size_t>(key * 0xD6E8'FEB8'6659'FD93ULL >> shift_);
}

void LookupTable::insert(std::uint64_t key, std::uint64_t next_key) {
  std::size_t place = home_of(key);
  while (slots_[place].key != 0) place = (place + 1) & (slots_.size() - 1);
  slots_[place] = {.key = key, .next_key = next_key};
}

std::uint64_t LookupTable::find(std::uint64_t key) const {
  std::size_t place = home_of(key);
  while (slots_[place].key != key) {
    if (slots_[place].key == 0) return 0;
    place = (place + 1) & (slots_.size() - 1);
  }
  return slots_[place].next_key;
}

void LookupTable::run_dependent(std::uint64_t duration_ns, LookupsDone& done) {
  const std::uint64_t began_ns = monotonic_ns();
  std::uint64_t now_ns = began_ns;
  do {
    for (unsigned i = 0; i < kLookupsPerClockRead; ++i) at_ = find(at_);
    done.lookups += kLookupsPerClockRead;
    now_ns = monotonic_ns();
  } while (now_ns - began_ns < duration_ns);
  HOLDFAST_CHECK(at_ != 0, "every key of the circle is in the table");
  done.duration_ns += now_ns - began_ns;
}

void LookupTable::run_prefetched(std::uint64_t duration_ns, LookupsDone& done) {
  Random random(seed_++);
  const std::uint64_t began_ns = monotonic_ns();
  std::uint64_t now_ns = began_ns;
  std::uint64_t sum = 0;
  do {
    for (unsigned i = 0; i < kLookupsPerClockRead; i += kBatch) {
      std::array<std::uint64_t, kBatch> keys;
      for (std::uint64_t& key : keys) {
        key = 1 + random.below(entries_);
        __builtin_prefetch(&slots_[home_of(key)]);
      }
      for (const std::uint64_t key : keys) sum += find(key);
    }
    done.lookups += kLookupsPerClockRead;
    now_ns = monotonic_ns();
  } while (now_ns - began_ns < duration_ns);
  HOLDFAST_CHECK(sum != 0, "the keys of the batches are in the table");  // and keeps the work
  done.duration_ns += now_ns - began_ns;
}

}  // namespace holdfast::bench
