#include "engine/queues.h"

#include <concurrentqueue/concurrentqueue.h>

#include <iterator>
#include <utility>

#include "engine/check.h"

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

// Room for what producers may have under way, so that the steady state allocates nothing: a bulk
// insert may leave the last block of each producer partly used, hence the two spare blocks.
template <class Queue>
std::size_t room_for(std::size_t producers, std::size_t in_flight_max) {
  const std::size_t spare = 2 * Queue::BLOCK_SIZE;
  return producers * (in_flight_max + spare);
}

}  // namespace

struct Ingress::Impl {
  using Queue = moodycamel::ConcurrentQueue<Request>;
  Impl(std::size_t producers, std::size_t in_flight_max)
      : queue(room_for<Queue>(producers, in_flight_max)), consumer(queue) {
    tokens.reserve(producers);
    for (std::size_t i = 0; i < producers; ++i) tokens.emplace_back(queue);
  }
  Queue queue;
  moodycamel::ConsumerToken consumer;
  std::vector<moodycamel::ProducerToken> tokens;
  std::function<void()> wake_core;
  alignas(64) std::atomic<bool> parked{false};
};

Ingress::Ingress(std::size_t producers, std::size_t in_flight_max)
    : impl_(std::make_unique<Impl>(producers, in_flight_max)) {}
Ingress::~Ingress() = default;

void Ingress::set_waker(std::function<void()> wake_core) {
  impl_->wake_core = std::move(wake_core);
}

bool Ingress::submit(std::size_t producer, std::span<const Request> requests) {
  if (requests.empty()) return true;
  hands_over(&impl_->queue);
  // `try_`: a failure means that the bound was broken; growing instead would hide that.
  if (!impl_->queue.try_enqueue_bulk(impl_->tokens[producer], requests.begin(), requests.size())) {
    return false;
  }
  // Both sides exchange `parked`, so one exchange comes first. If the core's does, this one reads
  // true and wakes it; if this one does,
  // the core's acquires what was queued before and stays awake.
  if (impl_->parked.exchange(false, std::memory_order_acq_rel) && impl_->wake_core) {
    impl_->wake_core();
  }
  return true;
}

std::size_t Ingress::take(std::span<Request> out) {
  const std::size_t taken =
      impl_->queue.try_dequeue_bulk(impl_->consumer, out.begin(), out.size());
  if (taken > 0) takes_over(&impl_->queue);
  return taken;
}

bool Ingress::prepare_to_park() {
  impl_->parked.exchange(true, std::memory_order_acq_rel);
  if (impl_->queue.size_approx() == 0) return true;
  unpark();
  return false;
}

void Ingress::unpark() { impl_->parked.store(false, std::memory_order_relaxed); }

struct ReplyQueue::Impl {
  using Queue = moodycamel::ConcurrentQueue<Reply>;
  explicit Impl(std::size_t in_flight_max)
      : queue(room_for<Queue>(1, in_flight_max)), producer(queue), consumer(queue) {}
  Queue queue;
  moodycamel::ProducerToken producer;
  moodycamel::ConsumerToken consumer;
  std::function<void()> wake;
  alignas(64) std::atomic<bool> parked{false};
};

ReplyQueue::ReplyQueue(std::size_t in_flight_max) : impl_(std::make_unique<Impl>(in_flight_max)) {}
ReplyQueue::~ReplyQueue() = default;

void ReplyQueue::set_waker(std::function<void()> wake_network_thread) {
  impl_->wake = std::move(wake_network_thread);
}

void ReplyQueue::deliver(std::span<Reply> replies) {
  if (replies.empty()) return;
  hands_over(&impl_->queue);
  HOLDFAST_CHECK(impl_->queue.try_enqueue_bulk(
                     impl_->producer, std::make_move_iterator(replies.begin()), replies.size()),
                 "more replies under way than requests were admitted");
  // As in Ingress::submit: one exchange comes first. Most of the time the thread is awake and finds
  // the replies by itself; a plain load then keeps the line shared.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!impl_->parked.load(std::memory_order_relaxed)) return;
  if (impl_->parked.exchange(false, std::memory_order_acq_rel) && impl_->wake) impl_->wake();
}

std::size_t ReplyQueue::take(std::span<Reply> out) {
  const std::size_t taken =
      impl_->queue.try_dequeue_bulk(impl_->consumer, out.begin(), out.size());
  if (taken > 0) takes_over(&impl_->queue);
  return taken;
}

bool ReplyQueue::prepare_to_park() {
  impl_->parked.exchange(true, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (impl_->queue.size_approx() == 0) return true;
  unpark();
  return false;
}

void ReplyQueue::unpark() { impl_->parked.store(false, std::memory_order_relaxed); }

}  // namespace holdfast
