// When each request of an open loop is meant to be sent.
//
// Request i (from 0) is due at `start + i / rate`, whatever happened to those before it. Latency is
// counted from that moment, not from when a stalled generator got round to sending, so a stall of
// the server is charged to every request that it delayed (no coordinated omission). Times are
// nanoseconds of one monotonic clock. Thread: one owner.
#pragma once

#include <cstdint>

namespace holdfast::bench {

class Pacer {
 public:
  /// `rate_per_s` above 0. Requests are due from `start_ns` and before `end_ns`.
  Pacer(double rate_per_s, std::uint64_t start_ns, std::uint64_t end_ns)
      : ns_per_request_(1e9 / rate_per_s), start_ns_(start_ns), end_ns_(end_ns) {}

  /// Moment at which the next request not yet taken is due.
  [[nodiscard]] std::uint64_t next_due_ns() const {
    return due_ns(taken_);
  }
  /// True when a request is due at `now_ns` and not yet taken, also after the end: what was due
  /// before the end is still owed.
  [[nodiscard]] bool is_due(std::uint64_t now_ns) const {
    return !is_finished() && next_due_ns() <= now_ns;
  }
  /// Nothing more will ever be due.
  [[nodiscard]] bool is_finished() const { return next_due_ns() >= end_ns_; }
  /// Takes the next request; returns its intended send time.
  std::uint64_t take() {
    const std::uint64_t due_ns = next_due_ns();
    ++taken_;
    return due_ns;
  }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  /// Requests due at `now_ns` that nobody has taken: what the generator is behind. What was due
  /// before the end is still owed after it.
  [[nodiscard]] std::uint64_t behind(std::uint64_t now_ns) const {
    if (now_ns < start_ns_ || end_ns_ <= start_ns_) return 0;
    const std::uint64_t until_ns = now_ns < end_ns_ ? now_ns : end_ns_ - 1;
    const double intervals = static_cast<double>(until_ns - start_ns_) / ns_per_request_;
    std::uint64_t due_count = static_cast<std::uint64_t>(intervals) + 1;
    // Rounding may be one off either way; what counts is when each request is due.
    while (due_count > 0 && due_ns(due_count - 1) > until_ns) --due_count;
    while (due_ns(due_count) <= until_ns) ++due_count;
    return due_count > taken_ ? due_count - taken_ : 0;
  }

 private:
  [[nodiscard]] std::uint64_t due_ns(std::uint64_t request) const {
    return start_ns_ + static_cast<std::uint64_t>(static_cast<double>(request) * ns_per_request_);
  }

  double ns_per_request_;
  std::uint64_t start_ns_;
  std::uint64_t end_ns_;
  std::uint64_t taken_ = 0;
};

}  // namespace holdfast::bench
