// The indexes: keys whose hash bits collide, forgetting, and loading.
#include "engine/index.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <set>
#include <vector>

#include "engine/authorization_index.h"

namespace holdfast {
namespace {

struct Thing {
  AccountId id;
  std::uint64_t padding[6] = {};
};
static_assert(sizeof(Thing) == 64);

AccountId id(std::uint64_t low) { return {.low = low, .high = 1}; }

// Eight keys share each hash, so nearly all of them stand beside the maps.
struct PoorHash {
  std::size_t operator()(const AccountId& key) const { return key.low / 8 % 4; }
};

template <class HashOf>
struct Fixture {
  SlotTable<Thing> table;
  Index<Thing, &Thing::id, HashOf> index{table};

  SlotNumber add(std::uint64_t low) {
    const SlotNumber slot = table.append();
    table[slot].id = id(low);
    index.insert(id(low), slot);
    return slot;
  }
};

template <class HashOf>
class IndexOf : public ::testing::Test {};
using Hashes = ::testing::Types<absl::Hash<AccountId>, PoorHash>;
TYPED_TEST_SUITE(IndexOf, Hashes);

TYPED_TEST(IndexOf, FindsWhatIsThereAndNothingElse) {
  Fixture<TypeParam> f;
  for (std::uint64_t i = 0; i < 200; ++i) ASSERT_EQ(f.add(i), i);
  EXPECT_EQ(f.index.size(), 200U);
  for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(f.index.find(id(i)), i) << i;
  for (std::uint64_t i = 200; i < 400; ++i) EXPECT_EQ(f.index.find(id(i)), kNoSlot) << i;
}

TYPED_TEST(IndexOf, ErasesInAnyOrder) {
  // Strides that visit all: the first of a hash, those beside it, and its heirs go at all times.
  for (const std::uint64_t stride : {1ULL, 3ULL, 7ULL, 61ULL, 199ULL}) {
    Fixture<TypeParam> f;
    for (std::uint64_t i = 0; i < 200; ++i) f.add(i);
    std::set<std::uint64_t> left;
    for (std::uint64_t i = 0; i < 200; ++i) left.insert(i);
    for (std::uint64_t step = 0; step < 200; ++step) {
      const std::uint64_t gone = step * stride % 200;
      f.index.erase(id(gone));
      left.erase(gone);
      ASSERT_EQ(f.index.size(), left.size());
      for (std::uint64_t i = 0; i < 200; ++i) {
        ASSERT_EQ(f.index.find(id(i)), left.contains(i) ? i : kNoSlot) << stride << " " << i;
      }
    }
  }
}

TYPED_TEST(IndexOf, ComesBackAfterErasing) {
  Fixture<TypeParam> f;
  for (std::uint64_t i = 0; i < 64; ++i) f.add(i);
  for (std::uint64_t i = 0; i < 64; i += 2) f.index.erase(id(i));
  for (std::uint64_t i = 0; i < 64; i += 2) {
    const SlotNumber slot = f.add(i);
    EXPECT_EQ(f.index.find(id(i)), slot);
  }
  EXPECT_EQ(f.index.size(), 64U);
}

TYPED_TEST(IndexOf, TheLatestSlotCountsWhereItIsAssigned) {
  Fixture<TypeParam> f;
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < 50; ++i) {
      const SlotNumber slot = f.table.append();
      f.table[slot].id = id(i);
      f.index.insert_or_assign(id(i), slot);
      ASSERT_EQ(f.index.find(id(i)), slot);
    }
    ASSERT_EQ(f.index.size(), 50U);
  }
}

TYPED_TEST(IndexOf, IsBuiltFromALoadedTable) {
  Fixture<TypeParam> f;
  for (std::uint64_t i = 0; i < 300; ++i) f.table[f.table.append()].id = id(i);
  const auto even = [](SlotNumber slot) { return slot % 2 == 0; };
  EXPECT_EQ(f.index.insert_all(even), kNoSlot);
  EXPECT_EQ(f.index.size(), 150U);
  for (std::uint64_t i = 0; i < 300; ++i) {
    EXPECT_EQ(f.index.find(id(i)), i % 2 == 0 ? i : kNoSlot) << i;
  }
}

TYPED_TEST(IndexOf, SaysWhichLoadedKeyIsThereTwice) {
  Fixture<TypeParam> f;
  for (std::uint64_t i = 0; i < 100; ++i) f.table[f.table.append()].id = id(i);
  f.table[f.table.append()].id = id(77);
  EXPECT_EQ(f.index.insert_all([](SlotNumber) { return true; }), 100U);
}

TYPED_TEST(IndexOf, AKeyEntersOnce) {
  Fixture<TypeParam> f;
  for (std::uint64_t i = 0; i < 20; ++i) f.add(i);
  EXPECT_DEATH(f.index.insert(id(13), 13), "a key enters an index once");
  EXPECT_DEATH(f.index.erase(id(99)), "only what is in an index leaves it");
}

TYPED_TEST(IndexOf, GuessesTheSlotOfWhatIsThere) {
  Fixture<TypeParam> f;
  for (std::uint64_t i = 0; i < 100; ++i) f.add(i);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const SlotNumber guess = f.index.guess(f.index.prefetch(id(i)));
    ASSERT_LT(guess, 100U);
    if constexpr (std::is_same_v<TypeParam, absl::Hash<AccountId>>) {
      EXPECT_EQ(guess, i);
    }
  }
}

TEST(AuthorizationIndexTest, FindsInsertsAndForgets) {
  AuthorizationIndex index;
  EXPECT_EQ(index.find({1}), kNoSlot);
  // Far apart, so that pages lie between; and the last id that there can be.
  const std::vector<std::uint64_t> ids = {1, 2, 524'287, 524'288, 5'000'000, 1ULL << 40, UINT64_MAX};
  for (SlotNumber i = 0; i < ids.size(); ++i) ASSERT_TRUE(index.insert({ids[i]}, i));
  EXPECT_EQ(index.size(), ids.size());
  for (SlotNumber i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(index.find({ids[i]}), i);
    EXPECT_FALSE(index.insert({ids[i]}, 9)) << "twice";
    EXPECT_EQ(index.find({ids[i] - 1}), i == 1 ? 0 : i == 3 ? 2 : kNoSlot);
    index.prefetch({ids[i]});
  }
  for (SlotNumber i = 0; i < ids.size(); ++i) {
    index.erase({ids[i]});
    EXPECT_EQ(index.find({ids[i]}), kNoSlot);
  }
  EXPECT_EQ(index.size(), 0U);
  EXPECT_DEATH(index.erase({1}), "only what is in an index leaves it");
}

TEST(AuthorizationIndexTest, UsesPagesAgain) {
  constexpr std::uint64_t kOpen = 600'000;  // over two pages, now and then three
  AuthorizationIndex index;
  std::uint64_t next = 1;
  std::uint64_t oldest = 1;
  const auto move_on = [&](std::uint64_t ids) {
    for (const std::uint64_t end = next + ids; next < end; ++next) {
      ASSERT_EQ(index.find({next}), kNoSlot);
      ASSERT_TRUE(index.insert({next}, static_cast<SlotNumber>(next)));
      if (next - oldest >= kOpen) index.erase({oldest++});
    }
  };
  const auto page_faults = [] {
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
  };
  move_on(3'000'000);
  const auto before = page_faults();
  move_on(3'000'000);
  EXPECT_LT(page_faults() - before, 256) << "memory was mapped anew: half a page's worth at least";
  EXPECT_EQ(index.size(), kOpen);
  for (std::uint64_t id = oldest; id < next; ++id) {
    ASSERT_EQ(index.find({id}), static_cast<SlotNumber>(id));
  }
}

}  // namespace
}  // namespace holdfast
