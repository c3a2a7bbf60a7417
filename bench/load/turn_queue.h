// Whose turn it is: numbers below a bound, each in the queue at most once, first in, first out.
// Thread: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdfast::bench {

class TurnQueue {
 public:
  explicit TurnQueue(std::size_t bound = 0) : queue_(bound), is_in_(bound, false) {}

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Goes to the end, if it is not in the queue already.
  void push(std::size_t number) {
    if (is_in_[number]) return;
    is_in_[number] = true;
    queue_[(first_ + size_) % queue_.size()] = static_cast<std::uint32_t>(number);
    ++size_;
  }
  /// Takes the first; there is one.
  std::size_t pop() {
    const std::uint32_t number = queue_[first_];
    first_ = (first_ + 1) % queue_.size();
    --size_;
    is_in_[number] = false;
    return number;
  }
  void clear() {
    while (!empty()) (void)pop();
  }

 private:
  std::vector<std::uint32_t> queue_;
  std::vector<bool> is_in_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace holdfast::bench
