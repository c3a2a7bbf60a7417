// Stage times: the arithmetic of moments and buckets, and what the core loop says of each stage,
// with a clock and a journal that the test holds in its hand.
#include "engine/stage_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <variant>

#include "engine/core_loop.h"
#include "tests/engine/commands.h"
#include "tests/engine/test_core.h"

namespace holdfast {
namespace {

using namespace test;

TEST(StageTicks, GoRoundAndNeverBack) {
  EXPECT_EQ(ticks_between(stage_tick(6'400), stage_tick(12'800)), 100U);
  EXPECT_EQ(ticks_between(0xFFFF'FFF0U, 0x10U), 0x20U) << "over the end of 32 bits";
  EXPECT_EQ(ticks_between(stage_tick(12'800), stage_tick(6'400)), 0U) << "another thread's clock";
  EXPECT_EQ(stage_tick(0), 1U) << "0 stands for: nobody looked";
  EXPECT_EQ(stage_tick(kStageTickNs << 32), 1U);
}

TEST(StageBuckets, EachValueIsToldAtMostASixteenthTooHigh) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t value = (random() & 0x7FFF'FFFF) >> (random() % 31);
    const std::size_t bucket = StageBuckets::index_of(value);
    ASSERT_LT(bucket, kStageBuckets);
    const std::uint64_t highest = StageBuckets::highest_of(bucket);
    ASSERT_GE(highest, value);
    ASSERT_LE(highest - value, value / 16) << value;
    if (bucket > 0) {
      ASSERT_LT(StageBuckets::highest_of(bucket - 1), value);
    }
  }
  EXPECT_GE(stage_bucket_highest_ns(kStageBuckets - 1), 100 * kNsPerSecond);
}

StageCounts counts_of(const StageBoard& board, Stage stage) {
  StageCounts counts;
  for (std::size_t i = 0; i < kStageBuckets; ++i) counts.buckets[i] = board.bucket(stage, i);
  counts.sum_ns = board.sum_ns(stage);
  counts.max_ns = board.max_ns(stage);
  return counts;
}

TEST(StageCounts, QuantilesAgainstTheSortedValues) {
  StageBoard board(2);
  std::mt19937_64 random(2);
  std::vector<std::uint64_t> values;
  double sum = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto ticks = static_cast<StageTick>(random() >> (34 + random() % 30));
    board.network_thread(static_cast<std::size_t>(i % 2))[Stage::send].record(ticks, 1);
    values.push_back(ticks * kStageTickNs);
    sum += static_cast<double>(values.back());
  }
  std::ranges::sort(values);
  const StageCounts counts = counts_of(board, Stage::send);
  EXPECT_EQ(counts.count(), values.size());
  EXPECT_DOUBLE_EQ(counts.mean_ns(), sum / static_cast<double>(values.size()));
  EXPECT_EQ(counts.value_at_ns(1.0), values.back());
  for (const double quantile : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999}) {
    const auto rank = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(values.size()))));
    const std::uint64_t exact = values[rank - 1];
    EXPECT_GE(counts.value_at_ns(quantile), exact) << quantile;
    EXPECT_LE(counts.value_at_ns(quantile), exact + exact / 16 + kStageTickNs) << quantile;
  }
  EXPECT_EQ(StageCounts{}.value_at_ns(0.5), 0U);
  EXPECT_EQ(StageCounts{}.mean_ns(), 0.0);
}

TEST(StageProfile, ADifferenceIsWhatCameBetween) {
  StageBoard board(1);
  StageProfile before;
  StageHistogram& durable = board.core()[Stage::durable];
  durable.record(stage_tick(9'000'000), 5);
  durable.record(stage_tick(100'000), 50);
  before.uptime_ns = 10;
  before.stages[4] = counts_of(board, Stage::durable);
  durable.record(stage_tick(200'000), 7);
  board.core()[Stage::queue].record(stage_tick(300'000), 1);
  StageProfile after;
  after.uptime_ns = 25;
  after.stages[4] = counts_of(board, Stage::durable);
  after.stages[1] = counts_of(board, Stage::queue);

  ASSERT_TRUE(after.continues(before));
  const StageProfile between = after.since(before);
  EXPECT_EQ(between.uptime_ns, 15U);
  EXPECT_EQ(between[Stage::durable].count(), 7U);
  EXPECT_EQ(between[Stage::durable].mean_ns(), 200'000.0);
  EXPECT_GE(between[Stage::durable].max_ns, 200'000U);
  EXPECT_LE(between[Stage::durable].max_ns, 212'500U) << "not the 9 ms of before";
  EXPECT_EQ(between[Stage::queue].max_ns, 299'968U) << "exact where it rose";
  EXPECT_EQ(between.slowest_at(0.999), Stage::queue);
  EXPECT_EQ(after.slowest_at(0.999), Stage::durable);
  EXPECT_EQ(StageProfile{}.slowest_at(0.999), Stage::total);
  EXPECT_FALSE(before.continues(after)) << "it was started again";
}

class CoreStageTimes : public ::testing::Test {
 protected:
  using Loop = CoreLoop<TestJournal, TestClock>;
  CoreStageTimes() {
    small_world(engine_, 1'000'000);
    journal_.appended = journal_.durable = engine_.position();
  }

  std::uint64_t now() const { return clock_.time.ns; }
  void pass(std::uint64_t us) { clock_.time.ns += us * 1'000; }

  void send(Request request, std::uint64_t received_ns) {
    request.received = stage_tick(received_ns);
    hand_over(lanes_[0], request, stage_tick(now()));
  }
  Request command() {
    Request request;
    request.kind = RequestKind::command;
    request.command = authorize(++request_, kCard, 1);
    return request;
  }
  std::vector<Reply> take_replies() { return test::take_replies(lanes_[0]); }
  StageCounts counts(Stage stage) const { return counts_of(board_, stage); }
  void expect_stage(Stage stage, std::uint64_t count, double mean_us) const {
    EXPECT_EQ(counts(stage).count(), count) << kStageNames[static_cast<std::size_t>(stage)];
    EXPECT_NEAR(counts(stage).mean_ns() / 1'000, mean_us, 0.2)
        << kStageNames[static_cast<std::size_t>(stage)];
  }

  StateMachine engine_;
  TestJournal journal_;
  TestClock clock_;
  StageBoard board_{1};
  Lanes lanes_{1, 1024};
  Loop loop_{engine_, journal_, clock_, lanes_, {.log_id = {7, 7}, .stages = &board_}};
  std::uint64_t request_ = 0;
};

TEST_F(CoreStageTimes, EachStageBeginsWhereTheOneBeforeEnds) {
  for (int i = 0; i < 3; ++i) send(command(), now() - 500'000);
  pass(100);  // in the queue
  loop_.turn();
  pass(200);  // in the open block, whose turn to be written has not come
  loop_.turn();
  pass(30);
  journal_.submitted = journal_.appended;
  loop_.turn();
  pass(400);  // on its way to the disk
  loop_.turn();
  EXPECT_TRUE(take_replies().empty());
  journal_.durable = journal_.appended;
  const StageTick released = stage_tick(now());
  loop_.turn();

  const auto replies = take_replies();
  ASSERT_EQ(replies.size(), 3U);
  EXPECT_EQ(lanes_[0].released_at(), released) << "from here on it is sent";
  EXPECT_NEAR(ticks_between(replies[2].received, released) * kStageTickNs, 1'230'000, 70);
  expect_stage(Stage::queue, 3, 100);
  expect_stage(Stage::decide, 3, 0);
  expect_stage(Stage::log, 3, 230);
  expect_stage(Stage::durable, 3, 400);
  for (const Stage other : {Stage::receive, Stage::send, Stage::total}) expect_stage(other, 0, 0);
}

TEST_F(CoreStageTimes, DecidingTakesTheTurnsTime) {
  clock_.step_ns = 10'000;  // each look at the clock; there is one between begin and end
  for (int i = 0; i < 4; ++i) send(command(), now());
  loop_.turn();
  EXPECT_EQ(counts(Stage::decide).count(), 4U);
  EXPECT_GE(counts(Stage::decide).mean_ns(), 9'900);
  EXPECT_LE(counts(Stage::decide).max_ns, 40'000U);
}

TEST_F(CoreStageTimes, WhatWaitsForNothingSpendsNoTimeInTheLog) {
  Request ping;
  ping.kind = RequestKind::pass_through;
  send(ping, now());
  pass(50);
  loop_.turn();
  EXPECT_EQ(take_replies().size(), 1U);
  expect_stage(Stage::queue, 1, 50);
  expect_stage(Stage::log, 1, 0);
  expect_stage(Stage::durable, 1, 0);

  // A read behind a block that is on its way: it waits for that block, and not for the log.
  send(command(), now());
  loop_.turn();
  journal_.submitted = journal_.appended;
  loop_.turn();
  pass(70);
  send(ping, now());
  loop_.turn();
  pass(90);
  journal_.durable = journal_.appended;
  loop_.turn();
  EXPECT_EQ(take_replies().size(), 2U);
  expect_stage(Stage::log, 3, 0);
  EXPECT_EQ(counts(Stage::durable).count(), 3U);
  EXPECT_NEAR(static_cast<double>(counts(Stage::durable).sum_ns), 160'000 + 90'000, 140);
}

TEST_F(CoreStageTimes, OneTurnsAnswersMayComeFromTwoBlocks) {
  const LogPosition first = engine_.position().next();
  for (int i = 0; i < 2; ++i) send(command(), now());
  loop_.turn();
  pass(10);
  journal_.submitted = first;
  loop_.turn();
  pass(20);
  journal_.submitted = journal_.appended;
  loop_.turn();
  pass(40);
  journal_.durable = journal_.appended;
  loop_.turn();
  EXPECT_EQ(take_replies().size(), 2U);
  EXPECT_EQ(counts(Stage::log).value_at_ns(0.5) / 1'000, 10U);
  EXPECT_NEAR(static_cast<double>(counts(Stage::log).max_ns), 30'000, 70);
  EXPECT_NEAR(static_cast<double>(counts(Stage::durable).max_ns), 60'000, 70);
  expect_stage(Stage::log, 2, 20);
  expect_stage(Stage::durable, 2, 50);
}

TEST_F(CoreStageTimes, WhatAFullLogHoldsBackIsStillInTheQueue) {
  journal_.room = 1;
  for (int i = 0; i < 3; ++i) send(command(), now());
  loop_.turn();
  expect_stage(Stage::queue, 1, 0);
  pass(300);
  journal_.room = 100;
  loop_.turn();
  expect_stage(Stage::queue, 3, 200);
  expect_stage(Stage::decide, 3, 0);
  journal_.durable = journal_.appended;
  loop_.turn();
  EXPECT_EQ(take_replies().size(), 3U);
  expect_stage(Stage::durable, 3, 0);
}

TEST_F(CoreStageTimes, WhoeverLooksIsNotCounted) {
  Request look;
  look.kind = RequestKind::show_stages;
  look.inquiry = Inquiry{};
  look.inquiry.stage = Stage::queue;
  look.inquiry.first_bucket = 0;
  send(command(), now());
  pass(1);
  loop_.turn();
  hand_over(lanes_[0], look, stage_tick(now()));
  pass(5);
  loop_.turn();
  journal_.durable = journal_.appended;
  loop_.turn();
  const auto replies = take_replies();
  ASSERT_EQ(replies.size(), 2U);
  const auto& page = std::get<StagePage>(*replies[1].answer);
  EXPECT_EQ(page.stage, Stage::queue);
  ASSERT_EQ(page.buckets.size(), limits::stage_buckets_per_reply);
  EXPECT_EQ(std::ranges::count(page.buckets, 1U), 1);
  EXPECT_EQ(page.uptime_ns, 6'000U);
  for (const Stage stage : {Stage::queue, Stage::decide, Stage::log, Stage::durable}) {
    EXPECT_EQ(counts(stage).count(), 1U);
  }
}

// Many turns of random size and fate: the stages of every request add up to what it took in all.
TEST_F(CoreStageTimes, TheStagesAddUp) {
  std::mt19937_64 random(3);
  std::uint64_t expected_ticks = 0;
  std::uint64_t answered = 0;
  const auto take_all = [&] {
    while (const Reply* reply = lanes_[0].front()) {
      // It was received when it was handed over, so this is all of the core's part.
      expected_ticks += ticks_between(reply->received, lanes_[0].released_at());
      ++answered;
      lanes_[0].pop();
    }
  };
  for (int turn = 0; turn < 3'000; ++turn) {
    for (std::uint64_t i = random() % 6; i > 0; --i) {
      Request request = command();
      if (random() % 4 == 0) request.kind = RequestKind::pass_through;
      send(request, now());
    }
    pass(random() % 300);
    loop_.turn();
    pass(random() % 100);
    if (random() % 3 == 0) {
      const std::uint64_t open = journal_.appended.value - journal_.submitted_through().value;
      journal_.submitted = {journal_.submitted_through().value + random() % (open + 1)};
    }
    if (random() % 3 == 0) {
      const std::uint64_t open = journal_.submitted_through().value - journal_.durable.value;
      journal_.durable = {journal_.durable.value + random() % (open + 1)};
    }
    take_all();
  }
  journal_.submitted = journal_.durable = journal_.appended;
  while (!loop_.is_drained()) loop_.turn();
  take_all();
  ASSERT_GT(answered, 5'000U);
  std::uint64_t told_ns = 0;
  for (const Stage stage : {Stage::queue, Stage::decide, Stage::log, Stage::durable}) {
    EXPECT_EQ(counts(stage).count(), answered);
    told_ns += counts(stage).sum_ns;
  }
  EXPECT_EQ(told_ns, expected_ticks * kStageTickNs);
}

TEST_F(CoreStageTimes, NothingIsRecordedWhereNobodyWantsToKnow) {
  Loop quiet{engine_, journal_, clock_, lanes_, {.log_id = {7, 7}}};
  send(command(), now());
  Request look;
  look.kind = RequestKind::show_stages;
  look.inquiry = Inquiry{};
  send(look, now());
  quiet.turn();
  journal_.durable = journal_.appended;
  quiet.turn();
  const auto replies = take_replies();
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_TRUE(std::get<StagePage>(*replies[1].answer).buckets.empty());
  expect_stage(Stage::queue, 0, 0);
}

}  // namespace
}  // namespace holdfast
