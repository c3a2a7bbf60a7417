// What a loader makes of the pages of a snapshot, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <random>
#include <string>

#include "engine/slots.h"
#include "engine/snapshot_state.h"
#include "tests/engine/rules.h"
#include "tests/engine/snapshot_world.h"

namespace holdfast {
namespace {

using namespace test;

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
  for (const std::uint32_t version : {kStateVersionOldest - 1, kStateVersion + 1}) {
    change<StateHeader>(SnapshotTable::state, 0,
                        [=](StateHeader& header) { header.version = version; });
    expect_refusal("version " + std::to_string(version) + " of its format; this program reads");
  }
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
      // Queues that seem to be empty: what was in them is in no list then.
      [&] {
        header(&StateHeader::oldest_ended, kNoSlot)();
        header(&StateHeader::youngest_ended, kNoSlot)();
      },
      [&] {
        header(&StateHeader::oldest_request, kNoSlot)();
        header(&StateHeader::youngest_request, kNoSlot)();
      },
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
