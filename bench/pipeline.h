// Many requests over one connection, in order, without waiting for each answer.
//
// `send` and `inquire` put a request on its way and wait only while the window is full; every
// answer is handed to the handler in the order of the requests, with the tag its request was given.
// The handler runs inside `send`, `inquire` and `finish`, on the caller's thread, and must not call
// them. A reject, an answer out of order or a lost connection is an error and ends the pipeline's
// use. The client is the caller's and must outlive this. Thread: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "bench/result.h"
#include "net/client/client.h"

namespace holdfast::bench {

class Pipeline {
 public:
  using Handler = std::function<Result<void>(std::uint64_t tag, const net::ClientReply& reply)>;

  /// `window`: requests under way at once; lowered to what the server allows.
  Pipeline(net::Client& client, std::size_t window, Handler handler);

  [[nodiscard]] Result<void> send(const Command& command, std::uint64_t tag);
  [[nodiscard]] Result<void> inquire(RequestKind kind, const Inquiry& inquiry, std::uint64_t tag);
  /// Sends what is encoded, then takes answers until `due_ns` of the monotonic clock.
  [[nodiscard]] Result<void> wait_until(std::uint64_t due_ns);
  /// Waits for all answers under way.
  [[nodiscard]] Result<void> finish();

 private:
  struct Pending {
    std::uint64_t correlation = 0;
    std::uint64_t tag = 0;
  };

  Result<void> sent(std::uint64_t correlation, std::uint64_t tag);
  Result<void> receive();
  Result<void> handle();

  net::Client& client_;
  std::size_t window_;
  Handler handler_;
  std::vector<Pending> pending_;  // ring; its size is a power of two not below the window
  std::size_t first_ = 0;
  std::size_t under_way_ = 0;
  std::size_t unflushed_ = 0;
  std::vector<net::ClientReply> replies_;
};

/// The outcome in a reply to a command, or an error when the reply is anything else.
[[nodiscard]] Result<const Outcome*> outcome_of(const net::ClientReply& reply);

}  // namespace holdfast::bench
