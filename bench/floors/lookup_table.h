// The least that finding an entry by its key costs when the table is larger than the caches: one
// open-addressing table of 16-byte slots, half full at most, looked up at random.
//
// `dependent`: each key is known only from the entry before, so the lookups wait for memory one
// after the other. `prefetched`: 16 keys are known at once and their slots are fetched together, as
// a server can do within a batch. Huge pages spare most misses of the address translation; the
// kernel may refuse them. Thread: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/result.h"

namespace holdfast::bench {

struct LookupsDone {
  std::uint64_t lookups = 0;
  std::uint64_t duration_ns = 0;
  [[nodiscard]] double ns_per_lookup() const {
    return lookups == 0 ? 0 : static_cast<double>(duration_ns) / static_cast<double>(lookups);
  }
};

class LookupTable {
 public:
  /// Entries with keys 1 .. `entries`, each naming another at random: all stand on one circle.
  [[nodiscard]] static Result<LookupTable> make(std::uint64_t entries, bool huge_pages);
  LookupTable(LookupTable&& other) noexcept;
  LookupTable& operator=(LookupTable&&) = delete;
  ~LookupTable();

  void run_dependent(std::uint64_t duration_ns, LookupsDone& done);
  void run_prefetched(std::uint64_t duration_ns, LookupsDone& done);
  /// The value of a key, 0 if it has none.
  [[nodiscard]] std::uint64_t find(std::uint64_t key) const;

 private:
  struct Slot {
    std::uint64_t key;  // 0: free
    std::uint64_t next_key;
  };
  LookupTable(std::span<Slot> slots, std::size_t mapped_bytes);
  [[nodiscard]] std::size_t home_of(std::uint64_t key) const;
  void insert(std::uint64_t key, std::uint64_t next_key);

  std::span<Slot> slots_;
  std::size_t mapped_bytes_;
  unsigned shift_ = 0;
  std::uint64_t entries_ = 0;
  std::uint64_t at_ = 1;        // where the dependent walk stands
  std::uint64_t seed_ = 1;      // of the keys of the prefetched batches
};

}  // namespace holdfast::bench
