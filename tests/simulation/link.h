// One connection as its two ends see it: two streams of bytes that keep their order, arrive in
// pieces of any length, and end early when the connection is cut.
//
// The simulation moves bytes from `sent` to `arrived`; an end only ever appends to what it sends
// and takes from the front of what arrived. Thread: the simulation's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holdfast::simulation {

class ByteStream {
 public:
  void send(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  /// Lets up to `most` more bytes arrive.
  void move(std::size_t most) { arrived_ = std::min(bytes_.size(), arrived_ + most); }
  void move_all() { arrived_ = bytes_.size(); }
  [[nodiscard]] std::size_t on_the_way() const { return bytes_.size() - arrived_; }
  [[nodiscard]] std::span<const std::byte> arrived() const {
    return std::span(bytes_).subspan(taken_, arrived_ - taken_);
  }
  void take(std::size_t bytes) {
    taken_ += bytes;
    if (taken_ < bytes_.size()) return;
    bytes_.clear();
    taken_ = arrived_ = 0;
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t taken_ = 0;
  std::size_t arrived_ = 0;
};

struct Link {
  ByteStream to_server;
  ByteStream to_gateway;
  bool gateway_shut = false;  // the gateway will send no more (its end of stream)
  bool server_shut = false;   // the server will send no more
  bool cut = false;           // gone for both, what is on the way is lost
};

}  // namespace holdfast::simulation
