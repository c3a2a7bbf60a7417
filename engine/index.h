// From a key to its slot: `absl::flat_hash_map` in shards.
//
// One map of ten million keys stops the engine for most of a second when it rehashes; split into
// shards, each pause is that of a shard. Never iterated: hash order must not reach a decision.
// Thread: the owner's.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/slot_table.h"
#include "engine/types.h"

namespace holdfast {

template <class Key>
class Index {
 public:
  [[nodiscard]] SlotNumber find(const Key& key) const {
    const Shard& shard = shards_[shard_of(key)];
    const auto it = shard.find(key);
    return it == shard.end() ? kNoSlot : it->second;
  }

  void insert(const Key& key, SlotNumber slot) {
    const bool inserted = shards_[shard_of(key)].try_emplace(key, slot).second;
    HOLDFAST_CHECK(inserted, "a key enters an index once");
    ++size_;
  }

  /// For keys whose latest slot counts.
  void insert_or_assign(const Key& key, SlotNumber slot) {
    size_ += shards_[shard_of(key)].insert_or_assign(key, slot).second ? 1 : 0;
  }

  void erase(const Key& key) {
    HOLDFAST_CHECK(shards_[shard_of(key)].erase(key) == 1, "only what is in an index leaves it");
    --size_;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Makes room for so many keys.
  void reserve(std::size_t slots) {
    // Shards differ by what chance does; a little too much room is cheaper than to hash again.
    for (Shard& shard : shards_) shard.reserve(slots / kShards + slots / kShards / 16 + 8);
  }

  /// For a table that is loaded. `key_of(slot)`: its key, or null when none is to be in the index.
  /// Enters slots [first, end), `end` not above 2^32 - 17. Returns the first slot whose key is in it
  /// already, and stops there; kNoSlot: there was none.
  template <class KeyOf>
  [[nodiscard]] SlotNumber insert_range(SlotNumber first, SlotNumber end, const KeyOf& key_of) {
    // Far enough ahead that memory has answered when the key's turn comes.
    constexpr SlotNumber kAhead = 16;
    for (std::size_t i = first; i < std::size_t{end} + kAhead; ++i) {
      if (i < end) {
        if (const Key* key = key_of(static_cast<SlotNumber>(i))) prefetch(*key);
      }
      if (i < std::size_t{first} + kAhead) continue;
      const auto slot = static_cast<SlotNumber>(i - kAhead);
      const Key* key = key_of(slot);
      if (key == nullptr) continue;
      if (!shards_[shard_of(*key)].try_emplace(*key, slot).second) return slot;
      ++size_;
    }
    return kNoSlot;
  }

  void prefetch(const Key& key) const { shards_[shard_of(key)].prefetch(key); }

 private:
  static constexpr std::size_t kShards = 256;
  using Shard = absl::flat_hash_map<Key, SlotNumber>;

  // Callers choose ids as they like (counters, UUIDs), so all bits take part. Multiplication by an
  // odd constant with the top bits kept is Fibonacci hashing (Knuth, TAOCP 3, 6.4).
  static std::size_t mix(std::uint64_t bits) { return (bits * 0x9E37'79B9'7F4A'7C15ULL) >> 56; }
  template <class Tag>
  static std::size_t shard_of(const Id128<Tag>& key) {
    return mix(key.low ^ (key.high * 0xD6E8'FEB8'6659'FD93ULL));
  }
  template <class K>
    requires requires(K key) { std::uint64_t{key.value}; }
  static std::size_t shard_of(const K& key) {
    return mix(key.value);
  }
  static_assert(kShards == 256, "mix() keeps the top 8 bits");

  std::array<Shard, kShards> shards_;
  std::size_t size_ = 0;
};

}  // namespace holdfast
