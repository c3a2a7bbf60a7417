// The keys of a shard move to a new table piece by piece, the shards of an index do so one after the
// other, and no map does it by itself.
//
// What a map hashes is counted: a single key for an insert (a few times in a build with
// assertions), all of its keys when it builds a table.
#include "engine/index_shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <unordered_map>
#include <vector>

namespace holdfast {
namespace {

constexpr std::size_t kHashedOfOneKeyMax = 4;

struct CountingHash {
  inline static std::size_t hashed = 0;
  std::size_t operator()(std::uint32_t tag) const {
    ++hashed;
    return tag;
  }
};
using Shard = IndexShard<CountingHash>;

// All shards of an index, with keys spread over them as evenly as chance never would.
class Shards {
 public:
  Shards() : shards_(Shard::kShards) {
    for (std::size_t i = 0; i < shards_.size(); ++i) shards_[i].set_number(i);
  }

  void reserve(std::size_t keys_each) {
    for (Shard& shard : shards_) shard.reserve(keys_each);
  }

  /// One key more in each; returns how many tables were built for it.
  std::size_t add_to_each() {
    std::size_t built = 0;
    for (Shard& shard : shards_) {
      const auto before = shard.builds();
      while (!shard.try_emplace(static_cast<std::uint32_t>(random_()), 0).second) {}
      built += static_cast<std::uint16_t>(shard.builds() - before);
    }
    return built;
  }

 private:
  std::vector<Shard> shards_;
  std::mt19937 random_{11};
};

TEST(IndexShard, TablesAreDoubledOneAfterTheOther) {
  Shards shards;
  constexpr std::size_t kKeys = 1000;
  for (std::size_t keys = 0; keys < kKeys; ++keys) shards.add_to_each();
  std::size_t all = 0;
  for (std::size_t keys = kKeys; keys < 2 * kKeys;) {
    std::size_t built = 0;
    const std::size_t end = keys + keys / 100;
    for (; keys < end; ++keys) built += shards.add_to_each();
    // A hundredth more keys: were the tables doubled alike, it would be all of them at once.
    EXPECT_LE(built, Shard::kShards * 4 / 100) << "at " << keys << " keys in each shard";
    all += built;
  }
  EXPECT_GE(all, Shard::kShards) << "each table is doubled once while its keys double";
}

TEST(IndexShard, RoomThatWasMadeIsEnough) {
  for (const std::size_t keys : {1, 7, 100, 1024, 3000}) {
    Shards shards;
    shards.reserve(keys);
    std::size_t built = 0;
    for (std::size_t i = 0; i < keys; ++i) built += shards.add_to_each();
    EXPECT_EQ(built, 0U) << keys;
  }
}

TEST(IndexShard, ALoadedIndexGoesOnGrowingOneTableAfterTheOther) {
  Shards shards;
  constexpr std::size_t kKeys = 2000;
  shards.reserve(kKeys);
  for (std::size_t i = 0; i < kKeys; ++i) shards.add_to_each();
  std::size_t built = 0;
  for (std::size_t i = 0; i < kKeys / 100; ++i) built += shards.add_to_each();
  EXPECT_LE(built, Shard::kShards * 5 / 100);
}

// What is there and what is not, whichever table has it, in growth and in churn.
TEST(IndexShard, FindsEachTagWhileKeysMove) {
  std::mt19937 random{14};
  Shard shard;
  shard.set_number(Shard::kShards / 2);
  std::unordered_map<std::uint32_t, SlotNumber> model;
  std::vector<std::uint32_t> tags;
  std::size_t looked_while_moving = 0;
  const auto check = [&](std::uint32_t tag) {
    const auto known = model.find(tag);
    const SlotNumber wanted = known == model.end() ? kNoSlot : known->second;
    ASSERT_EQ(shard.slot_of(tag), wanted) << tag;
    const auto place = shard.find(tag);
    ASSERT_EQ(static_cast<bool>(place), wanted != kNoSlot) << tag;
    if (place) { ASSERT_EQ(place.slot(), wanted) << tag; }
  };
  constexpr std::uint32_t kTags = 60'000;  // so few that many come again
  for (std::size_t i = 0; i < 400'000; ++i) {
    const std::uint32_t tag = static_cast<std::uint32_t>(random()) % kTags * 71'583;
    const auto slot = static_cast<SlotNumber>(i);
    // Grows for the first half, and then has as many keys as leave.
    if (random() % 4 == 0 || (i > 200'000 && random() % 3 == 0)) {
      if (const auto place = shard.find(tag)) shard.erase(place);
      model.erase(tag);
    } else {
      const auto [place, inserted] = shard.try_emplace(tag, slot);
      const auto [known, is_new] = model.try_emplace(tag, slot);
      ASSERT_EQ(inserted, is_new);
      ASSERT_EQ(place.slot(), known->second);
      if (is_new) tags.push_back(tag);
    }
    ASSERT_EQ(shard.size(), model.size());
    looked_while_moving += shard.is_moving() ? 1 : 0;
    check(static_cast<std::uint32_t>(random()) % kTags * 71'583);
    if (!tags.empty()) check(tags[random() % tags.size()]);
  }
  EXPECT_GT(shard.builds(), 10U);
  EXPECT_GT(looked_while_moving, 1000U);
  for (std::uint32_t tag = 0; tag < kTags; ++tag) check(tag * 71'583);
}

TEST(IndexShard, MakingRoomEndsMoving) {
  Shard shard;
  std::mt19937 random{15};
  std::vector<std::uint32_t> tags;
  while (!shard.is_moving()) {
    tags.push_back(static_cast<std::uint32_t>(random()));
    if (!shard.try_emplace(tags.back(), static_cast<SlotNumber>(tags.size())).second) {
      tags.pop_back();
    }
  }
  shard.reserve(2);
  EXPECT_FALSE(shard.is_moving());
  shard.reserve(10 * tags.size());
  EXPECT_FALSE(shard.is_moving());
  const auto builds = shard.builds();
  for (std::size_t i = 0; i < 9 * tags.size(); ++i) {
    shard.try_emplace(static_cast<std::uint32_t>(random()), 0);
  }
  EXPECT_EQ(shard.builds(), builds);
  for (std::size_t i = 0; i < tags.size(); ++i) EXPECT_EQ(shard.slot_of(tags[i]), i + 1);
}

// A map that is left alone builds its table anew in such churn, by the marks of erased keys; here
// no insert ever moves more than a piece.
TEST(IndexShard, InChurnTheMapDoesNothingByItself) {
  constexpr std::size_t kTurnovers = 30;
  std::mt19937 random{12};
  std::size_t built_in_all = 0;
  for (const std::size_t number : {std::size_t{0}, Shard::kShards / 2, Shard::kShards - 1}) {
    for (std::size_t keys = 900; keys < 1900; keys += 100) {
      Shard shard;
      shard.set_number(number);
      std::deque<std::uint32_t> present;
      for (std::size_t i = 0; i < (kTurnovers + 1) * keys; ++i) {
        const auto tag = static_cast<std::uint32_t>(random());
        const auto before = shard.builds();
        const bool was_moving = shard.is_moving();
        CountingHash::hashed = 0;
        const bool is_new = shard.try_emplace(tag, 0).second;
        const std::size_t hashed = CountingHash::hashed;
        const bool may_move = was_moving || shard.builds() != before;
        // The key itself, in both tables, and those that moved.
        const std::size_t keys_max = may_move ? Shard::kMovedAtOnce + 2 : 1;
        ASSERT_LE(hashed, kHashedOfOneKeyMax * keys_max)
            << "shard " << number << ", " << keys << " keys, insert " << i;
        built_in_all += static_cast<std::uint16_t>(shard.builds() - before);
        if (is_new) present.push_back(tag);
        if (present.size() <= keys) continue;
        shard.erase(shard.find(present.front()));
        present.pop_front();
      }
    }
  }
  EXPECT_GT(built_in_all, 0U);
}

TEST(IndexShard, InChurnTablesAreSweptOneAfterTheOther) {
  std::vector<Shard> shards(Shard::kShards);
  constexpr std::size_t kKeys = 500;
  std::mt19937 random{13};
  std::vector<std::deque<std::uint32_t>> present(shards.size());
  const auto turn_over_one = [&] {
    std::size_t built = 0;
    for (std::size_t i = 0; i < shards.size(); ++i) {
      const auto tag = static_cast<std::uint32_t>(random());
      const auto before = shards[i].builds();
      if (shards[i].try_emplace(tag, 0).second) present[i].push_back(tag);
      built += static_cast<std::uint16_t>(shards[i].builds() - before);
      if (present[i].size() <= kKeys) continue;
      shards[i].erase(shards[i].find(present[i].front()));
      present[i].pop_front();
    }
    return built;
  };
  for (std::size_t i = 0; i < shards.size(); ++i) {
    shards[i].set_number(i);
    shards[i].reserve(kKeys);
  }
  std::size_t most = 0;
  std::size_t all = 0;
  for (std::size_t turn = 0; turn < 20 * kKeys; turn += kKeys / 50) {
    std::size_t built = 0;
    for (std::size_t i = 0; i < kKeys / 50; ++i) built += turn_over_one();
    most = std::max(most, built);
    all += built;
  }
  EXPECT_GT(all, 5 * Shard::kShards);
  EXPECT_LE(most, Shard::kShards / 8) << "in a fiftieth of a turnover";
}

TEST(IndexShard, KeepsWhatStandsBesideTheMap) {
  Shard shard;
  const auto is = [](SlotNumber wanted) {
    return [wanted](SlotNumber slot) { return slot == wanted; };
  };
  EXPECT_EQ(shard.find_other(is(3)), nullptr);
  for (const SlotNumber slot : {3U, 5U, 7U}) shard.add_other(slot);
  ASSERT_NE(shard.find_other(is(5)), nullptr);
  shard.remove_other(shard.find_other(is(5)));
  EXPECT_EQ(shard.find_other(is(5)), nullptr);
  EXPECT_EQ(*shard.find_other(is(3)), 3U);
  EXPECT_EQ(*shard.find_other(is(7)), 7U);
}

// What is asked for ahead depends on how Abseil lays out a map (lines_of); another layout would go
// unnoticed but for the time that it takes.
TEST(IndexShard, AsksForTheLinesWhereATagIs) {
  Shard shard;
  shard.set_number(Shard::kShards - 1);
  EXPECT_EQ(shard.entries_near(1), nullptr);
  std::mt19937 random{5};
  constexpr std::size_t kKeys = 50'000;
  std::size_t near = 0;
  for (std::size_t keys = 0; keys < kKeys;) {
    const auto tag = static_cast<std::uint32_t>(random());
    const auto [place, inserted] = shard.try_emplace(tag, 0);
    if (!inserted) continue;
    ++keys;
    // In a map a tag stands before its slot number, as a pair.
    const auto* const entry =
        reinterpret_cast<const std::byte*>(&place.slot()) - sizeof(std::uint32_t);
    const auto* const first = static_cast<const std::byte*>(shard.entries_near(tag));
    const std::ptrdiff_t behind = (entry - first) / static_cast<std::ptrdiff_t>(sizeof(
                                      std::pair<std::uint32_t, SlotNumber>));
    if (behind >= 0 && behind < static_cast<std::ptrdiff_t>(Shard::kGroup)) ++near;
  }
  // The others did not find room in their first group, or stand at the table's end and begin.
  EXPECT_GE(near, kKeys * 9 / 10);
}

}  // namespace
}  // namespace holdfast
