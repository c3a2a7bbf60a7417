// Holds that were approved and not yet captured or reversed: a stack that forgets its oldest when
// it is full, and grows to its bound only as it is needed. Those forgotten stay open on the server.
// Thread: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/types.h"

namespace holdfast::bench {

struct Hold {
  AuthorizationId authorization;
  Money amount;
  std::uint64_t approved_ns = 0;  // monotonic
  std::uint32_t account = 0;
};

class HoldRing {
 public:
  /// Remembers up to `holds_max`, a power of two.
  explicit HoldRing(std::size_t holds_max) : holds_max_(holds_max) {}

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

  void push(const Hold& hold) {
    if (next_ == holds_.size() && holds_.size() < holds_max_) {
      holds_.push_back(hold);
      next_ = holds_.size() == holds_max_ ? 0 : next_ + 1;
    } else {
      holds_[next_] = hold;
      next_ = next_ + 1 == holds_max_ ? 0 : next_ + 1;
    }
    if (size_ < holds_max_) ++size_;
  }
  /// There is one.
  [[nodiscard]] const Hold& newest() const {
    return holds_[(next_ == 0 ? holds_max_ : next_) - 1];
  }
  /// The newest; there is one.
  Hold pop() {
    next_ = (next_ == 0 ? holds_max_ : next_) - 1;
    --size_;
    return holds_[next_];
  }
  void clear() { size_ = next_ = 0; }

 private:
  std::size_t holds_max_;
  std::vector<Hold> holds_;
  std::size_t next_ = 0;  // where the next goes
  std::size_t size_ = 0;
};

}  // namespace holdfast::bench
