// Wakes an io_context from another thread without allocating.
//
// At most one wake-up is queued at a time, so its memory can stand here, once. The handler clears
// the mark before it looks for work: work that comes after that look wakes again.
#pragma once

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstddef>
#include <new>
#include <utility>

namespace holdfast::net {

class WakePost {
 public:
  WakePost() = default;
  WakePost(const WakePost&) = delete;
  WakePost& operator=(const WakePost&) = delete;

  /// Any thread. `handler` runs once on a thread of `context`, unless one is queued already.
  template <class Handler>
  void post(boost::asio::io_context& context, Handler handler) {
    if (queued_.exchange(true, std::memory_order_acq_rel)) return;
    auto wake = [this, handler = std::move(handler)]() mutable {
      queued_.exchange(false, std::memory_order_acq_rel);
      handler();
    };
    boost::asio::post(context,
                      boost::asio::bind_allocator(Allocator<void>(this), std::move(wake)));
  }

 private:
  // Asio frees a handler's memory before it calls the handler, so the one place is free again when
  // the next post can come. Should that ever not hold, the heap serves.
  template <class T>
  struct Allocator {
    using value_type = T;
    explicit Allocator(WakePost* owner_in) : owner(owner_in) {}
    template <class U>
    Allocator(const Allocator<U>& other) : owner(other.owner) {}
    T* allocate(std::size_t n) { return static_cast<T*>(owner->take(n * sizeof(T))); }
    void deallocate(T* p, std::size_t) { owner->give_back(p); }
    template <class U>
    bool operator==(const Allocator<U>& other) const {
      return owner == other.owner;
    }
    WakePost* owner;
  };

  void* take(std::size_t bytes) {
    if (bytes <= sizeof place_ && !in_use_.exchange(true, std::memory_order_acquire)) return place_;
    return ::operator new(bytes);
  }
  void give_back(void* p) {
    if (p == place_) {
      in_use_.store(false, std::memory_order_release);
    } else {
      ::operator delete(p);
    }
  }

  std::atomic<bool> queued_{false};
  std::atomic<bool> in_use_{false};
  alignas(std::max_align_t) std::byte place_[256];
};

}  // namespace holdfast::net
