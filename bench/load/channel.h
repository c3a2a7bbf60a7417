// The bytes of one connection, through buffers that all connections of a thread share.
//
// What is encoded for a connection goes into the shared buffer and out with one write; what is read
// lands in the other shared buffer, big enough that one read takes all there is, and is looked at
// in place. A connection keeps only what the socket did not take and the beginning of a frame whose
// end has not come: a thousand connections cost no more than their sockets. Between two connections
// the shared buffers are empty. Thread: the load thread of the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "bench/load/request_frames.h"
#include "engine/limits.h"
#include "net/client/socket.h"

namespace holdfast::bench {

struct ChannelBuffers {
  static constexpr std::size_t kInBytes = 512 * 1024;
  static constexpr std::size_t kOutBytes = 512 * 1024;
  /// Not initialised: pages that no connection needs are never touched.
  std::unique_ptr<std::byte[]> in = std::make_unique_for_overwrite<std::byte[]>(kInBytes);
  std::unique_ptr<std::byte[]> out = std::make_unique_for_overwrite<std::byte[]>(kOutBytes);
  std::size_t out_used = 0;
};
static_assert(ChannelBuffers::kInBytes > 2 * limits::frame_bytes_max);

class Channel {
 public:
  Channel(net::ClientSocket socket, ChannelBuffers& buffers);

  /// Where the next request goes, with room for `RequestFrames::kBytesMax`; then `commit` it.
  [[nodiscard]] std::byte* room() {
    if (ChannelBuffers::kOutBytes - buffers_->out_used < RequestFrames::kBytesMax) (void)flush();
    return buffers_->out.get() + buffers_->out_used;
  }
  void commit(std::size_t bytes) { buffers_->out_used += bytes; }
  /// Offers what is encoded to the socket; true when it took all. Must follow the last `commit`
  /// before another connection is turned to. A lost connection is told by the next read.
  bool flush();

  struct Read {
    net::ClientSocket::Result result;
    std::span<const std::byte> bytes;  // kept and new, until the next call of any connection
    bool was_filled = false;           // there may be more
  };
  /// Reads once, without waiting.
  [[nodiscard]] Read read();
  /// Keeps the beginning of a frame, the last part of what `read` gave, for the next read.
  void keep(std::span<const std::byte> rest);

  /// Goes on over another connection: what was kept either way is of the old one.
  void replace(net::ClientSocket socket);
  [[nodiscard]] int descriptor() const { return socket_.native_handle(); }

 private:
  [[nodiscard]] std::size_t write(std::span<const std::byte> bytes);

  ChannelBuffers* buffers_;
  net::ClientSocket socket_;
  std::vector<std::byte> unsent_;
  std::vector<std::byte> begun_;  // a frame
};

}  // namespace holdfast::bench
