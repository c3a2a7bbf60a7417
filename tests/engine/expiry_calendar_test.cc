// The ring of seconds against a sorted list, over long jumps and more than one lap.
#include "engine/expiry_calendar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace holdfast {
namespace {

TimestampNs second(std::uint64_t s) { return {s * kNsPerSecond}; }

class ExpiryCalendarTest : public ::testing::Test {
 protected:
  SlotNumber add(std::uint64_t at_second) {
    const SlotNumber number = slots_.append();
    AuthorizationSlot& slot = slots_[number];
    slot.expires_at = second(at_second);
    calendar_.add(slots_, number, slot);
    return number;
  }
  std::vector<SlotNumber> due(std::uint64_t at_second, std::size_t most = 100) {
    std::vector<SlotNumber> out;
    calendar_.due(slots_, second(at_second), most, out);
    return out;
  }
  SlotTable<AuthorizationSlot> slots_;
  ExpiryCalendar calendar_;
};

TEST_F(ExpiryCalendarTest, TellsWhatIsDueUntilItIsRemoved) {
  const SlotNumber early = add(1000);
  const SlotNumber late = add(1002);
  EXPECT_TRUE(due(999).empty());
  EXPECT_EQ(due(1000), std::vector{early});
  EXPECT_EQ(due(1001), std::vector{early}) << "told again until removed";
  EXPECT_EQ(due(1002), (std::vector{early, late}));
  EXPECT_EQ(due(5000, 1), std::vector{early}) << "bounded, earliest first";
  calendar_.remove(slots_, early);
  EXPECT_EQ(due(5000), std::vector{late});
  calendar_.remove(slots_, late);
  EXPECT_TRUE(due(9'000'000).empty());
  add(10);  // an entry before all that was swept
  EXPECT_EQ(due(9'000'000).size(), 1U);
}

TEST_F(ExpiryCalendarTest, TwoLapsInOnePlaceAreToldApart) {
  constexpr std::uint64_t kRing = std::uint64_t{1} << 25;
  const SlotNumber first = add(500);
  const SlotNumber lap_later = add(500 + kRing);
  EXPECT_EQ(due(501), std::vector{first});
  calendar_.remove(slots_, first);
  EXPECT_TRUE(due(500 + kRing - 1).empty());
  EXPECT_EQ(due(500 + kRing), std::vector{lap_later});
}

TEST_F(ExpiryCalendarTest, TheHoldsOfASecondHaveTheirTurnEvenlyWithinTheNext) {
  constexpr std::size_t kHolds = 10'000;
  for (std::size_t i = 0; i < kHolds; ++i) add(1000);
  std::size_t released = 0;
  const auto release_until = [&](std::uint64_t ms) {
    const TimestampNs now{1000 * kNsPerSecond + ms * 1'000'000};
    const std::size_t in_turn = calendar_.in_turn(now);
    std::vector<SlotNumber> numbers;
    calendar_.due(slots_, now, in_turn, numbers);
    EXPECT_EQ(numbers.size(), std::min(in_turn, kHolds - released)) << "at " << ms << " ms";
    for (const SlotNumber number : numbers) calendar_.remove(slots_, number);
    released += numbers.size();
    return released;
  };
  EXPECT_EQ(calendar_.in_turn(second(999)), 64U) << "nothing is due, the first few would be";
  EXPECT_EQ(release_until(0), 64U) << "a few at once";
  EXPECT_EQ(release_until(0), 64U) << "and no more at the same moment";
  std::size_t before = released;
  for (std::uint64_t ms = 100; ms <= 800; ms += 100) {
    EXPECT_NEAR(static_cast<double>(release_until(ms) - before), kHolds / 8.75, 1) << ms;
    before = released;
  }
  EXPECT_EQ(release_until(875), kHolds);
}

TEST_F(ExpiryCalendarTest, HoldsOfAnEarlierSecondDoNotWait) {
  for (int i = 0; i < 1'000; ++i) add(1000);
  for (int i = 0; i < 1'000; ++i) add(1001);
  ASSERT_TRUE(due(999).empty());
  EXPECT_GE(calendar_.in_turn(second(1001)), 1'000U);
  for (const SlotNumber number : due(1001, 1'000)) calendar_.remove(slots_, number);
  EXPECT_EQ(due(1001, 1'000).size(), 1'000U) << "the sweep has come to the next second";
  EXPECT_EQ(calendar_.in_turn(second(1001)), 64U);
}

// What was captured or reversed meanwhile is no longer there to be released.
TEST_F(ExpiryCalendarTest, HoldsThatEndedBeforeMakeTheOthersEarlierNotLater) {
  std::vector<SlotNumber> numbers;
  for (int i = 0; i < 1'000; ++i) numbers.push_back(add(1000));
  for (int i = 0; i < 900; ++i) calendar_.remove(slots_, numbers[static_cast<std::size_t>(i)]);
  ASSERT_TRUE(due(999).empty());
  const TimestampNs later{1000 * kNsPerSecond + 100'000'000};
  EXPECT_GE(calendar_.in_turn(later), 100U);
  for (int i = 900; i < 1'000; ++i) calendar_.remove(slots_, numbers[static_cast<std::size_t>(i)]);
  for (int i = 0; i < 200; ++i) add(1000 + ExpiryCalendar::kHorizonSeconds);
  EXPECT_TRUE(due(1001).empty());
}

TEST_F(ExpiryCalendarTest, AgreesWithASortedListOverRandomSteps) {
  std::mt19937_64 random(20'260'101);
  std::multimap<std::uint64_t, SlotNumber> model;
  std::uint64_t now = 1'700'000'000;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t choice = random() % 100;
    if (choice < 60) {
      const std::uint64_t spans[] = {1, 60, 3600, 7 * 86'400, ExpiryCalendar::kHorizonSeconds};
      const std::uint64_t at = now + 1 + random() % spans[random() % 5];
      model.emplace(at, add(at));
    } else if (choice < 75 && !model.empty()) {
      auto it = model.lower_bound(now + random() % 86'400);
      if (it == model.end()) it = model.begin();
      calendar_.remove(slots_, it->second);
      model.erase(it);
    } else {
      now += choice == 99 ? random() % (86'400 * 300) : random() % 2'000;
      while (true) {
        std::vector<SlotNumber> told = due(now, 64);
        std::vector<SlotNumber> expected;
        for (const auto& [at, number] : model) {
          if (at > now || expected.size() == 64) break;
          expected.push_back(number);
        }
        ASSERT_EQ(told.size(), expected.size()) << "at step " << step;
        if (told.empty()) break;
        for (const SlotNumber number : told) {
          const auto [begin, end] = model.equal_range(slots_[number].expires_at.ns / kNsPerSecond);
          const auto it = std::find_if(begin, end, [&](auto& e) { return e.second == number; });
          ASSERT_NE(it, end);
          ASSERT_LE(it->first, now);
          model.erase(it);
          calendar_.remove(slots_, number);
        }
      }
    }
  }
}

}  // namespace
}  // namespace holdfast
