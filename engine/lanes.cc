#include "engine/lanes.h"

#include <concurrentqueue/concurrentqueue.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <utility>

#ifdef HOLDFAST_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace holdfast {
namespace {

// What the queue's fences order, told to ThreadSanitizer (see CMakeLists.txt); else nothing.
void hands_over([[maybe_unused]] void* queue) {
#ifdef HOLDFAST_TSAN
  __tsan_release(queue);
#endif
}
void takes_over([[maybe_unused]] void* queue) {
#ifdef HOLDFAST_TSAN
  __tsan_acquire(queue);
#endif
}

/// So many places of a lane that go over, behind those that did before.
struct Stretch {
  std::uint32_t lane = 0;
  std::uint32_t places = 0;
  StageTick at = 0;
};
using StretchQueue = moodycamel::ConcurrentQueue<Stretch>;

// Room for stretches of one place each, so that the steady state allocates nothing; the last block
// of each producer may be partly used, hence the spare ones.
std::size_t room_for(std::size_t producers, std::size_t in_flight_max) {
  const std::size_t spare = 2 * StretchQueue::BLOCK_SIZE;
  return producers * (in_flight_max + spare);
}

std::size_t ring_of(std::size_t in_flight_max) { return std::bit_ceil(in_flight_max); }
std::size_t ring_bytes(std::size_t in_flight_max) {
  const std::size_t bytes = ring_of(in_flight_max) * sizeof(Place);
  return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
}

}  // namespace

struct Lane::Queue {
  explicit Queue(std::size_t in_flight_max)
      : queue(room_for(1, in_flight_max)), producer(queue), consumer(queue) {}
  StretchQueue queue;
  moodycamel::ProducerToken producer;
  moodycamel::ConsumerToken consumer;
  std::function<void()> wake;
  alignas(64) std::atomic<bool> parked{false};
};

struct Lanes::Impl {
  Impl(std::size_t lanes, std::size_t in_flight_max)
      : queue(room_for(lanes, in_flight_max)), consumer(queue) {
    tokens.reserve(lanes);
    for (std::size_t i = 0; i < lanes; ++i) tokens.emplace_back(queue);
  }
  StretchQueue queue;
  moodycamel::ConsumerToken consumer;
  std::vector<moodycamel::ProducerToken> tokens;
  Stretch taking;  // places of it are left to be taken
  std::function<void()> wake_core;
  alignas(64) std::atomic<bool> parked{false};
};

Lane::Lane(Lanes& lanes, std::uint32_t number, std::size_t in_flight_max)
    : lanes_(lanes),
      number_(number),
      in_flight_max_(in_flight_max),
      mask_(ring_of(in_flight_max) - 1),
      memory_(ring_bytes(in_flight_max),
              ring_of(in_flight_max) * sizeof(Place) < kHugePageBytes ? PageSize::small
                                                                      : PageSize::huge),
      places_(reinterpret_cast<Place*>(memory_.data())),
      queue_(std::make_unique<Queue>(in_flight_max)) {}

// Requests need no end; a reply may own what it tells.
Lane::~Lane() {
  for (; popped_ < answered_; ++popped_) at(popped_).reply.~Reply();
}

void Lane::hand_over(StageTick now) {
  const std::size_t requests = opened();
  if (requests == 0) return;
  handed_over_ = opened_;
  lanes_.hand_over(number_, requests, now);
}

bool Lane::take_released() {
  Stretch stretch;
  if (!queue_->queue.try_dequeue(queue_->consumer, stretch)) return false;
  takes_over(&queue_->queue);
  released_ += stretch.places;
  released_at_ = stretch.at;
  return true;
}

void Lane::set_waker(std::function<void()> wake_network_thread) {
  queue_->wake = std::move(wake_network_thread);
}

bool Lane::prepare_to_park() {
  if (released_ != popped_) return false;
  queue_->parked.exchange(true, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (queue_->queue.size_approx() == 0) return true;
  unpark();
  return false;
}

void Lane::unpark() { queue_->parked.store(false, std::memory_order_relaxed); }

Lanes::Lanes(std::size_t network_threads, std::size_t in_flight_max)
    : impl_(std::make_unique<Impl>(network_threads, in_flight_max)) {
  lanes_.reserve(network_threads);
  for (std::size_t i = 0; i < network_threads; ++i) {
    lanes_.emplace_back(new Lane(*this, static_cast<std::uint32_t>(i), in_flight_max));
  }
}
Lanes::~Lanes() = default;

std::size_t Lanes::in_flight_max() const {
  std::size_t all = 0;
  for (const auto& lane : lanes_) all += lane->in_flight_max_;
  return all;
}

void Lanes::set_waker(std::function<void()> wake_core) { impl_->wake_core = std::move(wake_core); }

void Lanes::hand_over(std::uint32_t lane, std::size_t requests, StageTick now) {
  hands_over(&impl_->queue);
  // `try_`: a failure means that the bound was broken; growing instead would hide that.
  HOLDFAST_CHECK(
      impl_->queue.try_enqueue(impl_->tokens[lane],
                               Stretch{lane, static_cast<std::uint32_t>(requests), now}),
      "more stretches under way than places");
  // Both sides exchange `parked`, so one exchange comes first. If the core's does, this one reads
  // true and wakes it; if this one does, the core's acquires what was queued before and stays
  // awake.
  if (impl_->parked.exchange(false, std::memory_order_acq_rel) && impl_->wake_core) {
    impl_->wake_core();
  }
}

std::size_t Lanes::take(std::span<Taken> out) {
  Stretch& taking = impl_->taking;
  std::size_t count = 0;
  while (count < out.size()) {
    if (taking.places == 0) {
      if (!impl_->queue.try_dequeue(impl_->consumer, taking)) break;
      takes_over(&impl_->queue);
    }
    Lane& lane = *lanes_[taking.lane];
    const std::size_t end = count + std::min<std::size_t>(taking.places, out.size() - count);
    taking.places -= static_cast<std::uint32_t>(end - count);
    for (; count < end; ++count) out[count] = {&lane.at(lane.taken_++), taking.lane, taking.at};
  }
  return count;
}

void Lanes::release(std::size_t lane, std::size_t replies, StageTick now) {
  if (replies == 0) return;
  Lane::Queue& to = *lanes_[lane]->queue_;
  hands_over(&to.queue);
  HOLDFAST_CHECK(to.queue.try_enqueue(to.producer,
                                      Stretch{static_cast<std::uint32_t>(lane),
                                              static_cast<std::uint32_t>(replies), now}),
                 "more stretches under way than places");
  // As in `hand_over`: one exchange comes first. Most of the time the thread is awake and finds the
  // replies by itself; a plain load then keeps the line shared.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!to.parked.load(std::memory_order_relaxed)) return;
  if (to.parked.exchange(false, std::memory_order_acq_rel) && to.wake) to.wake();
}

bool Lanes::prepare_to_park() {
  if (impl_->taking.places > 0) return false;
  impl_->parked.exchange(true, std::memory_order_acq_rel);
  if (impl_->queue.size_approx() == 0) return true;
  unpark();
  return false;
}

void Lanes::unpark() { impl_->parked.store(false, std::memory_order_relaxed); }

}  // namespace holdfast
