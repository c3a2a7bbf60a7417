// What the machine's TCP lets through when many connections have one request each under way: the
// plainest server and the plainest client, one thread each, with frames as long as those of an
// authorization and its answer.
//
// The server waits in epoll, receives from every connection that has something, makes one durable
// write for all of them if it was given a file, and sends each its answer. The client waits in
// epoll and sends the next request to whoever answered. Neither looks at what it carries. Threads:
// the caller's, which is the client, and the server's, which ends before the call returns.
#pragma once

#include <cstdint>

#include "bench/floors/durable_write.h"
#include "bench/floors/scratch_file.h"
#include "bench/result.h"

namespace holdfast::bench {

inline constexpr std::uint32_t kEchoConnectionsMax = 1'000;

struct ManyEchoOptions {
  std::uint32_t connections = 64;  // 1 .. kEchoConnectionsMax
  /// Not null: a durable 4 KiB write between receiving and sending, for as many requests as came
  /// together. It is the server's until the call returns.
  ScratchFile* file = nullptr;
  DurableMethod method = DurableMethod::pwritev2_dsync;  // the fastest of one at a time
};

struct EchoesDone {
  std::uint64_t echoes = 0;
  std::uint64_t spent_ns = 0;
  [[nodiscard]] double per_s() const {
    return spent_ns == 0 ? 0 : static_cast<double>(echoes) * 1e9 / static_cast<double>(spent_ns);
  }
};

/// Runs both ends for so long, the first twentieth of it uncounted, and adds to `done`.
[[nodiscard]] Result<void> run_many_echo(const ManyEchoOptions& options, std::uint64_t duration_ns,
                                         EchoesDone& done);

}  // namespace holdfast::bench
