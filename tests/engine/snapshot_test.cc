// Snapshots of small worlds: when pages are copied, what a slow or broken writer does to them, and
// what the loader refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

#include "engine/command_pages.h"
#include "engine/page_outbox.h"
#include "engine/slots.h"
#include "engine/snapshot_state.h"
#include "tests/engine/memory_sink.h"
#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

constexpr std::size_t kAccountsPerPage = kSnapshotPageBytes / 64;

/// So many accounts more, each with a card: account and card ids from 10'000, and as many behind it
/// as are there already.
void add_accounts(StateMachine& engine, std::uint64_t count, std::uint64_t there = 0) {
  for (std::uint64_t i = there; i < there + count; ++i) {
    ASSERT_EQ(engine.apply(create_account(50'000 + 2 * i, 10'000 + i, 1'000), kStart).decision,
              Decision::approved);
    ASSERT_EQ(engine.apply(create_card(50'001 + 2 * i, 10'000 + i, 10'000 + i), kStart).decision,
              Decision::approved);
  }
}

Outcome pay(StateMachine& engine, std::uint64_t request, std::uint64_t card) {
  return engine.apply(authorize(request, card, 10), kStart);
}

std::size_t pages_of(const SnapshotPlan& plan, SnapshotTable table) {
  for (const SnapshotTableSize& size : plan.tables) {
    if (size.table == table) return size.pages;
  }
  return 0;
}

class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() {
    small_world(engine_, 1000);
    add_accounts(engine_, 1000);
  }
  StateMachine engine_;
};

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

/// More pages than the loader indexes without a thread of its own.
class LargeSnapshot : public SnapshotTest {
 protected:
  void SetUp() override {
    add_accounts(engine_, 40'000, 1000);
    for (std::uint64_t i = 0; i < 1000; ++i) {
      ASSERT_EQ(pay(engine_, 1 + i, 10'000 + i).decision, Decision::approved);
    }
    take_snapshot(engine_, sink_);
    ASSERT_GE(sink_.pages.size(), 2048U) << "small: the loader would take no thread";
  }
  void expect_loads(std::string_view order) {
    auto loaded = sink_.load();
    ASSERT_TRUE(loaded.has_value()) << order << ": " << loaded.error();
    EXPECT_EQ(loaded->digest(), engine_.digest()) << order;
    loaded->check_invariants();  // each slot is found by its key
  }
  MemorySink sink_;
};

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

TEST_F(LargeSnapshot, IsIndexedInWhateverOrderItsPagesCome) {
  expect_loads("as captured");
  std::ranges::reverse(sink_.pages);
  expect_loads("backwards");
  std::mt19937 random(1);
  std::ranges::shuffle(sink_.pages, random);
  expect_loads("shuffled");
}

TEST_F(LargeSnapshot, AnIdThatIsThereTwiceIsFound) {
  for (KeptPage& page : sink_.pages) {
    if (page.name.table != SnapshotTable::cards || page.name.page != 300) continue;
    std::memcpy(page.bytes.data() + 64, page.bytes.data(), sizeof(CardToken));
  }
  const auto loaded = sink_.load();
  ASSERT_FALSE(loaded.has_value());
  EXPECT_NE(loaded.error().find("its token is there twice"), std::string::npos) << loaded.error();
}

TEST_F(LargeSnapshot, MayBeGivenUpHalfWay) {
  SnapshotLoader loader;
  ASSERT_TRUE(loader.begin(sink_.plan).has_value());
  for (std::size_t i = 0; i < sink_.pages.size() / 2; ++i) {
    ASSERT_TRUE(loader.add_page(sink_.pages[i].name, sink_.pages[i].bytes).has_value());
  }
}

/// Changes something in a whole snapshot; the loader must say what is wrong.
class LoaderRefuses : public SnapshotTest {
 protected:
  void SetUp() override {
    for (std::uint64_t i = 0; i < 200; ++i) {
      ASSERT_EQ(pay(engine_, 1 + i, 10'000 + i).decision, Decision::approved);
    }
    for (std::uint64_t i = 1; i <= 50; ++i) {
      ASSERT_EQ(engine_.apply(reverse(1000 + i, 2 * i), kStart).decision, Decision::approved);
    }
    take_snapshot(engine_, sink_);
    ASSERT_TRUE(sink_.load().has_value());
  }

  std::byte* at(SnapshotTable table, std::size_t byte) {
    for (KeptPage& page : sink_.pages) {
      if (page.name.table == table && page.name.page == byte / kSnapshotPageBytes) {
        return page.bytes.data() + byte % kSnapshotPageBytes;
      }
    }
    return nullptr;
  }
  template <class Slot>
  void change(SnapshotTable table, std::size_t number, const std::function<void(Slot&)>& how) {
    std::byte* bytes = at(table, number * sizeof(Slot));
    ASSERT_NE(bytes, nullptr);
    Slot slot;
    std::memcpy(&slot, bytes, sizeof slot);
    how(slot);
    std::memcpy(bytes, &slot, sizeof slot);
  }
  SnapshotTableSize& size_of(SnapshotTable table) {
    return *std::ranges::find(sink_.plan.tables, table, &SnapshotTableSize::table);
  }
  void expect_refusal(std::string_view part) {
    const auto loaded = sink_.load();
    ASSERT_FALSE(loaded.has_value()) << "nothing was said of: " << part;
    EXPECT_NE(loaded.error().find(part), std::string::npos) << loaded.error();
  }

  MemorySink sink_;
};

TEST_F(LoaderRefuses, PagesThatAreMissingTwiceThereOrUnknown) {
  const KeptPage page = sink_.pages.back();
  sink_.pages.pop_back();
  expect_refusal("1 of");
  sink_.pages.push_back(page);
  sink_.pages.push_back(page);
  expect_refusal("came before");
  sink_.pages.back().name.page = 1'000'000;
  expect_refusal("not in the plan");
  sink_.pages.back().name.table = SnapshotTable{77};
  expect_refusal("77");
}

TEST_F(LoaderRefuses, PlansThatDoNotFitThisEngine) {
  const SnapshotPlan plan = sink_.plan;
  size_of(SnapshotTable::accounts).slot_bytes = 72;
  expect_refusal("slots of 72 bytes");
  sink_.plan = plan;
  ++size_of(SnapshotTable::accounts).pages;
  expect_refusal("accounts");
  sink_.plan = plan;
  size_of(SnapshotTable::accounts).slots = UINT64_MAX;
  expect_refusal("more slots");
  sink_.plan = plan;
  sink_.plan.tables.pop_back();
  expect_refusal("not in the plan");
  sink_.plan = plan;
  sink_.plan.tables.push_back(plan.tables.back());
  expect_refusal("there twice");
  sink_.plan = plan;
  sink_.plan.position = sink_.plan.position.next();
  expect_refusal("another position");
}

TEST_F(LoaderRefuses, StatesOfAnotherVersion) {
  change<StateHeader>(SnapshotTable::state, 0, [](StateHeader& header) { header.version = 2; });
  expect_refusal("version 2");
}

TEST_F(LoaderRefuses, StatesThatAreNone) {
  change<StateHeader>(SnapshotTable::state, 0, [](StateHeader& header) { header.magic = 0; });
  expect_refusal("does not begin");
}

TEST_F(LoaderRefuses, ConfigurationsThatAreNotValid) {
  change<StateHeader>(SnapshotTable::state, 0,
                      [](StateHeader& header) { header.config.accounts_max = 0; });
  expect_refusal("configuration");
}

TEST_F(LoaderRefuses, TheSameIdTwice) {
  change<AccountSlot>(SnapshotTable::accounts, 5,
                      [](AccountSlot& slot) { slot.id = AccountId{kCustomer, 0}; });
  expect_refusal("its id is there twice");
}

TEST_F(LoaderRefuses, CardsOfNoAccount) {
  change<CardSlot>(SnapshotTable::cards, 9, [](CardSlot& slot) { slot.account = 5'000'000; });
  expect_refusal("cards, slot 9");
}

TEST_F(LoaderRefuses, AuthorizationsOutOfRange) {
  const auto original = sink_.pages;
  const std::vector<std::function<void(AuthorizationSlot&)>> ways = {
      [](AuthorizationSlot& slot) { slot.card = 4'000'000; },
      [](AuthorizationSlot& slot) { slot.rate = 0; },
      [](AuthorizationSlot& slot) { slot.mcc.code = 10'000; },
      [](AuthorizationSlot& slot) { slot.country.numeric = 1000; },
      [](AuthorizationSlot& slot) { slot.state = AuthorizationState{9}; },
      [](AuthorizationSlot& slot) { slot.channel = Channel{99}; },
      [](AuthorizationSlot& slot) { slot.type = TransactionType{99}; },
      [](AuthorizationSlot& slot) { slot.approved.minor = -1; },
      [](AuthorizationSlot& slot) { slot.id.value = 1'000'000; },
      [](AuthorizationSlot& slot) { slot.expires_at.ns += 1; },
  };
  for (const auto& way : ways) {
    sink_.pages = original;
    change<AuthorizationSlot>(SnapshotTable::authorizations, 20, way);
    expect_refusal("authorizations, slot 20");
  }
}

TEST_F(LoaderRefuses, ListsThatAreNone) {
  const auto original = sink_.pages;
  // A hold in its calendar second (20), an ended one (3), a request: each made to follow itself,
  // nobody, or what is in another list.
  const auto hold = [this](std::size_t number, SlotNumber AuthorizationSlot::*link,
                           SlotNumber to) {
    return [=, this] {
      change<AuthorizationSlot>(SnapshotTable::authorizations, number,
                                [=](AuthorizationSlot& slot) { slot.*link = to; });
    };
  };
  const auto request = [this](SlotNumber to) {
    return [=, this] {
      change<RequestSlot>(SnapshotTable::requests, 7, [=](RequestSlot& slot) { slot.next = to; });
    };
  };
  const auto header = [this](SlotNumber StateHeader::*end, SlotNumber to) {
    return [=, this] {
      change<StateHeader>(SnapshotTable::state, 0, [=](StateHeader& head) { head.*end = to; });
    };
  };
  const std::vector<std::function<void()>> ways = {
      hold(20, &AuthorizationSlot::next, 20),
      hold(20, &AuthorizationSlot::previous, kNoSlot),
      hold(3, &AuthorizationSlot::next, 20),
      hold(3, &AuthorizationSlot::next, kNoSlot),
      hold(3, &AuthorizationSlot::next, 3),
      request(2),
      request(9'999'999),
      request(kNoSlot),
      header(&StateHeader::youngest_ended, 1),
      header(&StateHeader::free_request, 1),
      header(&StateHeader::free_authorization, 20),
      header(&StateHeader::free_charge, 0),
  };
  for (std::size_t i = 0; i < ways.size(); ++i) {
    sink_.pages = original;
    ways[i]();
    EXPECT_FALSE(sink_.load().has_value()) << "way " << i;
  }
}

TEST_F(LoaderRefuses, SomethingBehindTheLastSlot) {
  const SnapshotTableSize& size = size_of(SnapshotTable::accounts);
  ASSERT_NE(size.slots * 64 % kSnapshotPageBytes, 0U);
  *at(SnapshotTable::accounts, size.slots * 64) = std::byte{1};
  expect_refusal("behind its last slot");
}

}  // namespace
}  // namespace holdfast
