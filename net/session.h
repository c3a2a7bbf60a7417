// One connection's state in its network thread: socket, the bytes read and not yet decoded, the
// bytes to be written, and how far its life has come.
//
// Sessions stand in slots that are used again; `generation` rises at every close, so that a reply
// or a completion of an earlier session in the same slot is told apart and dropped. Thread: the
// network thread that owns it. Only .cc files of this room may include this header (it brings
// Asio).
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/check.h"
#include "engine/limits.h"
#include "net/send_times.h"

namespace holdfast::net {

/// Bytes on their way out: appended at the end, written from the front.
class OutBuffer {
 public:
  /// Room for `bytes_max` more; then `commit` what was used.
  [[nodiscard]] std::span<std::byte> room(std::size_t bytes_max) {
    if (end_ + bytes_max > bytes_.size()) make_room(bytes_max);
    return std::span(bytes_).subspan(end_, bytes_max);
  }
  void commit(std::size_t bytes) { end_ += bytes; }
  [[nodiscard]] std::span<const std::byte> pending() const {
    return std::span(bytes_).subspan(begin_, end_ - begin_);
  }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  void consume(std::size_t bytes) {
    begin_ += bytes;
    HOLDFAST_DCHECK(begin_ <= end_, "no more is written than was there");
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void clear() { begin_ = end_ = 0; }
  /// Gives memory back that only a slow reader had needed. When empty.
  void release_spare() {
    if (size() == 0 && bytes_.size() > kKeepBytes) bytes_ = std::vector<std::byte>();
  }

 private:
  static constexpr std::size_t kKeepBytes = 128 * 1024;
  void make_room(std::size_t bytes_max) {
    if (begin_ > 0) {
      std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
                bytes_.begin() + static_cast<std::ptrdiff_t>(end_), bytes_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    const std::size_t needed = end_ + bytes_max;
    if (needed > bytes_.size()) bytes_.resize(std::max(needed, 2 * bytes_.size()));
  }
  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

enum class SessionState : std::uint8_t {
  free,       // the slot holds no session
  open,       // requests are read
  finishing,  // no more requests are taken; what is under way is answered, then `lingering`
  lingering,  // all is written, our side is shut; what the peer sends until it closes is ignored
};

struct Session {
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kReadBytes = limits::session_read_bytes;

  std::uint32_t slot = 0;
  std::uint32_t generation = 1;
  SessionState state = SessionState::free;
  bool greeted = false;
  bool refused = false;         // above connections_max: only told so
  bool reading = false;         // a read is armed
  bool starved = false;         // waits in the thread's line for credit
  bool waiting_to_write = false;  // the socket was full; a wait is armed
  bool peer_closed = false;     // end of its stream was read
  bool touched = false;         // has new bytes to write in this drain
  std::uint32_t in_flight = 0;  // requests handed to the core and not yet answered
  std::optional<boost::asio::ip::tcp::socket> socket;
  std::string peer;             // HOST:PORT, for the log

  /// [in_begin, in_end) of `in` is read and not yet decoded. Not initialised: only pages that a
  /// read reaches cost memory.
  std::unique_ptr<std::byte[]> in;
  std::size_t in_begin = 0;
  std::size_t in_end = 0;
  OutBuffer out;
  SendTimes send_times;                   // of what stands in `out`
  StageTick received = 0;                 // end of the last read
  Clock::time_point opened_at{};
  Clock::time_point active_at{};          // last byte received or reply written
  Clock::time_point write_progress_at{};  // last time that the peer took a byte
  int held_by_kernel_bytes = 0;           // written and not taken by the peer, when last looked at
  Clock::time_point linger_until{};

  [[nodiscard]] std::span<const std::byte> unread() const {
    return {in.get() + in_begin, in_end - in_begin};
  }

  /// Gives memory back that a burst or a slow reader had needed. What waits to be written stays.
  void release_spare() {
    out.release_spare();
    send_times.release_spare();
  }

  /// Ready for the next session in this slot. What is still on its way to this one carries the old
  /// generation and is dropped when it comes. The socket is closed already.
  void end_life() {
    ++generation;
    state = SessionState::free;
    greeted = refused = reading = starved = waiting_to_write = peer_closed = touched = false;
    in_flight = 0;
    in_begin = in_end = 0;
    out.clear();
    send_times.clear();
    release_spare();
  }
};

}  // namespace holdfast::net
