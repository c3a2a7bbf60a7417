// The two queues under real threads: nothing lost, order kept, no wake-up missed.
#include "engine/queues.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace holdfast {
namespace {

TEST(Ingress, KeepsTheOrderOfEachProducerAndRefusesBeyondTheBound) {
  Ingress ingress(2, 64);
  std::vector<Request> requests(10);
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i].correlation = i;
  ASSERT_TRUE(ingress.submit(0, requests));
  ASSERT_TRUE(ingress.submit(1, requests));

  std::vector<Request> out(64);
  std::size_t taken = 0;
  while (taken < 20) taken += ingress.take(std::span(out).subspan(taken));
  EXPECT_EQ(taken, 20U);
  EXPECT_EQ(ingress.take(out), 0U);
  EXPECT_FALSE(ingress.submit(0, std::vector<Request>(100'000))) << "far beyond what was announced";
}

// A consumer that sleeps whenever it may, and producers that pause now and then: if a wake-up could
// be lost, this test would hang.
TEST(Ingress, NoWakeUpIsLost) {
  constexpr std::uint64_t kEach = 20'000;
  constexpr std::size_t kProducers = 2;
  Ingress ingress(kProducers, 64);
  std::mutex mutex;
  std::condition_variable wake;
  bool woken = false;
  ingress.set_waker([&] {
    const std::lock_guard lock(mutex);
    woken = true;
    wake.notify_one();
  });
  std::atomic<std::uint64_t> taken{0};
  std::array<std::uint64_t, kProducers> next{};

  std::vector<std::jthread> producers;
  for (std::size_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        // Admission as a network thread does it: not more than the bound under way.
        while (i >= taken.load() / kProducers + 32) std::this_thread::yield();
        Request request;
        request.correlation = i;
        request.route.network_thread = static_cast<std::uint16_t>(p);
        ASSERT_TRUE(ingress.submit(p, {&request, 1}));
      }
    });
  }
  std::array<Request, 16> batch;
  while (taken.load() < kEach * kProducers) {
    const std::size_t count = ingress.take(batch);
    for (std::size_t i = 0; i < count; ++i) {
      auto& expected = next[batch[i].route.network_thread];
      ASSERT_EQ(batch[i].correlation, expected++);
    }
    taken += count;
    if (count == 0 && ingress.prepare_to_park()) {
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return woken; });
      woken = false;
      ingress.unpark();
    }
  }
}

TEST(ReplyQueue, WakesWhoIsParkedOnce) {
  ReplyQueue queue(64);
  int wakes = 0;
  queue.set_waker([&] { ++wakes; });
  std::vector<Reply> replies(3);
  replies[2].answer = std::make_unique<InquiryAnswer>(AccountView{.found = true});
  queue.deliver(replies);
  EXPECT_EQ(wakes, 0) << "it is awake";
  EXPECT_FALSE(queue.prepare_to_park()) << "there is something to take";
  std::vector<Reply> more(1);
  queue.deliver(more);
  EXPECT_EQ(wakes, 0);

  std::vector<Reply> out(8);
  ASSERT_EQ(queue.take(out), 4U);
  ASSERT_NE(out[2].answer, nullptr) << "ownership moves with the reply";
  EXPECT_EQ(queue.take(out), 0U);
  ASSERT_TRUE(queue.prepare_to_park());
  queue.deliver({});
  EXPECT_EQ(wakes, 0) << "nothing delivered, nobody woken";
  queue.deliver(more);
  queue.deliver(more);
  EXPECT_EQ(wakes, 1);
  queue.unpark();
}

}  // namespace
}  // namespace holdfast
