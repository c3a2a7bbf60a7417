// From a key to the slot that has it: `absl::flat_hash_map` in shards.
//
// The keys stand in the slots already, so a map holds 32 bits of a key's hash and the slot's number:
// 9 bytes an entry instead of 25 for a 128-bit key, which is fewer cache lines and pages to miss. A
// slot that the hash names is asked whether it has the key. Two keys of a shard with the same 32
// bits are rare (among a hundred million keys some thousands): the later one stands in a short list
// beside the map. One map of ten million entries would stop the engine for most of a second when its
// table is built anew; a shard's keys move to their new table piece by piece, and the shards take
// turns at it (index_shard.h). Never iterated: hash order must not reach a decision. Thread: the
// owner's.
#pragma once

#include <absl/hash/hash.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "engine/check.h"
#include "engine/index_shard.h"
#include "engine/slot_table.h"
#include "engine/types.h"

namespace holdfast {

/// The hash of a key, for who needs it more than once: the shard by its top 8 bits, the rest in
/// there by the lowest 32.
struct KeyHash {
  std::uint64_t bits = 0;
  [[nodiscard]] std::size_t shard() const { return bits >> 56; }
  [[nodiscard]] std::uint32_t tag() const { return static_cast<std::uint32_t>(bits); }
};

/// `KeyOf`: a member of Slot, or a function of it, that is its key. `HashOf`: for tests.
template <class Slot, auto KeyOf,
          class HashOf = absl::Hash<
              std::remove_cvref_t<std::invoke_result_t<decltype(KeyOf), const Slot&>>>>
class Index {
 public:
  using Key = std::remove_cvref_t<std::invoke_result_t<decltype(KeyOf), const Slot&>>;

  /// The table outlives the index. A slot has its key when it is inserted, or before any other key is
  /// asked for, and keeps it until it was erased.
  explicit Index(const SlotTable<Slot>& table) : table_(&table) {
    for (std::size_t i = 0; i < shards_.size(); ++i) shards_[i].set_number(i);
  }
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  [[nodiscard]] static KeyHash hash(const Key& key) { return {HashOf{}(key)}; }

  [[nodiscard]] SlotNumber find(const Key& key) const { return find(key, hash(key)); }
  [[nodiscard]] SlotNumber find(const Key& key, KeyHash hashed) const {
    const Shard& shard = shards_[hashed.shard()];
    const SlotNumber slot = shard.slot_of(hashed.tag());
    if (slot == kNoSlot) return kNoSlot;
    if (has(slot, key)) [[likely]] return slot;
    return find_beside(shard, key);
  }

  void insert(const Key& key, SlotNumber slot) { insert(key, hash(key), slot); }
  void insert(const Key& key, KeyHash hashed, SlotNumber slot) {
    Shard& shard = shards_[hashed.shard()];
    const auto [place, inserted] = shard.try_emplace(hashed.tag(), slot);
    if (!inserted) [[unlikely]] insert_beside(shard, place.slot(), key, slot);
    ++size_;
  }

  /// For keys whose latest slot counts; all of them keep the key.
  void insert_or_assign(const Key& key, SlotNumber slot) {
    const KeyHash hashed = hash(key);
    Shard& shard = shards_[hashed.shard()];
    const auto [place, inserted] = shard.try_emplace(hashed.tag(), slot);
    if (inserted) {
      ++size_;
    } else if (has(place.slot(), key)) {
      place.slot() = slot;
    } else if (SlotNumber* other = find_other(shard, key)) {
      *other = slot;
    } else {
      shard.add_other(slot);
      ++size_;
    }
  }

  /// The slot still has the key.
  void erase(const Key& key) {
    const KeyHash hashed = hash(key);
    Shard& shard = shards_[hashed.shard()];
    const auto place = shard.find(hashed.tag());
    HOLDFAST_CHECK(place, "only what is in an index leaves it");
    --size_;
    if (!has(place.slot(), key)) [[unlikely]] {
      SlotNumber* const other = find_other(shard, key);
      HOLDFAST_CHECK(other != nullptr, "only what is in an index leaves it");
      shard.remove_other(other);
      return;
    }
    // Its place in the map goes to one that stood beside it for the same bits.
    SlotNumber* const heir = shard.find_other(
        [&](SlotNumber slot) { return hash(key_of(slot)).tag() == hashed.tag(); });
    if (heir == nullptr) [[likely]] {
      shard.erase(place);
    } else {
      place.slot() = *heir;
      shard.remove_other(heir);
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Makes room for so many keys.
  void reserve(std::size_t slots) {
    // Shards differ by what chance does; a little too much room is cheaper than to hash again.
    for (Shard& shard : shards_) shard.reserve(slots / kShards + slots / kShards / 16 + 8);
  }

  /// For a table that was loaded: all slots for which `is_indexed(slot)`, each by its key. Returns
  /// the first slot whose key is in it already, and stops there; kNoSlot: there was none.
  template <class IsIndexed>
  [[nodiscard]] SlotNumber insert_all(const IsIndexed& is_indexed) {
    reserve(table_->size());
    return insert_range(0, static_cast<SlotNumber>(table_->size()), is_indexed);
  }
  /// The same for slots [first, end), of a table that is being loaded: those before are as they will be.
  template <class IsIndexed>
  [[nodiscard]] SlotNumber insert_range(SlotNumber first, SlotNumber end, const IsIndexed& is_indexed) {
    // Far enough ahead that memory has answered when the key's turn comes.
    constexpr std::size_t kAhead = 16;
    for (std::size_t i = first; i < end + kAhead; ++i) {
      if (i < end && is_indexed(static_cast<SlotNumber>(i))) {
        prefetch(key_of(static_cast<SlotNumber>(i)));
      }
      if (i < first + kAhead) continue;
      const auto slot = static_cast<SlotNumber>(i - kAhead);
      if (!is_indexed(slot)) continue;
      const auto& key = key_of(slot);
      const KeyHash hashed = hash(key);
      Shard& shard = shards_[hashed.shard()];
      const auto [place, inserted] = shard.try_emplace(hashed.tag(), slot);
      if (!inserted) {
        if (has(place.slot(), key) || find_other(shard, key) != nullptr) return slot;
        shard.add_other(slot);
      }
      ++size_;
    }
    return kNoSlot;
  }

  /// First pass of a batch: brings the place of the key in the map nearer. Returns the key's hash.
  KeyHash prefetch(const Key& key) const {
    const KeyHash hashed = hash(key);
    shards_[hashed.shard()].prefetch(hashed.tag());
    return hashed;
  }
  /// Second pass: the slot that the key would have, without a look into it; kNoSlot when the key is
  /// not there. For prefetching only: another key's slot may be told.
  [[nodiscard]] SlotNumber guess(KeyHash hashed) const {
    return shards_[hashed.shard()].slot_of(hashed.tag());
  }

 private:
  using Shard = IndexShard<>;
  static constexpr std::size_t kShards = Shard::kShards;
  static_assert(kShards == 256, "KeyHash names a shard by the top 8 bits");

  [[nodiscard]] decltype(auto) key_of(SlotNumber slot) const {
    return std::invoke(KeyOf, (*table_)[slot]);
  }
  [[nodiscard]] bool has(SlotNumber slot, const Key& key) const { return key_of(slot) == key; }
  [[nodiscard]] SlotNumber* find_other(Shard& shard, const Key& key) const {
    return shard.find_other([&](SlotNumber slot) { return has(slot, key); });
  }

  // Out of line: hardly ever needed, and large in each place where an index is asked.
  [[gnu::noinline]] SlotNumber find_beside(const Shard& shard, const Key& key) const {
    const SlotNumber* const other =
        shard.find_other([&](SlotNumber slot) { return has(slot, key); });
    return other == nullptr ? kNoSlot : *other;
  }
  [[gnu::noinline]] void insert_beside(Shard& shard, SlotNumber in_map, const Key& key,
                                       SlotNumber slot) {
    HOLDFAST_CHECK(!has(in_map, key) && find_other(shard, key) == nullptr,
                   "a key enters an index once");
    shard.add_other(slot);
  }

  const SlotTable<Slot>* table_;
  std::array<Shard, kShards> shards_;
  std::size_t size_ = 0;
};

}  // namespace holdfast
