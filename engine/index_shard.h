// One shard of an index: a flat hash map whose tables are built anew when the shard says so.
//
// Left alone, a map builds its table anew when it is full: of keys, or of the marks that erased
// ones leave behind. The shards of an index fill up alike, so all of them would do so within a hundredth
// of the inserts between two times: with fifteen million keys a third of a second in one piece. So
// each shard has its own share of keys at which its table is doubled, and its own number of inserts
// after which the marks are swept out, long before the map would do either by itself. What is built
// anew at a time is one shard. Thread: the owner's.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
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
  static constexpr std::size_t kShards = 1024;

  /// Which of the shards this one is, below kShards; before anything else.
  void set_number(std::size_t number) { number_ = static_cast<std::uint16_t>(number); }

  [[nodiscard]] std::size_t size() const { return map_.size(); }
  [[nodiscard]] auto find(std::uint32_t tag) { return map_.find(tag); }
  [[nodiscard]] auto find(std::uint32_t tag) const { return map_.find(tag); }
  [[nodiscard]] auto end() { return map_.end(); }
  [[nodiscard]] auto end() const { return map_.end(); }
  void erase(typename Map::iterator it) { map_.erase(it); }
  void prefetch(std::uint32_t tag) const { map_.prefetch(tag); }

  /// As the map's.
  auto try_emplace(std::uint32_t tag, SlotNumber slot) {
    if (inserts_left_ == 0) [[unlikely]] tend();
    --inserts_left_;
    return map_.try_emplace(tag, slot);
  }

  /// Makes room, so that the table need not be doubled on the way to so many keys.
  void reserve(std::size_t keys) {
    std::size_t places = std::max(kPlacesMin, map_.capacity());
    while (keys_max(places) < keys) places = 2 * places + 1;
    if (places > map_.capacity()) build(places);
  }

  /// Beside the map: slots whose tag another key has in there. Nearly always none.
  void add_other(SlotNumber slot) {
    if (others_ == nullptr) others_ = std::make_unique<std::vector<SlotNumber>>();
    others_->push_back(slot);
  }
  /// The first of them that is meant, good until one is added or removed; null: none is.
  template <class IsMeant>
  [[nodiscard]] SlotNumber* find_other(const IsMeant& is_meant) const {
    if (others_ == nullptr) [[likely]] return nullptr;
    const auto other = std::find_if(others_->begin(), others_->end(), is_meant);
    return other == others_->end() ? nullptr : &*other;
  }
  void remove_other(SlotNumber* other) {
    others_->erase(others_->begin() + (other - others_->data()));
  }

  /// How often the table was built anew, modulo 65,536.
  [[nodiscard]] std::uint16_t builds() const { return builds_; }

 private:
  static constexpr std::size_t kPlacesMin = 15;  // the map's sizes are powers of two less one
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

  // Rare: says how many inserts need no look, and builds the table anew where there are none.
  [[gnu::noinline]] void tend() {
    inserted_ += inserts_given_;
    inserts_given_ = 0;
    const std::size_t places = map_.capacity();
    if (map_.size() >= keys_max(places)) {
      build(std::max(kPlacesMin, 2 * places + 1));
    } else if (inserted_ >= inserts_max()) {
      build(places);
    }
    const std::size_t room = keys_max(map_.capacity()) - map_.size();
    const std::size_t churn = inserts_max() - inserted_;
    inserts_given_ = inserts_left_ =
        static_cast<std::uint32_t>(std::max<std::size_t>(1, std::min(room, churn)));
  }

  void build(std::size_t places) {
    Map fresh;
    fresh.reserve(places - places / 8);
    // A map's keys come in the order of their places: both tables are gone through from the front.
    for (const auto& [tag, slot] : map_) fresh.try_emplace(tag, slot);
    map_ = std::move(fresh);
    inserted_ = 0;
    ++builds_;
  }

  Map map_;
  std::unique_ptr<std::vector<SlotNumber>> others_;
  std::uint32_t inserts_left_ = 0;   // until `tend`
  std::uint32_t inserts_given_ = 0;  // that `tend` allowed last
  std::uint32_t inserted_ = 0;       // since the table was built, without those given last
  std::uint16_t builds_ = 0;
  std::uint16_t number_ = 0;
};
static_assert(sizeof(IndexShard<>) == 64, "looking for a shard is one cache line");

}  // namespace holdfast
