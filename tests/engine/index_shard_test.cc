// The shards of an index build their tables anew one after the other, and no map does so by itself.
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

// A map that is left alone builds its table anew in such churn, by the marks of erased keys.
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
        CountingHash::hashed = 0;
        const bool is_new = shard.try_emplace(tag, 0).second;
        const std::size_t hashed = CountingHash::hashed;
        if (shard.builds() == before) {
          ASSERT_LE(hashed, kHashedOfOneKeyMax)
              << "shard " << number << ", " << keys << " keys, insert " << i;
        } else {
          ++built_in_all;
          ASSERT_LE(hashed, kHashedOfOneKeyMax * (shard.size() + 1)) << "a table is built once";
        }
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

}  // namespace
}  // namespace holdfast
