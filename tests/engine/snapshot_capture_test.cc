// How a snapshot is captured: when pages are copied, and what a slow or broken writer does to them.
// What the loader takes and refuses: snapshot_loader_test.cc.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/command_pages.h"
#include "engine/page_outbox.h"
#include "tests/engine/rules.h"
#include "tests/engine/snapshot_world.h"

namespace holdfast {
namespace {

using namespace test;

std::size_t pages_of(const SnapshotPlan& plan, SnapshotTable table) {
  for (const SnapshotTableSize& size : plan.tables) {
    if (size.table == table) return size.pages;
  }
  return 0;
}

TEST_F(SnapshotTest, EachPageOfThePlanComesOnceWhateverChangesMeanwhile) {
  MemorySink sink(1, /*is_slow=*/true);
  const StateDigest digest = engine_.digest();
  ASSERT_TRUE(engine_.begin_snapshot(sink));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(pay(engine_, 1 + i, 10'000 + i * 7 % 1000).decision, Decision::approved);
    if (i % 100 == 0) {
      engine_.copy_for_snapshot(1);
      sink.release(1);
    }
  }
  while (engine_.copy_for_snapshot(1).phase == SnapshotPhase::copying) sink.release(1);
  const SnapshotProgress progress = engine_.snapshot_progress();
  EXPECT_EQ(progress.phase, SnapshotPhase::copied);
  EXPECT_EQ(progress.pages, progress.pages_copied);
  EXPECT_GE(progress.pages_ahead, 1000 / kAccountsPerPage) << "the accounts' pages changed";
  EXPECT_FALSE(sink.is_finished) << "it counts when the core says so";
  engine_.finish_snapshot();
  EXPECT_TRUE(sink.is_finished);
  EXPECT_EQ(engine_.snapshot_progress().phase, SnapshotPhase::none);

  std::map<SnapshotTable, std::set<std::uint32_t>> came;
  for (const KeptPage& page : sink.pages) {
    EXPECT_TRUE(came[page.name.table].insert(page.name.page).second) << "a page came twice";
  }
  for (const SnapshotTableSize& size : sink.plan.tables) {
    EXPECT_EQ(came[size.table].size(), size.pages) << static_cast<int>(size.table);
    if (size.pages > 0) {
      EXPECT_EQ(*came[size.table].rbegin(), size.pages - 1);
    }
  }
  auto loaded = sink.load();
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  EXPECT_EQ(loaded->digest(), digest);
}

TEST_F(SnapshotTest, ReadingCopiesNothing) {
  MemorySink sink;
  ASSERT_TRUE(engine_.begin_snapshot(sink));
  (void)engine_.show_account({kCustomer, 0});
  (void)engine_.show_card({kCard, 0});
  (void)engine_.digest();
  engine_.check_invariants();
  EXPECT_EQ(engine_.snapshot_pages_ahead(), 0U);
  // A card is read and stays as it is; the declined request is remembered.
  EXPECT_EQ(pay(engine_, 1, kCard).decision, Decision::approved);
  const std::uint64_t of_first = engine_.snapshot_pages_ahead();
  EXPECT_GT(of_first, 0U);
  engine_.abandon_snapshot("test");
  for (const KeptPage& page : sink.pages) EXPECT_NE(page.name.table, SnapshotTable::cards);
}

TEST_F(SnapshotTest, TwoOfTheSameStateAreTheSameBytes) {
  MemorySink first;
  MemorySink second;
  take_snapshot(engine_, first);
  take_snapshot(engine_, second);
  ASSERT_EQ(first.pages.size(), second.pages.size());
  for (std::size_t i = 0; i < first.pages.size(); ++i) {
    EXPECT_EQ(first.pages[i].bytes, second.pages[i].bytes);
  }
}

TEST_F(SnapshotTest, AnEmptyMachineHasOneToo) {
  StateMachine empty;
  MemorySink sink;
  take_snapshot(empty, sink);
  auto loaded = sink.load();
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  EXPECT_EQ(loaded->digest(), empty.digest());
  EXPECT_EQ(loaded->position(), LogPosition{});
}

TEST_F(SnapshotTest, OnlyOneIsUnderWayAndARefusingSinkBeginsNone) {
  MemorySink sink;
  sink.refuses = true;
  EXPECT_EQ(engine_.begin_snapshot(sink), std::unexpected(SnapshotDelay::making_memory));
  EXPECT_EQ(engine_.snapshot_progress().phase, SnapshotPhase::none);
  sink.refuses = false;
  EXPECT_TRUE(engine_.begin_snapshot(sink));
  MemorySink other;
  EXPECT_EQ(engine_.begin_snapshot(other), std::unexpected(SnapshotDelay::under_way));
  EXPECT_FALSE(other.is_under_way);
}

Command block_card(std::uint64_t request, std::uint64_t card) {
  Command command = make(CommandKind::update_card, request);
  command.update_card = {.card = {card, 0},
                         .program = {},
                         .expiry = {},
                         .status = CardStatus::blocked,
                         .change = kChangeStatus};
  return command;
}

TEST_F(SnapshotTest, APageWithoutAPlaceLosesTheSnapshotAndNothingElse) {
  MemorySink sink(1, /*is_slow=*/true);  // takes one packet and never another
  ASSERT_TRUE(engine_.begin_snapshot(sink));
  ASSERT_EQ(engine_.copy_for_snapshot(kSnapshotPagesPerPacket).pages_copied,
            kSnapshotPagesPerPacket);
  EXPECT_FALSE(engine_.snapshot_has_room());
  // Cards come last, so none of their pages was copied.
  ASSERT_EQ(engine_.apply(block_card(1, 10'000), kStart).decision, Decision::approved);
  EXPECT_TRUE(sink.is_under_way) << "nothing is told in the middle of a command";
  EXPECT_EQ(engine_.copy_for_snapshot(1).phase, SnapshotPhase::none);
  EXPECT_FALSE(sink.is_under_way);
  EXPECT_NE(sink.reason.find("no place for a copy"), std::string::npos) << sink.reason;
  // The next one is whole.
  const StateDigest digest = engine_.digest();
  MemorySink good;
  take_snapshot(engine_, good);
  auto loaded = good.load();
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  EXPECT_EQ(loaded->digest(), digest);
}

TEST_F(SnapshotTest, ABrokenWriterEndsIt) {
  MemorySink sink;
  ASSERT_TRUE(engine_.begin_snapshot(sink));
  engine_.copy_for_snapshot(3);
  sink.is_broken = true;
  EXPECT_EQ(engine_.copy_for_snapshot(3).phase, SnapshotPhase::none);
  EXPECT_FALSE(sink.is_under_way);
  EXPECT_EQ(pay(engine_, 1, kCard).decision, Decision::approved);
}

TEST(SnapshotOfRules, RowsThatComeDuringTheCaptureAreNotInIt) {
  StateMachine engine;
  small_world(engine, 1000);
  BeginRuleSet begin;
  begin.version = 1;
  begin.list_items = 300;  // more than a page of rows
  begin.controls = 1;
  Command command = make(CommandKind::begin_rule_set, 1);
  command.begin_rule_set = begin;
  ASSERT_EQ(engine.apply(command, kStart).decision, Decision::approved);
  std::uint64_t request = 1;
  const auto add_item = [&] {
    Command row = make(CommandKind::add_list_item, ++request);
    row.add_list_item = AddListItem{};
    row.add_list_item.version = 1;
    row.add_list_item.list = 1;
    row.add_list_item.mcc_first = row.add_list_item.mcc_last =
        Mcc{static_cast<std::uint16_t>(request)};
    ASSERT_EQ(engine.apply(row, kStart).decision, Decision::approved);
  };
  for (int i = 0; i < 200; ++i) add_item();
  const StateDigest digest = engine.digest();
  MemorySink sink(1, /*is_slow=*/true);
  ASSERT_TRUE(engine.begin_snapshot(sink));
  for (int i = 0; i < 100; ++i) {
    add_item();
    engine.copy_for_snapshot(i % 50 == 0 ? 1 : 0);
  }
  command = make(CommandKind::begin_rule_set, ++request);
  command.begin_rule_set = begin;
  command.begin_rule_set.version = 2;
  ASSERT_EQ(engine.apply(command, kStart).decision, Decision::approved);
  while (engine.copy_for_snapshot(1).phase == SnapshotPhase::copying) sink.release(1);
  engine.finish_snapshot();
  EXPECT_GE(pages_of(sink.plan, SnapshotTable::state), 2U);
  auto loaded = sink.load();
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  EXPECT_EQ(loaded->digest(), digest);
  // The rest of the rows finds its rule set as it was.
  EXPECT_EQ(loaded->show_rule_set(ProgramId{0}, 1, 0, 1).rows_total, 200U);
}

TEST_F(LargeSnapshot, WithRoomForEachCommandASlowWriterGetsAll) {
  constexpr std::size_t kAtHand = packets_for_pages(kPlainCommandPages);  // there are no controls
  MemorySink sink(kAtHand + 1, /*is_slow=*/true);
  const StateDigest digest = engine_.digest();
  ASSERT_TRUE(engine_.begin_snapshot(sink));
  int waits = 0;
  // Each changes a page of accounts, one of cards, and one or two of what is new.
  for (std::uint64_t i = 0; i < 41'000; i += kAccountsPerPage) {
    for (; !engine_.snapshot_has_room(); ++waits) sink.release(1);
    ASSERT_EQ(pay(engine_, 500'000 + i, 10'000 + i).decision, Decision::approved);
    for (; !engine_.snapshot_has_room(); ++waits) sink.release(1);
    ASSERT_EQ(engine_.apply(block_card(600'000 + i, 10'000 + i), kStart).decision, Decision::approved);
  }
  EXPECT_GT(waits, 0);
  EXPECT_GT(engine_.snapshot_progress().pages_ahead, 2 * 41'000 / kAccountsPerPage - 2);
  while (engine_.copy_for_snapshot(7).phase == SnapshotPhase::copying) sink.release(1);
  EXPECT_TRUE(engine_.snapshot_has_room()) << "there is nothing left that may change";
  engine_.finish_snapshot();
  auto loaded = sink.load();
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  EXPECT_EQ(loaded->digest(), digest);
}

}  // namespace
}  // namespace holdfast
