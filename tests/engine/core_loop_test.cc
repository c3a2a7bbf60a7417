// The core loop against a journal that the test holds in its hand: when answers are released, in
// which order, and what happens when the journal is busy, full or broken.
#include "engine/core_loop.h"

#include <gtest/gtest.h>

#include <variant>

#include "tests/engine/commands.h"
#include "tests/engine/test_core.h"

namespace holdfast {
namespace {

using namespace test;

class CoreLoopTest : public ::testing::Test {
 protected:
  CoreLoopTest() {
    small_world(engine_, 1000);
    journal_.appended = journal_.durable = engine_.position();
  }

  void send(const Command& command) {
    Request request;
    request.kind = RequestKind::command;
    request.correlation = ++correlation_;
    request.command = command;
    hand_over(lanes_[0], request);
  }
  void ask(RequestKind kind, const Inquiry& inquiry = {}) {
    Request request;
    request.kind = kind;
    request.correlation = ++correlation_;
    request.inquiry = inquiry;
    hand_over(lanes_[0], request);
  }
  std::vector<Reply> take_replies() { return test::take_replies(lanes_[0]); }

  StateMachine engine_;
  TestJournal journal_;
  TestClock clock_;
  Lanes lanes_{1, 1024};
  CoreLoop<TestJournal, TestClock> loop_{engine_, journal_, clock_, lanes_, {.log_id = {7, 7}}};
  std::uint64_t correlation_ = 0;
};

TEST_F(CoreLoopTest, AnswersWaitForTheirOwnPosition) {
  const LogPosition before = journal_.appended;
  send(authorize(1, kCard, 100));
  send(authorize(2, kCard, 100));
  loop_.turn();
  EXPECT_TRUE(take_replies().empty()) << "told before it was durable";

  journal_.durable = before.next();
  loop_.turn();
  auto replies = take_replies();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].correlation, 1U);
  EXPECT_EQ(replies[0].outcome.available_balance, Money{900});

  journal_.durable = journal_.appended;
  loop_.turn();
  replies = take_replies();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].correlation, 2U);
  EXPECT_TRUE(loop_.is_drained());
}

TEST_F(CoreLoopTest, ReadsAndRepeatsWaitForWhatTheyReflect) {
  send(authorize(1, kCard, 100));
  ask(RequestKind::show_account, {.account = {kCustomer, 0}});
  send(authorize(1, kCard, 100));  // a retry while the first is not durable yet
  ask(RequestKind::pass_through);
  loop_.turn();
  EXPECT_TRUE(take_replies().empty());

  journal_.durable = journal_.appended;
  loop_.turn();
  const auto replies = take_replies();
  ASSERT_EQ(replies.size(), 4U);
  const auto& view = std::get<AccountView>(*replies[1].answer);
  EXPECT_EQ(view.held, Money{100});
  EXPECT_EQ(view.available_balance, Money{900});
  EXPECT_EQ(replies[2].outcome.flags, kOutcomeRepeated);
  EXPECT_EQ(replies[2].outcome.position, replies[0].outcome.position);
  EXPECT_EQ(replies[3].kind, RequestKind::pass_through);
}

TEST_F(CoreLoopTest, ABusyJournalPausesTheBatchInOrder) {
  journal_.room = 1;
  for (std::uint64_t request = 1; request <= 3; ++request) send(authorize(request, kCard, 100));
  loop_.turn();
  EXPECT_EQ(journal_.appended.value, journal_.durable.value + 1);
  EXPECT_FALSE(loop_.is_drained());
  EXPECT_EQ(loop_.turn(), 0U) << "busy: nothing to do";

  journal_.room = 5;
  loop_.turn();
  journal_.durable = journal_.appended;
  loop_.turn();
  const auto replies = take_replies();
  ASSERT_EQ(replies.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(replies[i].correlation, i + 1);
  EXPECT_EQ(replies[2].outcome.available_balance, Money{700});
}

TEST_F(CoreLoopTest, AFullVolumeRefusesTheNewAndStillAnswersTheOld) {
  send(authorize(1, kCard, 100));
  loop_.turn();
  journal_.durable = journal_.appended;
  loop_.turn();
  const auto first = take_replies();

  journal_.state_now = JournalState::no_space;
  clock_.time.ns += 8 * 86'400 * kNsPerSecond;  // the hold is due, but its release cannot be logged
  send(authorize(1, kCard, 100));
  send(authorize(1, kCard, 999));
  send(authorize(2, kCard, 100));
  ask(RequestKind::show_account, {.account = {kCustomer, 0}});
  loop_.turn();
  const auto replies = take_replies();
  ASSERT_EQ(replies.size(), 4U);
  EXPECT_EQ(replies[0].outcome.flags, kOutcomeRepeated);
  EXPECT_EQ(replies[0].outcome.authorization, first[0].outcome.authorization);
  EXPECT_EQ(replies[1].outcome.decision, Decision::request_id_reused);
  EXPECT_EQ(replies[2].outcome.decision, Decision::cannot_decide_now);
  EXPECT_EQ(std::get<AccountView>(*replies[3].answer).held, Money{100});

  journal_.state_now = JournalState::ready;  // space is back
  send(authorize(2, kCard, 100));
  loop_.turn();
  journal_.durable = journal_.appended;
  loop_.turn();
  const auto after = take_replies();
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].outcome.decision, Decision::approved);
  EXPECT_EQ(after[0].outcome.available_balance, Money{900}) << "the due hold was released first";
}

TEST_F(CoreLoopTest, AfterAFailedWriteNothingIsTold) {
  send(authorize(1, kCard, 100));
  loop_.turn();
  journal_.state_now = JournalState::failed;
  journal_.durable = journal_.appended;  // whatever it claims
  ask(RequestKind::show_status);
  loop_.turn();
  EXPECT_TRUE(take_replies().empty());
}

TEST_F(CoreLoopTest, DueHoldsAreReleasedBeforeTheBatchAndLogged) {
  send(authorize(1, kCard, 1000));
  loop_.turn();
  clock_.time.ns += 7 * 86'400 * kNsPerSecond + kNsPerSecond;
  send(authorize(2, kCard, 1000));
  loop_.turn();
  ASSERT_EQ(journal_.kinds.size(), 3U);
  EXPECT_EQ(journal_.kinds[1], CommandKind::expire);
  journal_.durable = journal_.appended;
  loop_.turn();
  const auto replies = take_replies();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[1].outcome.decision, Decision::approved);
}

TEST_F(CoreLoopTest, ManyHoldsOfASecondAreReleasedOverTheNext) {
  constexpr std::uint64_t kHolds = 600;
  for (std::uint64_t i = 1; i <= kHolds; ++i) {
    send(authorize(i, kCard, 1));
    if (i % 50 != 0) continue;
    loop_.turn();
    journal_.durable = journal_.appended;
    loop_.turn();
    EXPECT_EQ(take_replies().size(), 50U);
  }
  const auto released = [&] {
    for (int turn = 0; turn < 5; ++turn) loop_.turn();
    return kHolds - engine_.show_status().open_authorizations;
  };
  const std::uint64_t end_ns = kStart.ns + 7 * 86'400 * kNsPerSecond;
  ASSERT_EQ(kStart.ns % kNsPerSecond, 0U);
  clock_.time.ns = end_ns - 1;
  EXPECT_EQ(released(), 0U);
  clock_.time.ns = end_ns;
  EXPECT_EQ(released(), 64U);
  clock_.time.ns = end_ns + kNsPerSecond / 2;
  EXPECT_EQ(released(), 64 + kHolds * 500 / 875);
  clock_.time.ns = end_ns + kNsPerSecond;
  EXPECT_EQ(released(), kHolds) << "none waits for longer than a second";
}

TEST_F(CoreLoopTest, StatusTellsBothPositionsAndTheDigest) {
  send(authorize(1, kCard, 10));
  ask(RequestKind::show_status, {.with_digest = 1});
  loop_.turn();
  journal_.durable = journal_.appended;
  loop_.turn();
  const auto replies = take_replies();
  ASSERT_EQ(replies.size(), 2U);
  const auto& status = std::get<StatusView>(*replies[1].answer);
  EXPECT_EQ(status.position, journal_.appended);
  EXPECT_EQ(status.open_authorizations, 1U);
  EXPECT_TRUE(status.has_digest);
  EXPECT_EQ(status.digest, engine_.digest());
  EXPECT_EQ(status.log_id, (LogId{7, 7}));
}

struct CountingParker {
  int parks = 0;
  std::atomic<bool>* stop = nullptr;
  TestClock* clock = nullptr;
  void park(std::uint64_t timeout_ns) {
    clock->time.ns += timeout_ns;
    if (++parks == 3) stop->store(true);
  }
};

TEST_F(CoreLoopTest, ParksWhenIdleNotesItAndStopsWhenDrained) {
  std::atomic<bool> stop{false};
  CountingParker parker{.stop = &stop, .clock = &clock_};
  loop_.run(parker, stop);
  EXPECT_EQ(parker.parks, 3);
  EXPECT_EQ(journal_.idle_notes, 3);
}

struct RoomMakingParker {
  TestJournal* journal = nullptr;
  std::atomic<bool>* stop = nullptr;
  int parks = 0;
  void park(std::uint64_t) {
    ++parks;
    journal->room = 100;
    journal->durable = journal->appended;
    stop->store(true);
  }
};

TEST_F(CoreLoopTest, ABusyJournalIsWaitedForAsleepThoughRequestsAreThere) {
  std::atomic<bool> stop{false};
  RoomMakingParker parker{.journal = &journal_, .stop = &stop};
  journal_.room = 0;
  for (std::uint64_t request = 1; request <= 300; ++request) send(authorize(request, kCard, 1));
  // 300 are more than a batch: the queue is not empty, and still the core must sleep.
  loop_.run(parker, stop);
  EXPECT_GE(parker.parks, 1);
  EXPECT_FALSE(take_replies().empty());
}

}  // namespace
}  // namespace holdfast
