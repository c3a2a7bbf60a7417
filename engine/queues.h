// The two lock-free roads between network threads and the core.
//
//   network threads --Ingress--> core --ReplyQueue (one a network thread)--> network thread
//
// Both are bounded by admission, not by blocking: a network thread counts its requests under way
// and stops reading sockets at `limits::network_thread_in_flight_max`, so neither queue can grow
// beyond threads x that. Waking costs a system call only when the other side sleeps.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/request.h"

namespace holdfast {

/// Many producers (network threads), one consumer (the core).
class Ingress {
 public:
  /// `producers`: network threads. `in_flight_max`: requests that each may have under way.
  Ingress(std::size_t producers, std::size_t in_flight_max);
  ~Ingress();
  Ingress(const Ingress&) = delete;
  Ingress& operator=(const Ingress&) = delete;

  /// How to wake the core; set once, before any producer runs. Called on producers' threads.
  void set_waker(std::function<void()> wake_core);

  /// Network thread `producer` only. Hands over all of `requests`, in order, or none (false: the
  /// caller went beyond what it announced, a bug). Wakes the core if it is parked.
  [[nodiscard]] bool submit(std::size_t producer, std::span<const Request> requests);

  /// Core only. Takes up to `out.size()`; the order of each producer is kept.
  [[nodiscard]] std::size_t take(std::span<Request> out);

  /// Core only. Announces that it will park; false if there is something to take after all (and
  /// then it must not park). After waking, `unpark`.
  [[nodiscard]] bool prepare_to_park();
  void unpark();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One producer (the core), one consumer (one network thread).
class ReplyQueue {
 public:
  explicit ReplyQueue(std::size_t in_flight_max);
  ~ReplyQueue();
  ReplyQueue(const ReplyQueue&) = delete;
  ReplyQueue& operator=(const ReplyQueue&) = delete;

  /// How to wake the network thread; set once, before the core runs. Called on the core thread, and
  /// only when the network thread is parked.
  void set_waker(std::function<void()> wake_network_thread);

  /// Core only. Moves all of `replies` in. Wakes the network thread if it is parked.
  void deliver(std::span<Reply> replies);

  /// Network thread only. Takes up to `out.size()`; call again until it returns 0.
  [[nodiscard]] std::size_t take(std::span<Reply> out);

  /// Network thread only. As those of Ingress.
  [[nodiscard]] bool prepare_to_park();
  void unpark();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
