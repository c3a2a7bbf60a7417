// The worlds that tests of snapshots are about: a small one, and one that is large enough for the
// loader to build its indexes in a thread of its own.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>

#include "engine/state_machine.h"
#include "tests/engine/commands.h"
#include "tests/engine/memory_sink.h"

namespace holdfast::test {

inline constexpr std::size_t kAccountsPerPage = kSnapshotPageBytes / 64;

/// So many accounts more, each with a card: account and card ids from 10'000, and as many behind it
/// as are there already.
inline void add_accounts(StateMachine& engine, std::uint64_t count, std::uint64_t there = 0) {
  for (std::uint64_t i = there; i < there + count; ++i) {
    ASSERT_EQ(engine.apply(create_account(50'000 + 2 * i, 10'000 + i, 1'000), kStart).decision,
              Decision::approved);
    ASSERT_EQ(engine.apply(create_card(50'001 + 2 * i, 10'000 + i, 10'000 + i), kStart).decision,
              Decision::approved);
  }
}

inline Outcome pay(StateMachine& engine, std::uint64_t request, std::uint64_t card) {
  return engine.apply(authorize(request, card, 10), kStart);
}

class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() {
    small_world(engine_, 1000);
    add_accounts(engine_, 1000);
  }
  StateMachine engine_;
};

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

}  // namespace holdfast::test
