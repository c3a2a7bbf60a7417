// The roads between network threads and the core: a lane for each network thread.
//
//   network thread: open, hand_over --> core: take, answer, release --> network thread: front, pop
//
// A lane is a ring of places. A network thread writes a request into the next place, the core
// decides it and writes the reply into that same place, and the network thread reads it there: an
// authorization and its answer are two cache lines that go there and back, and nothing is copied on
// the way. What passes through the lock-free queues says only how many places go over. Replies of a
// lane come in the order of its requests. Bounded by admission, not by blocking: a network thread
// counts its requests under way and stops reading sockets at
// `limits::network_thread_in_flight_max`. Waking costs a system call only when the other side
// sleeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "engine/check.h"
#include "engine/huge_memory.h"
#include "engine/request.h"
#include "engine/stage_times.h"

namespace holdfast {

/// Room for a request, and then for its reply.
union alignas(64) Place {
  Request request;
  Reply reply;
};
static_assert(offsetof(Request, command) + offsetof(Command, body) + sizeof(Authorize) == 128,
              "an authorization is two cache lines");
static_assert(sizeof(Place) == 192 && sizeof(Reply) <= 128);

class Lanes;

/// One network thread's; all of it but the waker is for that thread only.
class Lane {
 public:
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// The next place, for a request to be written into: only its header is clear. Stays good until it
  /// is handed over. Needs room: not more than `in_flight_max` from `open` to `pop`.
  [[nodiscard]] Request& open() {
    HOLDFAST_CHECK(opened_ - popped_ < in_flight_max_,
                   "a network thread stays within the requests that it announced");
    return *::new (&at(opened_++)) Request(Request::Header{});
  }
  /// Opened and not handed over.
  [[nodiscard]] std::size_t opened() const { return opened_ - handed_over_; }
  /// The `i`th of those.
  [[nodiscard]] Request& opened(std::size_t i) { return at(handed_over_ + i).request; }
  /// Hands them over, in order. `now`: for the stage times; 0: none are taken. Wakes the core if it
  /// is parked.
  void hand_over(StageTick now);

  /// The next reply; null: none is there. `pop` takes it off.
  [[nodiscard]] Reply* front() {
    if (released_ == popped_ && !take_released()) return nullptr;
    return &at(popped_).reply;
  }
  /// When the core let go of `front()`.
  [[nodiscard]] StageTick released_at() const { return released_at_; }
  void pop() { at(popped_++).reply.~Reply(); }

  /// How to wake the network thread; set once, before the core runs. Called on the core thread, and
  /// only when the network thread is parked.
  void set_waker(std::function<void()> wake_network_thread);
  /// Announces that it will park; false if there is a reply after all (and then it must not park).
  /// After waking, `unpark`.
  [[nodiscard]] bool prepare_to_park();
  void unpark();

 private:
  friend Lanes;
  struct Queue;
  Lane(Lanes& lanes, std::uint32_t number, std::size_t in_flight_max);

  [[nodiscard]] Place& at(std::uint64_t place) { return places_[place & mask_]; }
  [[nodiscard]] bool take_released();

  Lanes& lanes_;
  const std::uint32_t number_;
  const std::size_t in_flight_max_;
  const std::uint64_t mask_;
  ChunkMemory memory_;
  Place* const places_;
  std::unique_ptr<Queue> queue_;  // of what the core released
  // Counts that only rise; a place is its count modulo the ring.
  // popped_ <= released_ <= answered_ <= taken_ <= handed_over_ <= opened_.
  std::uint64_t opened_ = 0;
  std::uint64_t handed_over_ = 0;
  std::uint64_t released_ = 0;
  std::uint64_t popped_ = 0;
  StageTick released_at_ = 0;
  // The core's, on a line of its own.
  alignas(64) std::uint64_t taken_ = 0;
  std::uint64_t answered_ = 0;
};

/// All lanes of a server; what is not a lane's is the core's.
class Lanes {
 public:
  /// `in_flight_max`: requests that each network thread may have under way.
  Lanes(std::size_t network_threads, std::size_t in_flight_max);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  [[nodiscard]] std::size_t size() const { return lanes_.size(); }
  [[nodiscard]] Lane& operator[](std::size_t network_thread) { return *lanes_[network_thread]; }
  /// Of all network threads together.
  [[nodiscard]] std::size_t in_flight_max() const;

  /// How to wake the core; set once, before any network thread runs. Called on network threads.
  void set_waker(std::function<void()> wake_core);

  /// A request that waits for its answer.
  struct Taken {
    Place* place = nullptr;
    std::uint32_t lane = 0;
    StageTick handed_over_at = 0;
    [[nodiscard]] const Request& request() const { return place->request; }
    /// The network thread's processor has it: brings nearer what an authorization has of it.
    void prefetch() const {
      prefetch_line(place);
      prefetch_line(reinterpret_cast<const std::byte*>(place) + 64);
    }
  };
  /// Takes up to `out.size()`; the order of each lane is kept.
  [[nodiscard]] std::size_t take(std::span<Taken> out);
  /// The request's place becomes its reply, whose kind, correlation, route and moment of receipt
  /// are as the request's. The request is gone. To be called for what was taken in its order.
  [[nodiscard]] Reply& answer(const Taken& taken) {
    ++lanes_[taken.lane]->answered_;
    const std::uint64_t correlation = taken.place->request.correlation;
    const ReplyRoute route = taken.place->request.route;
    const StageTick received = taken.place->request.received;
    const RequestKind kind = taken.place->request.kind;
    Reply& reply = *::new (static_cast<void*>(taken.place)) Reply;
    reply.correlation = correlation;
    reply.route = route;
    reply.received = received;
    reply.kind = kind;
    return reply;
  }
  /// The next `replies` of the lane, all answered, go to its network thread, which is woken if it
  /// is parked. `now`: for the stage times; 0: none are taken.
  void release(std::size_t lane, std::size_t replies, StageTick now);

  /// As those of Lane.
  [[nodiscard]] bool prepare_to_park();
  void unpark();

 private:
  friend Lane;
  struct Impl;
  void hand_over(std::uint32_t lane, std::size_t requests, StageTick now);

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
