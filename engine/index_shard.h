// One shard of an index: a flat hash map whose keys move to a new table piece by piece.
//
// Left alone, a map builds its table anew when it is full: of keys, or of the marks that erased
// ones leave behind. That takes 1.3 ms for a table of 65,535 places, all in one insert, and at a
// load that needs more than half of a machine each such pause becomes a queue. So a shard makes its
// next table early, now and then an insert takes some hundred keys along, and until the last one has
// moved the old table is asked as well. The shards of an index fill up alike, so each has its own share of
// keys at which its table is doubled, and its own number of inserts after which the marks are swept
// out, long before the map would do either by itself. Thread: the owner's.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/huge_memory.h"
#include "engine/slot_table.h"

namespace holdfast {

/// A tag is a hash already.
struct IndexTagHash {
  std::size_t operator()(std::uint32_t tag) const { return tag; }
};

/// `TagHash`: for tests, which count what is hashed.
template <class TagHash = IndexTagHash>
class alignas(64) IndexShard {
 public:
  using Map = absl::flat_hash_map<std::uint32_t, SlotNumber, TagHash, std::equal_to<std::uint32_t>,
                                  IndexAllocator<std::pair<const std::uint32_t, SlotNumber>>>;
  static constexpr std::size_t kShards = 256;
  /// Keys that move to a new table in one piece: 17 us, mostly of waiting for both tables' memory,
  /// which a few keys at each insert would wait for again and again (1.4 times an insert's time).
  static constexpr std::size_t kMovedAtOnce = 512;
  /// Inserts from one piece to the next. So few that moving is over before the new table could be
  /// full: a table is swept at a load of at most 0.75, 0.84 with what comes meanwhile, and the map
  /// would act at 0.875.
  static constexpr std::size_t kInsertsPerPiece = kMovedAtOnce / 8;
  /// Control bytes that a map looks at together, and the entries that belong to them.
  static constexpr std::size_t kGroup = 16;

  /// Where a tag stands, if it does; good until the next insert.
  class Place {
   public:
    Place() = default;
    explicit operator bool() const { return map_ != nullptr; }
    [[nodiscard]] SlotNumber& slot() const { return at_->second; }

   private:
    friend IndexShard;
    Place(Map& map, typename Map::iterator at) : map_(&map), at_(at) {}
    Map* map_ = nullptr;
    typename Map::iterator at_;
  };

  /// Which of the shards this one is, below kShards; before anything else.
  void set_number(std::size_t number) { number_ = static_cast<std::uint8_t>(number); }

  [[nodiscard]] std::size_t size() const {
    return map_.size() + (is_moving_ ? beside_->old->map.size() : 0);
  }

  [[nodiscard]] Place find(std::uint32_t tag) {
    if (const auto it = find_in(map_, tag); it != map_.end()) return {map_, it};
    return is_moving_ ? find_in_old(tag) : Place{};
  }
  /// The slot alone; kNoSlot when the tag is not there.
  [[nodiscard]] SlotNumber slot_of(std::uint32_t tag) const {
    if (const auto it = find_in(map_, tag); it != map_.end()) return it->second;
    return is_moving_ ? slot_in_old(tag) : kNoSlot;
  }
  void prefetch(std::uint32_t tag) const {
    prefetch_in(map_, tag);
    if (is_moving_) [[unlikely]] prefetch_in(beside_->old->map, tag);
  }

  /// As the map's: false with the place of a tag that was there.
  std::pair<Place, bool> try_emplace(std::uint32_t tag, SlotNumber slot) {
    if (inserts_left_ == 0) [[unlikely]] tend();
    if (is_moving_) [[unlikely]] {
      if (const Place place = find_in_old(tag)) return {place, false};
    }
    --inserts_left_;
    const auto [it, inserted] = map_.try_emplace(tag, slot);
    return {Place{map_, it}, inserted};
  }

  void erase(Place place) {
    if (place.map_ != &map_ && place.at_ == beside_->old->next) ++beside_->old->next;
    place.map_->erase(place.at_);
  }

  /// Makes room, so that the table need not be doubled on the way to so many keys. At once: for who
  /// loads.
  void reserve(std::size_t keys) {
    move(kAll);
    std::size_t places = std::max(kPlacesMin, map_.capacity());
    while (keys_max(places) < keys) places = 2 * places + 1;
    if (places == map_.capacity()) return;
    turn_to_table_of(places);
    move(kAll);
    inserts_left_ = 0;
  }

  /// Beside the map: slots whose tag another key has in there. Nearly always none.
  void add_other(SlotNumber slot) { beside().others.push_back(slot); }
  /// The first of them that is meant, good until one is added or removed; null: none is.
  template <class IsMeant>
  [[nodiscard]] SlotNumber* find_other(const IsMeant& is_meant) const {
    if (beside_ == nullptr) [[likely]] return nullptr;
    auto& others = beside_->others;
    const auto other = std::find_if(others.begin(), others.end(), is_meant);
    return other == others.end() ? nullptr : &*other;
  }
  void remove_other(SlotNumber* other) {
    beside_->others.erase(beside_->others.begin() + (other - beside_->others.data()));
    drop_what_is_empty();
  }

  /// How often a new table was begun, modulo 65,536.
  [[nodiscard]] std::uint16_t builds() const { return builds_; }
  /// Where `prefetch` takes the tag's entry to be or to come, kGroup entries from there on; null in
  /// an empty shard. For tests.
  [[nodiscard]] const void* entries_near(std::uint32_t tag) const {
    return lines_of(map_, tag).entries;
  }
  /// Keys are on their way from the table before.
  [[nodiscard]] bool is_moving() const { return is_moving_; }

 private:
  static constexpr std::size_t kAll = SIZE_MAX;
  static constexpr std::size_t kPlacesMin = 15;  // the map's sizes are powers of two less one
  // How many of a group's entries are asked for, nearly: at the loads that shards have, a tag's
  // entry is one of the group's first.
  static constexpr std::size_t kEntriesAhead = 4;
  // Shares of the places that keys fill when the table is doubled, of the first shard and the last.
  // Far enough apart that doubling goes on all the time while an index grows.
  static constexpr double kFullFirst = 0.40;
  static constexpr double kFullLast = 0.75;
  // The map itself would act when keys and marks fill 7/8 of the places. An erased key leaves a
  // mark now and then only: in churn of random keys, inserts of so many times the places that are
  // left never filled them (measured at loads of 0.45 to 0.78: 1.6 to 6 times this many).
  static constexpr double kMapFull = 0.875;
  static constexpr double kChurnFirst = 2.1;
  static constexpr double kChurnLast = 3.0;

  // The group of control bytes in which a map looks for a tag first, and the entries of that group.
  struct Lines {
    const std::byte* control;
    const std::byte* entries;
  };
  // Where these stand is Abseil's own business. Should another version keep its tables in another
  // way, lines would be asked for that nobody needs, and a test would fail.
  [[nodiscard]] static Lines lines_of(const Map& map, std::uint32_t tag) {
    struct {
      const std::byte* control;
      const std::byte* entries;
      std::size_t size;
      std::size_t capacity;
    } table;
    static_assert(sizeof table <= sizeof map);
    std::memcpy(&table, static_cast<const void*>(&map), sizeof table);
    if (table.capacity == 0) return {};
    const std::size_t salt = std::bit_cast<std::uintptr_t>(table.control) >> 12;
    const std::size_t first = ((map.hash_function()(tag) >> 7) ^ salt) & table.capacity;
    return {table.control + first, table.entries + first * sizeof(typename Map::value_type)};
  }
  // Not the map's own `prefetch`: that asks for the first line of the whole table, too, which nobody
  // looks at, and for one line of control bytes where a group may lie in two.
  static void prefetch_in(const Map& map, std::uint32_t tag) {
    const Lines lines = lines_of(map, tag);
    if (lines.control == nullptr) return;
    prefetch_line(lines.control);
    prefetch_line(lines.control + kGroup - 1);
    prefetch_line(lines.entries);
    prefetch_line(lines.entries + kEntriesAhead * sizeof(typename Map::value_type));
  }
  // With its hash given, a tag is looked for without asking for the first line of the table.
  template <class AnyMap>
  static auto find_in(AnyMap& map, std::uint32_t tag) {
    return map.find(tag, map.hash_function()(tag));
  }

  struct Old {
    Map map;
    typename Map::iterator next;  // the first key that has not moved
  };
  // What a shard has now and then only, so that the rest is one cache line.
  struct Beside {
    std::vector<SlotNumber> others;
    std::optional<Old> old;
  };

  [[nodiscard]] double between(double first, double last) const {
    return first + (last - first) * number_ / (kShards - 1);
  }
  [[nodiscard]] std::size_t keys_max(std::size_t places) const {
    return static_cast<std::size_t>(static_cast<double>(places) * between(kFullFirst, kFullLast));
  }
  [[nodiscard]] std::size_t inserts_max() const {
    const double left = static_cast<double>(map_.capacity()) * kMapFull -
                        static_cast<double>(map_.size());
    return left <= 0 ? 0 : static_cast<std::size_t>(left * between(kChurnFirst, kChurnLast));
  }

  // Out of line, as all that is rare. Goes on with moving and begins it where it is due; says how
  // many inserts need no look.
  [[gnu::noinline]] void tend() {
    if (!is_moving_) begin_what_is_due();
    move(kMovedAtOnce);
    inserts_left_ = is_moving_ ? kInsertsPerPiece : inserts_until_due();
    inserted_ += inserts_left_;
  }

  [[nodiscard]] std::uint32_t inserts_until_due() const {
    const std::size_t keys = keys_max(map_.capacity());
    const std::size_t room = keys - std::min(keys, map_.size());
    const std::size_t all = inserts_max();
    const std::size_t churn = all - std::min<std::size_t>(all, inserted_);
    return static_cast<std::uint32_t>(std::max<std::size_t>(1, std::min(room, churn)));
  }

  void begin_what_is_due() {
    const std::size_t places = map_.capacity();
    if (map_.size() >= keys_max(places)) {
      turn_to_table_of(std::max(kPlacesMin, 2 * places + 1));
    } else if (inserted_ >= inserts_max()) {
      turn_to_table_of(places);
    }
  }

  void turn_to_table_of(std::size_t places) {
    Map fresh;
    fresh.reserve(places - places / 8);
    inserted_ = 0;
    ++builds_;
    if (map_.size() <= kMovedAtOnce) {
      for (const auto& [tag, slot] : map_) fresh.try_emplace(tag, slot);
      map_ = std::move(fresh);
      return;
    }
    std::optional<Old>& old = beside().old;
    old.emplace(Old{.map = std::exchange(map_, std::move(fresh)), .next = {}});
    old->next = old->map.begin();
    is_moving_ = true;
  }

  void move(std::size_t keys) {
    if (!is_moving_) return;
    // A map's keys come in the order of their places: both tables are gone through from the front.
    Old& old = *beside_->old;
    for (; keys > 0 && old.next != old.map.end(); --keys) {
      const auto [tag, slot] = *old.next;
      map_.try_emplace(tag, slot);
      old.map.erase(old.next++);
    }
    if (old.next != old.map.end()) return;
    beside_->old.reset();
    is_moving_ = false;
    drop_what_is_empty();
  }

  // Only while keys are moving.
  [[gnu::noinline]] Place find_in_old(std::uint32_t tag) {
    const auto it = find_in(beside_->old->map, tag);
    return it == beside_->old->map.end() ? Place{} : Place{beside_->old->map, it};
  }
  [[gnu::noinline]] SlotNumber slot_in_old(std::uint32_t tag) const {
    const auto it = find_in(std::as_const(beside_->old->map), tag);
    return it == beside_->old->map.cend() ? kNoSlot : it->second;
  }

  Beside& beside() {
    if (beside_ == nullptr) beside_ = std::make_unique<Beside>();
    return *beside_;
  }
  void drop_what_is_empty() {
    if (!beside_->old && beside_->others.empty()) beside_.reset();
  }

  Map map_;
  std::unique_ptr<Beside> beside_;
  std::uint32_t inserts_left_ = 0;  // until `tend`
  std::uint32_t inserted_ = 0;      // since the table was made, with those that are left
  std::uint16_t builds_ = 0;
  std::uint8_t number_ = 0;
  bool is_moving_ = false;  // `beside_->old` is there; known here, as most large shards have others
};
static_assert(sizeof(IndexShard<>) == 64, "looking for a shard is one cache line");

}  // namespace holdfast
