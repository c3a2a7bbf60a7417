// Snapshots by the core loop: when one begins, when it counts, and what it may cost a turn.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <variant>

#include "engine/core_loop.h"
#include "tests/engine/commands.h"
#include "tests/engine/memory_sink.h"
#include "tests/engine/test_core.h"

namespace holdfast {
namespace {

using namespace test;

constexpr std::uint64_t kMiB = 1024 * 1024;

class CoreLoopSnapshots : public ::testing::Test {
 protected:
  using Loop = CoreLoop<TestJournal, TestClock>;

  CoreLoopSnapshots() { small_world(engine_, 1'000'000); }

  void start(const SnapshotPolicy& policy, bool with_sink = true) {
    journal_.appended = journal_.durable = engine_.position();
    loop_.emplace(engine_, journal_, clock_, lanes_,
                  Loop::Options{.log_id = {7, 7},
                                .snapshots = with_sink ? &sink_ : nullptr,
                                .snapshot_policy = policy});
  }
  void send(const Command& command) {
    Request request;
    request.kind = RequestKind::command;
    request.command = command;
    hand_over(lanes_[0], request);
  }
  void pay() { send(authorize(++request_, kCard, 1)); }
  /// Answers are told, and the log is durable.
  void turns(int count) {
    for (int i = 0; i < count; ++i) {
      loop_->turn();
      journal_.durable = journal_.appended;
      (void)take_replies(lanes_[0]);
    }
  }
  StatusView ask(RequestKind kind) {
    Request request;
    request.kind = kind;
    request.inquiry = {};
    hand_over(lanes_[0], request);
    loop_->turn();
    journal_.durable = journal_.appended;
    loop_->turn();
    const std::vector<Reply> taken = take_replies(lanes_[0]);
    EXPECT_GE(taken.size(), 1U);
    return std::get<StatusView>(*taken.at(taken.size() - 1).answer);  // behind what waited before it
  }
  void wait_s(std::uint64_t seconds) { clock_.time.ns += seconds * kNsPerSecond; }
  void wait_ms(std::uint64_t milliseconds) { clock_.time.ns += milliseconds * 1'000'000; }
  /// Far more pages than the sink's packets hold.
  void add_accounts() {
    for (std::uint64_t i = 0; i < kAccounts; ++i) {
      ASSERT_EQ(engine_
                    .apply(create_account(1'000'000 + i, 100'000 + i, 0, kAccountMayGoNegative),
                           kStart)
                    .decision,
                Decision::approved);
    }
  }
  void begin_a_large_one() {
    add_accounts();
    start({.log_bytes = 0});
    (void)ask(RequestKind::take_snapshot);
    ASSERT_TRUE(sink_.is_under_way);
  }
  void start_with_a_slow_sink() {
    add_accounts();
    start({.log_bytes = 0});
    sink_.is_slow = true;
  }
  /// A snapshot is under way and all packets of the slow sink are full; a command has waited so long
  /// for one. The position before that command.
  LogPosition let_a_command_wait(std::uint64_t milliseconds) {
    (void)ask(RequestKind::take_snapshot);
    turns(500);
    EXPECT_TRUE(sink_.is_under_way);
    const LogPosition before = engine_.position();
    pay();
    turns(1);
    wait_ms(milliseconds);
    turns(1);
    EXPECT_EQ(engine_.position(), before) << "there is no room for what it changes";
    return before;
  }

  static constexpr std::uint64_t kAccounts = 60'000;

  StateMachine engine_;
  TestJournal journal_;
  TestClock clock_;
  MemorySink sink_;
  Lanes lanes_{1, 1024};
  std::optional<Loop> loop_;
  std::uint64_t request_ = 0;
};

TEST_F(CoreLoopSnapshots, BeginAfterSoManyBytesOfLogAndCountWhenTheLogIsDurable) {
  start({.log_bytes = 10 * kMiB});
  pay();
  turns(1);
  journal_.bytes = 10 * kMiB - 1;
  wait_s(1);
  turns(1);
  EXPECT_FALSE(sink_.is_under_way);
  journal_.bytes = 10 * kMiB;
  wait_s(1);
  pay();
  for (int i = 0; i < 150; ++i) loop_->turn();  // nothing becomes durable
  EXPECT_TRUE(sink_.is_under_way);
  EXPECT_EQ(sink_.plan.position, engine_.position());
  EXPECT_EQ(loop_->engine().snapshot_progress().phase, SnapshotPhase::copied);
  EXPECT_FALSE(sink_.is_finished) << "a crash could still undo what is in it";
  turns(2);
  EXPECT_TRUE(sink_.is_finished);
  auto loaded = sink_.load();
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  EXPECT_EQ(loaded->digest(), engine_.digest());
  wait_s(100);
  pay();
  turns(3);
  EXPECT_EQ(sink_.totals.completed, 1U) << "the next waits for as many bytes again";
}

TEST_F(CoreLoopSnapshots, LogFromBeforeTheStartCounts) {
  start({.log_bytes = 10 * kMiB, .log_bytes_before = 9 * kMiB});
  journal_.bytes = kMiB;
  pay();
  turns(100);
  EXPECT_EQ(sink_.totals.completed, 1U);
  wait_s(1);
  journal_.bytes = 3 * kMiB;
  pay();
  turns(100);
  EXPECT_EQ(sink_.totals.completed, 1U) << "it counts for the first one only";
}

TEST_F(CoreLoopSnapshots, BeginByTimeIfAnythingWasLogged) {
  start({.log_bytes = 0, .interval_ns = 60 * kNsPerSecond});
  turns(1);
  pay();
  turns(1);
  wait_s(59);
  turns(100);
  EXPECT_EQ(sink_.totals.completed, 0U);
  wait_s(2);
  turns(100);
  EXPECT_EQ(sink_.totals.completed, 1U);
  wait_s(600);
  turns(100);
  EXPECT_EQ(sink_.totals.completed, 1U) << "there is nothing new to keep";
}

TEST_F(CoreLoopSnapshots, BeginOnceWhenTheLogIsFull) {
  start({.log_bytes = 0});
  const auto fill_and_wait = [&] {
    journal_.state_now = JournalState::ready;
    pay();
    turns(1);
    journal_.state_now = JournalState::no_space;
    for (int i = 0; i < 30; ++i) {
      wait_s(1);
      turns(100);
    }
  };
  fill_and_wait();
  EXPECT_EQ(sink_.totals.completed, 1U) << "letting log go may make room";
  fill_and_wait();
  EXPECT_EQ(sink_.totals.completed, 2U);
}

TEST_F(CoreLoopSnapshots, OnRequestAndOnceMoreWhenAskedInTheMiddleOfOne) {
  start({.log_bytes = 0});
  const StatusView asked = ask(RequestKind::take_snapshot);
  EXPECT_TRUE(asked.snapshots.is_on);
  turns(100);
  EXPECT_EQ(sink_.totals.completed, 1U);
  EXPECT_GE(ask(RequestKind::show_status).snapshots.report.newest_position, asked.position);
  turns(100);
  EXPECT_EQ(sink_.totals.completed, 1U) << "asking for the status asks for no snapshot";
  // Nothing new: the newest one is what was asked for.
  EXPECT_EQ(ask(RequestKind::take_snapshot).snapshots.report.newest_position, engine_.position());
  turns(100);
  EXPECT_EQ(sink_.totals.completed, 1U);

  // Enough state that one turn does not copy all of it.
  for (std::uint64_t i = 0; i < 60'000; ++i) {
    ASSERT_EQ(engine_.apply(create_account(1'000'000 + i, 100'000 + i, 0), clock_.time).decision,
              Decision::approved);
  }
  start({.log_bytes = 0});
  (void)ask(RequestKind::take_snapshot);
  ASSERT_TRUE(sink_.is_under_way);
  const LogPosition first = sink_.plan.position;
  pay();
  const StatusView second = ask(RequestKind::take_snapshot);
  EXPECT_EQ(sink_.plan.position, first);
  EXPECT_TRUE(second.snapshots.is_asked_for);
  EXPECT_GT(second.snapshots.running.pages, second.snapshots.running.pages_copied);
  turns(500);
  EXPECT_EQ(sink_.totals.completed, 3U);
  EXPECT_GE(sink_.totals.newest_position, second.position);
}

TEST_F(CoreLoopSnapshots, AreOffWithoutASink) {
  start({.log_bytes = 1}, /*with_sink=*/false);
  pay();
  EXPECT_FALSE(ask(RequestKind::take_snapshot).snapshots.is_on);
  turns(10);
  EXPECT_EQ(engine_.snapshot_progress().phase, SnapshotPhase::none);
}

TEST_F(CoreLoopSnapshots, AFailureIsToldAndTriedAgainLater) {
  start({.log_bytes = kMiB});
  journal_.bytes = kMiB;
  sink_.is_broken = true;
  pay();
  turns(20);
  EXPECT_EQ(sink_.totals.failed, 1U);
  EXPECT_EQ(ask(RequestKind::show_status).snapshots.abandoned, 1U);
  sink_.is_broken = false;
  wait_s(1);
  turns(1);
  wait_s(9);
  turns(20);
  EXPECT_EQ(sink_.totals.completed, 0U) << "a disk in trouble is not tried again at once";
  wait_s(2);
  turns(20);
  EXPECT_EQ(sink_.totals.completed, 1U);
}

TEST_F(CoreLoopSnapshots, ABatchPausesWhenTooManyPagesWereCopiedAhead) {
  constexpr std::uint64_t kPerPage = kSnapshotPageBytes / 64;
  begin_a_large_one();
  // Copying goes on from the front of the accounts; these change pages at their end, two each.
  constexpr std::uint64_t kTransfers = 250;
  for (std::uint64_t i = 0; i < kTransfers; ++i) {
    const std::uint64_t last = 100'000 + kAccounts - 1 - 2 * i * kPerPage;
    Request& request = lanes_[0].open();
    request.kind = RequestKind::command;
    request.command = transfer(10 + i, last, last - kPerPage, 5);
  }
  lanes_[0].hand_over(0);
  const LogPosition before = engine_.position();
  const std::uint64_t ahead = engine_.snapshot_pages_ahead();
  loop_->turn();
  const std::uint64_t of_turn = engine_.snapshot_pages_ahead() - ahead;
  EXPECT_GT(of_turn, 200U);
  EXPECT_LT(of_turn, 300U) << "at most so many that the turn gets 200 us longer";
  EXPECT_LT(engine_.position().value, before.value + kTransfers);
  EXPECT_FALSE(loop_->is_drained());
  turns(500);
  EXPECT_EQ(engine_.position().value, before.value + kTransfers) << "and the rest in later turns";
  EXPECT_EQ(sink_.totals.completed, 1U);
}

TEST_F(CoreLoopSnapshots, WhileThereAreRequestsOnlyTimeBringsCopies) {
  begin_a_large_one();
  const auto copied_in_turn = [&] {
    const SnapshotProgress progress = engine_.snapshot_progress();
    return progress.pages_copied - progress.pages_ahead;
  };
  const std::uint64_t before = copied_in_turn();
  for (int i = 0; i < 200; ++i) {
    pay();
    turns(2);  // every other turn has no work
  }
  EXPECT_EQ(copied_in_turn(), before) << "the clock stands still";
  pay();
  wait_ms(1);
  turns(1);
  EXPECT_GT(copied_in_turn(), before);
  EXPECT_TRUE(sink_.is_under_way);
  turns(500);
  EXPECT_EQ(sink_.totals.completed, 1U) << "without requests nothing is in its way";
}

TEST_F(CoreLoopSnapshots, CommandsWaitForAWriterThatIsBehind) {
  start_with_a_slow_sink();
  const LogPosition before = let_a_command_wait(99);
  EXPECT_FALSE(loop_->is_drained());
  sink_.release(10);
  turns(1);
  EXPECT_EQ(engine_.position().value, before.value + 1);
  sink_.is_slow = false;
  sink_.release(10);
  turns(500);
  EXPECT_EQ(sink_.totals.completed, 1U);
  const SnapshotWaits waits = ask(RequestKind::show_status).snapshots.waits;
  EXPECT_EQ(waits.count, 1U);
  EXPECT_GE(waits.total_ns, 99'000'000U);
  EXPECT_LT(waits.total_ns, 100'000'000U);
  EXPECT_NEAR(static_cast<double>(waits.longest_ns), static_cast<double>(waits.total_ns), 10);
}

TEST_F(CoreLoopSnapshots, StatusTellsWhatKeepsOneThatIsDueFromBeginning) {
  sink_.refuses = true;
  start({.log_bytes = 0});
  pay();
  turns(2);
  EXPECT_EQ(ask(RequestKind::show_status).snapshots.delayed_by, SnapshotDelay::none) << "none is due";
  (void)ask(RequestKind::take_snapshot);
  turns(1);
  const SnapshotStatus refused = ask(RequestKind::show_status).snapshots;
  EXPECT_TRUE(refused.is_asked_for);
  EXPECT_EQ(refused.delayed_by, SnapshotDelay::making_memory);
  sink_.refuses = false;
  wait_s(1);
  turns(100);
  EXPECT_EQ(ask(RequestKind::show_status).snapshots.delayed_by, SnapshotDelay::none);
  EXPECT_EQ(sink_.totals.completed, 1U);
}

TEST_F(CoreLoopSnapshots, WhatCommandsHaveToWaitForTooLongIsGivenUpAndTheNextMayTakeTwiceAsLong) {
  start_with_a_slow_sink();
  for (const std::uint64_t patience_ms : {100, 200, 400}) {
    const LogPosition before = let_a_command_wait(patience_ms - 1);
    EXPECT_TRUE(sink_.is_under_way) << patience_ms;
    wait_ms(2);
    turns(2);
    EXPECT_FALSE(sink_.is_under_way) << patience_ms;
    EXPECT_NE(sink_.reason.find("does not keep up"), std::string::npos) << sink_.reason;
    EXPECT_EQ(engine_.position().value, before.value + 1) << "nothing is in the way any more";
  }
  const SnapshotStatus status = ask(RequestKind::show_status).snapshots;
  EXPECT_EQ(status.abandoned, 3U);
  EXPECT_EQ(status.waits.count, 3U);
  EXPECT_GE(status.waits.longest_ns, 400'000'000U);
  EXPECT_GE(status.waits.total_ns, 700'000'000U);
}

TEST_F(CoreLoopSnapshots, TurnsAreCountedWithAndWithoutOne) {
  start({.log_bytes = 0});
  pay();
  turns(2);
  const StallStatus quick = ask(RequestKind::show_status).stalls;
  EXPECT_GT(quick.turns, 0U);
  EXPECT_EQ(quick.long_turns, 0U);
  clock_.step_ns = 600'000;
  pay();
  turns(1);
  const StallStatus slow = ask(RequestKind::show_status).stalls;
  EXPECT_GT(slow.long_turns, 0U);
  EXPECT_GT(slow.longest_turn_ns, 1'000'000U);
  EXPECT_EQ(slow.long_snapshot_turns, 0U);
  (void)ask(RequestKind::take_snapshot);
  turns(20);
  const StallStatus during = ask(RequestKind::show_status).stalls;
  EXPECT_GT(during.long_snapshot_turns, 0U);
  EXPECT_GT(during.longest_snapshot_turn_ns, 1'000'000U);
  EXPECT_GT(during.longest_copying_ns, 0U);
}

struct NoParker {
  void park(std::uint64_t) {}
};

TEST_F(CoreLoopSnapshots, OneUnderWayEndsWithTheLoop) {
  start({.log_bytes = 0});
  pay();
  journal_.durable = LogPosition{};
  loop_->turn();
  Request request;
  request.kind = RequestKind::take_snapshot;
  request.inquiry = {};
  hand_over(lanes_[0], request);
  loop_->turn();
  ASSERT_TRUE(sink_.is_under_way) << "it waits for the log";
  std::atomic<bool> stop{false};
  NoParker parker;
  journal_.state_now = JournalState::failed;
  loop_->run(parker, stop);
  EXPECT_FALSE(sink_.is_under_way);
  EXPECT_NE(sink_.reason.find("log has failed"), std::string::npos) << sink_.reason;
  EXPECT_EQ(engine_.snapshot_progress().phase, SnapshotPhase::none);

  journal_.state_now = JournalState::ready;
  journal_.durable = journal_.appended;
  loop_->turn();
  journal_.durable = LogPosition{};
  hand_over(lanes_[0], request);
  loop_->turn();
  ASSERT_TRUE(sink_.is_under_way);
  journal_.durable = journal_.appended;
  stop.store(true);
  loop_->run(parker, stop);
  EXPECT_FALSE(sink_.is_under_way);
  EXPECT_NE(sink_.reason.find("server stops"), std::string::npos) << sink_.reason;
  EXPECT_EQ(sink_.totals.completed, 0U);
}

}  // namespace
}  // namespace holdfast
