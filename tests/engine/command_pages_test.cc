// How many pages one command changes, held against what a snapshot keeps room for.
#include "engine/command_pages.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "tests/engine/memory_sink.h"
#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

/// As many windows as a rule set can have; `minutes` tells shapes apart.
Rules all_windows(std::uint32_t minutes) {
  Rules rules;
  for (std::uint16_t i = 0; i < limits::controls_max; ++i) {
    rules.controls.push_back(rolling(static_cast<std::uint16_t>(i + 1),
                                     minutes * 60 * limits::rolling_steps_max, minutes * 60,
                                     RuledWorld::kFunds));
  }
  return rules;
}

/// The largest payments that there can be: all shadows run, and each counts in all windows.
class LargestCommands : public testing::Test {
 protected:
  LargestCommands() : world_(all_windows(1)) {
    for (std::uint32_t i = 0; i < limits::shadows_max; ++i) world_.shadow(all_windows(i + 2));
    // So many charges that those of one payment come from pages all over.
    std::vector<Outcome> holds;
    for (int i = 0; i < 24; ++i) holds.push_back(world_.pay(100));
    for (std::size_t i = 0; i < holds.size(); i += 2) world_.give_back(holds[(i * 7) % holds.size()]);
    for (std::size_t i = 1; i < holds.size(); i += 2) open_.push_back(holds[(i * 7) % holds.size()]);
  }

  /// Pages that it changes of those that were captured.
  std::uint64_t pages_of(const std::function<Outcome()>& command) {
    MemorySink sink(2 * packets_for_pages(kCommandPagesMax));
    EXPECT_TRUE(world_.engine.begin_snapshot(sink));
    EXPECT_EQ(sink.plan.pages_per_command, kCommandPagesMax);
    EXPECT_TRUE(world_.engine.snapshot_has_room());
    EXPECT_EQ(sink.packets_out, static_cast<int>(packets_for_pages(kCommandPagesMax)));
    EXPECT_EQ(command().decision, Decision::approved);
    const std::uint64_t pages = world_.engine.snapshot_pages_ahead();
    EXPECT_LE(pages, kCommandPagesMax);
    while (world_.engine.copy_for_snapshot(64).phase == SnapshotPhase::copying) {
    }
    world_.engine.finish_snapshot();
    return pages;
  }

  RuledWorld world_;
  std::vector<Outcome> open_;
};

TEST_F(LargestCommands, ChangeNoMorePagesThanThereIsRoomFor) {
  // More than 1,000 counters with a ring each fill 100 pages, and more than 17 charges.
  EXPECT_GT(pages_of([&] { return world_.pay(100); }), 117U);
  EXPECT_GT(pages_of([&] { return world_.raise(open_.at(0), 50); }), 117U);
  EXPECT_GT(pages_of([&] { return world_.give_back(open_.at(1), 30); }), 117U);
  EXPECT_GT(pages_of([&] { return world_.give_back(open_.at(2)); }), 117U);
  EXPECT_GT(pages_of([&] { return world_.take(open_.at(3), 60, /*final=*/true); }), 117U);
  EXPECT_GT(pages_of([&] {
    std::vector<Command> due;
    world_.now.ns += 30ULL * 24 * 3600 * kNsPerSecond;
    EXPECT_EQ(world_.engine.expiries_due(world_.now, 1, due), 1U);
    EXPECT_EQ(world_.engine.snapshot_pages_ahead(), 0U) << "to ask what is due changes nothing";
    return world_.engine.apply(due.at(0), world_.now);
  }), 17U);
}

TEST(CommandPages, WithoutWindowsFewPacketsAreEnough) {
  StateMachine engine;
  small_world(engine, 1'000);
  MemorySink sink;
  ASSERT_TRUE(engine.begin_snapshot(sink));
  EXPECT_EQ(sink.plan.pages_per_command, kPlainCommandPages);
  EXPECT_TRUE(engine.snapshot_has_room());
  EXPECT_EQ(sink.packets_out, static_cast<int>(packets_for_pages(kPlainCommandPages)));
  EXPECT_LE(sink.packets_out, 5);
}

}  // namespace
}  // namespace holdfast
