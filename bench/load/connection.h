// One connection of a load thread: what is under way on it, and the judging of its answers.
//
// Requests under way stand in a ring in the order sent, which is the order of the answers. Holds
// that were approved on this connection and not yet captured or reversed stand in a bounded ring,
// from which captures and reversals are made, newest first. When the connection is lost,
// `continue_on` takes a new one and sends all that was under way again, with the same request ids.
// Thread: its load thread only; the context is the thread's and outlives the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bench/load/account_choice.h"
#include "bench/load/acked_file.h"
#include "bench/load/answer_check.h"
#include "bench/load/channel.h"
#include "bench/load/hold_ring.h"
#include "bench/load/random.h"
#include "bench/load/request_frames.h"
#include "bench/load/run_options.h"
#include "net/client/client.h"
#include "net/protocol/frame.h"

namespace holdfast::bench {

/// What the connections of one thread share.
struct LoadContext {
  explicit LoadContext(const RunOptions& run_options, std::uint64_t seed);

  const RunOptions& options;
  const RequestFrames frames;
  ChannelBuffers buffers;
  Random random;
  AccountChoice choice;
  std::uint32_t mix_total;
  std::uint64_t amounts;  // how many different ones there are
  std::size_t holds_max;  // of one connection
  std::uint64_t hold_life_ns;  // 0: holds do not run out
  LoadCounts counts;
  ExpectedChange expected;
  std::optional<AckedWriter> acked;
  std::optional<std::string> acked_error;  // the file of acknowledged commands cannot be written
  std::uint64_t measure_from_ns = 0;
  std::uint64_t measure_until_ns = 0;
  const PauseSignal* pauses = nullptr;  // null: they are not watched
  std::size_t in_flight = 0;  // that each connection may have in this phase
  std::size_t under_way = 0;  // on all connections
};

class Connection {
 public:
  Connection(net::DetachedClient client, std::uint32_t index, LoadContext& context);

  [[nodiscard]] std::size_t room() const { return context_->in_flight - under_way_; }
  [[nodiscard]] std::size_t under_way() const { return under_way_; }
  [[nodiscard]] int descriptor() const { return channel_.descriptor(); }

  /// Encodes the next request; needs room. Latency counts from `started_ns`. `flush` must follow
  /// before another connection of the thread is turned to.
  void send(std::uint64_t started_ns);
  /// Offers what is encoded to the socket; true when all is written.
  bool flush() { return channel_.flush(); }
  /// Takes and judges the answers that are there; returns how many. An error is a lost connection:
  /// answers that came before it are judged, and what is under way stays so.
  [[nodiscard]] Result<std::size_t> receive();

  /// Goes on over a new connection: sends everything under way again. The new one must allow as
  /// many requests under way.
  void continue_on(net::DetachedClient client);
  /// Counts what is under way as unknown: no answer will come.
  void give_up();

 private:
  struct Batch;  // of answers that came by one read

  [[nodiscard]] Step next_step(std::uint64_t now_ns);
  void submit(const Step& step);
  [[nodiscard]] Result<std::size_t> take(std::span<const std::byte> bytes, std::uint64_t now_ns);
  [[nodiscard]] std::size_t take_plain(std::span<const std::byte> bytes, Batch& batch);
  [[nodiscard]] Result<std::size_t> take_one(std::span<const std::byte> bytes, Batch& batch);
  void answered(const Step& step, Batch& batch);
  void judge(const Step& step, const net::Frame& frame, const net::ClientReply& reply,
             std::uint64_t now_ns);
  void judge_outcome(const Step& step, const net::Frame& frame, const Outcome& outcome,
                     std::uint64_t now_ns);
  [[nodiscard]] bool has_fresh_hold(std::uint64_t now_ns);
  void apply_change(const Step& step, AuthorizationId authorization, bool late,
                    std::uint64_t now_ns);
  [[nodiscard]] std::string nonsense(std::string_view what);
  void report_error(const Step& step, std::string_view what);

  LoadContext* context_;
  Channel channel_;
  std::vector<Step> ring_;  // its size is a power of two not below `in_flight`
  std::size_t first_ = 0;
  std::size_t under_way_ = 0;
  std::uint64_t correlation_sent_;
  std::uint64_t correlation_answered_;
  std::uint64_t next_request_low_;
  HoldRing holds_;
  AnswerCheck check_;
};

}  // namespace holdfast::bench
