// Counters of runs that have ended leave their table a few at a time.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

#include "engine/counter_table.h"
#include "engine/windows.h"
#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

TEST(CounterTable, ASweepFreesTheDeadAFewAtATime) {
  CounterTable counters;
  const WindowShape shape = WindowShape::of(rolling(1, 7200, 3600, 10));
  const auto name = [](std::uint32_t entity, std::uint16_t origin) {
    return CounterName{.program = 0, .origin = origin, .entity = entity, .control = 1};
  };
  for (std::uint32_t i = 0; i < 100; ++i) {
    (void)counters.add(counters.create(name(i, 0)), shape, 5, {1}, true);
    (void)counters.add(counters.create(name(i, 1)), shape, 5, {7}, true);
  }
  const SlotNumber dead = counters.find(key_of(name(50, 1)));
  const std::uint32_t era = counters[dead].era;
  const auto is_dead = [](const CounterName& of) { return of.origin == 1; };
  counters.begin_sweep();
  std::size_t turns = 0;
  while (counters.is_sweeping()) {
    const std::size_t before = counters.size();
    counters.sweep(is_dead);
    EXPECT_LE(before - counters.size(), 4U);
    ASSERT_LT(++turns, 100U);
  }
  EXPECT_EQ(counters.size(), 100U);
  EXPECT_EQ(counters.slots(), 200U);
  EXPECT_EQ(counters.find(key_of(name(50, 1))), kNoSlot);
  EXPECT_FALSE(CounterTable::holds(counters[dead], era, 5));
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(counters.usage(counters.find(key_of(name(i, 0))), shape, 5).used.minor, 1);
    const SlotNumber reused = counters.create(name(i, 2));
    EXPECT_EQ(counters.usage(reused, shape, 5).used.minor, 0);
    (void)counters.add(reused, shape, 5, {3}, true);
  }
  EXPECT_EQ(counters.slots(), 200U) << "freed slots are used again";
  counters.give_back(dead, era, 5, {7}, true);
  EXPECT_EQ(counters[dead].used.minor, 3) << "an old charge does not belong";
  EXPECT_TRUE(CounterTable::is_of(counters[dead], counters[dead].era));
  EXPECT_FALSE(CounterTable::is_of(counters[dead], era));
}

TEST(CounterTable, ASweepComesAroundThoughTheTableGrows) {
  CounterTable counters;
  const auto name = [](std::uint32_t entity, std::uint16_t origin) {
    return CounterName{.program = 0, .origin = origin, .entity = entity, .control = 1};
  };
  std::uint32_t entity = 0;
  std::uint16_t next = 1;
  for (; entity < 25; ++entity) (void)counters.create(name(entity, next));
  for (std::uint16_t ended = 1; ended <= 4; ++ended) {
    next = static_cast<std::uint16_t>(ended + 1);
    counters.begin_sweep();  // with the cursor where the last one left it
    while (counters.is_sweeping()) {
      counters.sweep([&](const CounterName& of) { return of.origin <= ended; });
      (void)counters.create(name(entity++, next));
      if (entity % 3 == 0) (void)counters.create(name(entity++, next));
    }
    std::size_t left = 0;
    for (SlotNumber i = 0; i < counters.slots(); ++i) {
      left += !counters[i].is_free() && counters[i].name.origin <= ended ? 1 : 0;
    }
    EXPECT_EQ(left, 0U);
  }
}

}  // namespace
}  // namespace holdfast
