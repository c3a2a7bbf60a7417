// Free slots: each is handed out once, in groups of neighbours, and the table stays bounded.
#include "engine/free_slots.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "engine/snapshot.h"

namespace holdfast {
namespace {

struct Thing {
  std::uint64_t words[16] = {};
};
static_assert(sizeof(Thing) == 128);

struct FreeSlotsTest : ::testing::Test {
  static constexpr SlotNumber kGroup = FreeSlots<Thing>::kSlotsPerGroup;

  void fill(SlotNumber slots) {
    for (SlotNumber i = 0; i < slots; ++i) ASSERT_EQ(free.take(table), i);
  }

  SlotTable<Thing> table;
  FreeSlots<Thing> free;
};

TEST_F(FreeSlotsTest, AGroupIsAPageOfLargeSlots) {
  EXPECT_EQ(kGroup * sizeof(Thing), kSnapshotPageBytes);
}

TEST_F(FreeSlotsTest, AGroupIsUsedAgainWhenHalfOfItIsFree) {
  fill(3 * kGroup);
  for (SlotNumber i = 0; i < kGroup / 2 - 1; ++i) free.give_back(kGroup + 2 * i);
  EXPECT_EQ(free.take(table), 3 * kGroup) << "too little is free, so the table grows";
  free.give_back(2 * kGroup - 1);
  EXPECT_EQ(free.size(), kGroup / 2);
  for (SlotNumber i = 0; i < kGroup / 2 - 1; ++i) EXPECT_EQ(free.take(table), kGroup + 2 * i);
  EXPECT_EQ(free.take(table), 2 * kGroup - 1);
  EXPECT_EQ(free.take(table), 3 * kGroup + 1);
  EXPECT_EQ(free.size(), 0U);
}

TEST_F(FreeSlotsTest, GroupsTakeTheirTurnsAndGetFullerMeanwhile) {
  fill(4 * kGroup);
  for (SlotNumber i = 0; i < kGroup / 2; ++i) free.give_back(2 * kGroup + i);
  for (SlotNumber i = 0; i < kGroup; ++i) free.give_back(i);
  for (SlotNumber i = kGroup / 2; i < kGroup; ++i) free.give_back(2 * kGroup + i);
  for (SlotNumber i = 0; i < kGroup; ++i) EXPECT_EQ(free.take(table), 2 * kGroup + i);
  for (SlotNumber i = 0; i < kGroup; ++i) EXPECT_EQ(free.take(table), i);
  EXPECT_EQ(free.take(table), 4 * kGroup);
}

TEST_F(FreeSlotsTest, WhatIsFreedInTheGroupInUseComesWithIt) {
  fill(2 * kGroup);
  for (SlotNumber i = 0; i < kGroup / 2; ++i) free.give_back(i);
  EXPECT_EQ(free.take(table), 0U);
  free.give_back(kGroup - 1);
  free.give_back(0);
  EXPECT_EQ(free.take(table), 0U);
  for (SlotNumber i = 1; i < kGroup / 2; ++i) EXPECT_EQ(free.take(table), i);
  EXPECT_EQ(free.take(table), kGroup - 1);
  EXPECT_EQ(free.take(table), 2 * kGroup);
}

TEST_F(FreeSlotsTest, ATableThatMayNotGrowUsesWhateverIsFree) {
  free.set_slots_max(8 * kGroup);
  fill(8 * kGroup);
  const std::vector<SlotNumber> freed = {7, 2 * kGroup, 5 * kGroup + 3};
  for (const SlotNumber number : freed) free.give_back(number);
  std::vector<SlotNumber> taken;
  for (int i = 0; i < 3; ++i) taken.push_back(free.take(table));
  std::sort(taken.begin(), taken.end());
  EXPECT_EQ(taken, freed);
  EXPECT_EQ(table.size(), 8 * kGroup);
  EXPECT_EQ(free.take(table), 8 * kGroup) << "one more than there should be, as nothing is free";
}

TEST_F(FreeSlotsTest, GoesOnWithATableThatWasFilledIn) {
  constexpr SlotNumber kSlots = 3 * kGroup + 5;
  table.restore(kSlots);
  // All of the second group, one slot of the first, and one of the last, which is not full yet.
  const auto is_free = [](SlotNumber number) {
    return number / kGroup == 1 || number == 4 || number == 3 * kGroup + 1;
  };
  free.restore(kSlots, is_free);
  EXPECT_EQ(free.size(), kGroup + 2);
  for (SlotNumber i = 0; i < kGroup; ++i) EXPECT_EQ(free.take(table), kGroup + i);
  for (SlotNumber i = 0; i < kGroup; ++i) EXPECT_EQ(free.take(table), kSlots + i);
  for (SlotNumber i = 0; i < kGroup / 2; ++i) {
    if (i != 4) free.give_back(i);
  }
  for (SlotNumber i = 0; i < kGroup / 2; ++i) EXPECT_EQ(free.take(table), i);
}

// Two lifetimes, mixed, as of payments that are captured and of those that expire.
TEST_F(FreeSlotsTest, AfterLongChurnNewNeighboursAreStillNeighbours) {
  constexpr std::size_t kLong = 20'000;
  std::mt19937 random{5};
  std::multimap<std::size_t, SlotNumber> ends;
  std::vector<bool> is_used(10 * kLong);
  std::size_t group_changes = 0;
  SlotNumber before = 0;
  std::size_t most_in_use = 0;
  constexpr std::size_t kEnd = 40 * kLong;
  constexpr std::size_t kJudged = kEnd / 2;
  for (std::size_t now = 0; now < kEnd; ++now) {
    while (!ends.empty() && ends.begin()->first <= now) {
      is_used[ends.begin()->second] = false;
      free.give_back(ends.begin()->second);
      ends.erase(ends.begin());
    }
    const SlotNumber number = free.take(table);
    ASSERT_FALSE(is_used[number]) << number;
    is_used[number] = true;
    if (now >= kEnd - kJudged) group_changes += number / kGroup != before / kGroup ? 1 : 0;
    before = number;
    const bool is_short = random() % 3 == 0;
    ends.emplace(now + (is_short ? 1 + random() % kLong : kLong), number);
    most_in_use = std::max(most_in_use, ends.size());
  }
  EXPECT_LE(group_changes, kJudged / (kGroup / 2));
  EXPECT_LE(table.size(), 2 * most_in_use);
}

}  // namespace
}  // namespace holdfast
