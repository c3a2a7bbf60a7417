// One connection of a load thread: what is under way on it, and the judging of its answers.
//
// Requests under way stand in a ring in the order sent, which is the order of the answers. Holds
// that were approved on this connection and not yet captured or reversed stand in a bounded list,
// from which captures and reversals are made. When the connection is lost, `continue_on` takes a
// new one and sends all that was under way again, with the same request ids. Thread: its load
// thread only; the context is the thread's and outlives the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bench/load/account_choice.h"
#include "bench/load/acked_file.h"
#include "bench/load/answer_check.h"
#include "bench/load/random.h"
#include "bench/load/run_options.h"
#include "net/client/client.h"

namespace holdfast::bench {

/// What the connections of one thread share.
struct LoadContext {
  const RunOptions* options = nullptr;
  Random random{1};
  AccountChoice choice{1, 0};
  LoadCounts counts;
  ExpectedChange expected;
  std::optional<AckedWriter> acked;
  std::optional<std::string> acked_error;  // the file of acknowledged commands cannot be written
  std::uint64_t measure_from_ns = 0;
  std::uint64_t measure_until_ns = 0;
  std::vector<net::ClientReply> replies;  // scratch
};

class Connection {
 public:
  Connection(net::Client client, std::uint32_t index, LoadContext& context);

  [[nodiscard]] std::size_t room() const { return context_->options->in_flight - under_way_; }
  [[nodiscard]] std::size_t under_way() const { return under_way_; }
  [[nodiscard]] int descriptor() const { return client_.native_handle(); }

  /// Encodes the next request; needs room. Latency counts from `started_ns`.
  void send(std::uint64_t started_ns);
  /// Offers what is encoded to the socket; true when all is written.
  [[nodiscard]] Result<bool> flush();
  /// Takes and judges the answers that are there; returns how many.
  [[nodiscard]] Result<std::size_t> receive();

  /// Goes on over a new connection: sends everything under way again. The new one must allow as
  /// many requests under way.
  void continue_on(net::Client client);
  /// Counts what is under way as unknown: no answer will come.
  void give_up();

 private:
  struct Hold {
    AuthorizationId authorization;
    Money amount;
    std::uint32_t account = 0;
  };

  [[nodiscard]] Step next_step();
  void submit(const Step& step);
  void judge(const Step& step, const net::ClientReply& reply);
  void judge_outcome(const Step& step, const Outcome& outcome);
  void apply_change(const Step& step, const Outcome& outcome);
  [[nodiscard]] std::string broken(const net::ClientError& error);
  void report_error(const Step& step, std::string_view what);

  LoadContext* context_;
  net::Client client_;
  std::vector<Step> ring_;  // its size is a power of two not below `in_flight`
  std::size_t first_ = 0;
  std::size_t under_way_ = 0;
  std::uint64_t next_request_low_;
  std::vector<Hold> holds_;
  AnswerCheck check_;
};

}  // namespace holdfast::bench
