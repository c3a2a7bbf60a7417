#include "bench/load/channel.h"

#include <cstring>
#include <utility>

#include "engine/check.h"

namespace holdfast::bench {

using net::ClientSocket;

Channel::Channel(ClientSocket socket, ChannelBuffers& buffers)
    : buffers_(&buffers), socket_(std::move(socket)) {}

// How many bytes the socket took.
std::size_t Channel::write(std::span<const std::byte> bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const auto result = socket_.write_some(bytes.subspan(written));
    if (result.state != ClientSocket::State::ok) break;
    written += result.bytes;
  }
  return written;
}

bool Channel::flush() {
  if (!unsent_.empty()) {
    const std::size_t written = write(unsent_);
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(written));
  }
  const std::span<const std::byte> encoded(buffers_->out.get(), buffers_->out_used);
  buffers_->out_used = 0;
  const std::size_t written = unsent_.empty() ? write(encoded) : 0;
  unsent_.insert(unsent_.end(), encoded.begin() + static_cast<std::ptrdiff_t>(written),
                 encoded.end());
  return unsent_.empty();
}

Channel::Read Channel::read() {
  std::byte* const in = buffers_->in.get();
  const std::size_t kept = begun_.size();
  if (kept > 0) std::memcpy(in, begun_.data(), kept);
  begun_.clear();
  Read read;
  read.result = socket_.read_some(std::span(in + kept, ChannelBuffers::kInBytes - kept));
  read.bytes = {in, kept + read.result.bytes};
  read.was_filled = read.bytes.size() == ChannelBuffers::kInBytes;
  if (read.result.state != ClientSocket::State::ok) keep(read.bytes);
  return read;
}

void Channel::keep(std::span<const std::byte> rest) {
  HOLDFAST_CHECK(rest.size() < limits::frame_bytes_max, "whole frames are taken, not kept");
  begun_.assign(rest.begin(), rest.end());
}

void Channel::replace(ClientSocket socket) {
  socket_ = std::move(socket);
  unsent_.clear();
  begun_.clear();
}

}  // namespace holdfast::bench
