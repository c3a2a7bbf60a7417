// Lanes under real threads: nothing lost, order kept, no wake-up missed, and each place used again.
#include "engine/lanes.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/engine/test_core.h"

namespace holdfast {
namespace {

using test::take_replies;

void open_with(Lane& lane, std::uint64_t correlation) { lane.open().correlation = correlation; }

TEST(Lanes, AReplyTakesThePlaceOfItsRequest) {
  Lanes lanes(1, 64);
  Request& request = lanes[0].open();
  request.correlation = 7;
  request.route = {.session = 1, .generation = 2, .detail = 3, .tag = 4};
  request.received = 5;
  request.kind = RequestKind::show_account;
  lanes[0].hand_over(6);
  std::array<Lanes::Taken, 2> taken;
  ASSERT_EQ(lanes.take(taken), 1U);
  EXPECT_EQ(taken[0].handed_over_at, 6U);
  EXPECT_EQ(&taken[0].request(), &request) << "nothing was copied";
  Reply& reply = lanes.answer(taken[0]);
  EXPECT_EQ(static_cast<void*>(&reply), static_cast<void*>(&request));
  EXPECT_EQ(reply.correlation, 7U);
  EXPECT_EQ(reply.route.session, 1U);
  EXPECT_EQ(reply.route.generation, 2U);
  EXPECT_EQ(reply.route.detail, 3U);
  EXPECT_EQ(reply.route.tag, 4U);
  EXPECT_EQ(reply.received, 5U);
  EXPECT_EQ(reply.kind, RequestKind::show_account);
  EXPECT_EQ(reply.outcome, Outcome{}) << "nothing of the request is left in it";
  EXPECT_EQ(reply.answer, nullptr);
  EXPECT_EQ(lanes[0].front(), nullptr) << "it is not released";
  lanes.release(0, 1, 8);
  ASSERT_EQ(lanes[0].front(), &reply);
  EXPECT_EQ(lanes[0].released_at(), 8U);
  lanes[0].pop();
  EXPECT_EQ(lanes[0].front(), nullptr);
}

TEST(Lanes, KeepTheOrderOfEachLaneInPiecesOfAnySize) {
  Lanes lanes(2, 64);
  for (std::uint64_t i = 0; i < 10; ++i) {
    open_with(lanes[0], i);
    open_with(lanes[1], i);
    if (i % 4 == 3) lanes[0].hand_over(0);
  }
  EXPECT_EQ(lanes[0].opened(), 2U);
  lanes[0].hand_over(0);
  lanes[1].hand_over(0);
  std::array<std::uint64_t, 2> next{};
  std::array<Lanes::Taken, 3> taken;
  while (const std::size_t count = lanes.take(taken)) {
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(taken[i].request().correlation, next[taken[i].lane]++);
    }
  }
  EXPECT_EQ(next[0], 10U);
  EXPECT_EQ(next[1], 10U);
}

TEST(LanesDeathTest, RefuseWhatWasNotAnnounced) {
  Lanes lanes(1, 48);  // the ring has 64 places, but no more than announced may be under way
  for (std::uint64_t i = 0; i < 48; ++i) open_with(lanes[0], i);
  EXPECT_DEATH(open_with(lanes[0], 48), "stays within the requests that it announced");
}

TEST(Lanes, RepliesThatNobodyTookAreEndedWithTheLane) {
  Lanes lanes(1, 64);  // what they own would be told by AddressSanitizer
  for (std::uint64_t i = 0; i < 3; ++i) open_with(lanes[0], i);
  lanes[0].hand_over(0);
  std::array<Lanes::Taken, 3> taken;
  ASSERT_EQ(lanes.take(taken), 3U);
  for (int i = 0; i < 2; ++i) {  // one released, one answered only, one not even that
    lanes.answer(taken[static_cast<std::size_t>(i)]).answer =
        std::make_unique<InquiryAnswer>(AccountView{.found = true});
  }
  lanes.release(0, 1, 0);
  ASSERT_NE(lanes[0].front(), nullptr);
}

// A core that sleeps whenever it may, and network threads that wait for their answers now and then:
// if a wake-up could be lost, this test would hang. The lanes go round many times.
TEST(Lanes, NoWakeUpIsLost) {
  constexpr std::uint64_t kEach = 20'000;
  constexpr std::size_t kLanes = 2;
  constexpr std::size_t kInFlightMax = 32;
  Lanes lanes(kLanes, kInFlightMax);
  std::mutex mutex;
  std::condition_variable wake;
  bool woken = false;
  lanes.set_waker([&] {
    const std::lock_guard lock(mutex);
    woken = true;
    wake.notify_one();
  });

  std::vector<std::jthread> network_threads;
  for (std::size_t p = 0; p < kLanes; ++p) {
    network_threads.emplace_back([&, p] {
      Lane& lane = lanes[p];
      std::uint64_t sent = 0;
      std::uint64_t answered = 0;
      while (answered < kEach) {
        const std::uint64_t more = std::min(kEach - sent, 1 + sent % 3);
        if (sent - answered + more <= kInFlightMax) {
          for (std::uint64_t i = 0; i < more; ++i) open_with(lane, sent++);
          lane.hand_over(0);
        }
        const Reply* const reply = lane.front();
        if (reply == nullptr) {
          std::this_thread::yield();
          continue;
        }
        ASSERT_EQ(reply->correlation, answered++);
        ASSERT_EQ(reply->outcome.amount.minor, static_cast<std::int64_t>(reply->correlation + p));
        lane.pop();
      }
    });
  }
  std::array<Lanes::Taken, 16> batch;
  std::array<std::uint64_t, kLanes> next{};
  while (next[0] + next[1] < kEach * kLanes) {
    const std::size_t count = lanes.take(batch);
    for (std::size_t i = 0; i < count; ++i) {
      const Lanes::Taken& taken = batch[i];
      ASSERT_EQ(taken.request().correlation, next[taken.lane]);
      lanes.answer(taken).outcome.amount.minor =
          static_cast<std::int64_t>(next[taken.lane]++ + taken.lane);
      lanes.release(taken.lane, 1, 0);
    }
    if (count == 0 && lanes.prepare_to_park()) {
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return woken; });
      woken = false;
      lanes.unpark();
    }
  }
}

TEST(Lanes, WakeWhoIsParkedOnce) {
  Lanes lanes(1, 64);
  Lane& lane = lanes[0];
  int wakes = 0;
  lane.set_waker([&] { ++wakes; });
  std::array<Lanes::Taken, 8> taken;
  const auto answer = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) open_with(lane, i);
    lane.hand_over(0);
    ASSERT_EQ(lanes.take(taken), count);
    for (std::size_t i = 0; i < count; ++i) (void)lanes.answer(taken[i]);
    lanes.release(0, count, 0);
  };
  answer(3);
  EXPECT_EQ(wakes, 0) << "it is awake";
  EXPECT_FALSE(lane.prepare_to_park()) << "there is something to take";
  answer(1);
  EXPECT_EQ(wakes, 0);
  ASSERT_NE(lane.front(), nullptr);
  lane.pop();
  EXPECT_FALSE(lane.prepare_to_park()) << "more came with the one that was taken";

  EXPECT_EQ(take_replies(lane).size(), 3U);
  ASSERT_TRUE(lane.prepare_to_park());
  lanes.release(0, 0, 0);
  EXPECT_EQ(wakes, 0) << "nothing released, nobody woken";
  answer(1);
  answer(1);
  EXPECT_EQ(wakes, 1);
  lane.unpark();
}

TEST(Lanes, TheCoreDoesNotParkOverWhatItHasNotTaken) {
  Lanes lanes(1, 64);
  for (std::uint64_t i = 0; i < 3; ++i) open_with(lanes[0], i);
  lanes[0].hand_over(0);
  EXPECT_FALSE(lanes.prepare_to_park());
  std::array<Lanes::Taken, 2> taken;
  ASSERT_EQ(lanes.take(taken), 2U);
  EXPECT_FALSE(lanes.prepare_to_park()) << "one is left of the stretch";
  ASSERT_EQ(lanes.take(taken), 1U);
  EXPECT_TRUE(lanes.prepare_to_park());
  lanes.unpark();
}

}  // namespace
}  // namespace holdfast
