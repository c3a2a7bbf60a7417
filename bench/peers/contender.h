// One of those that are measured side by side: Holdfast, or a peer with the same rule.
//
// The rule: a request id that was answered before gets that answer again; else the card leads to
// its account, both must be open, and `available = ledger + credit limit - held` must cover the
// amount; then the hold is kept under a new authorization id, `held` grows, and the answer is
// remembered. Every answer is on disk before it is told.
// Thread: the main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/peers/closed_loop.h"
#include "bench/result.h"

namespace holdfast::bench {

/// One way of asking: connections, requests under way on each, and how the server is set for it.
struct LoadShape {
  std::uint32_t connections = 1;
  std::uint32_t in_flight = 1;
  std::string variant;  // of `Contender::variants`; empty: there is only one

  [[nodiscard]] std::string text() const;
};

/// What the books say at the end; no errors: they balance, and every answer was explicable.
struct ContenderBooks {
  std::uint64_t approved = 0;
  std::uint64_t declined = 0;
  std::uint64_t asked_again = 0;  // requests sent a second time, whose answer had to be the first
  std::vector<std::string> errors;
};

class Contender {
 public:
  virtual ~Contender() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::string version() const = 0;
  /// Setting and value, as the server itself names them.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> settings() const = 0;
  /// Shapes worth trying, each with every variant; the best is taken.
  [[nodiscard]] virtual std::vector<LoadShape> shapes() const = 0;
  [[nodiscard]] virtual std::vector<std::string> variants() const { return {""}; }

  /// Makes accounts and cards and gives each account its fund.
  [[nodiscard]] virtual Result<void> load() = 0;
  [[nodiscard]] virtual Result<TurnResult> turn(const LoadShape& shape, double warm_up_s,
                                                double duration_s) = 0;
  [[nodiscard]] virtual Result<ContenderBooks> check_books() = 0;
  /// An error when it did not end as it should.
  [[nodiscard]] virtual Result<void> stop() = 0;
};

struct ContenderOptions {
  std::string directory;  // exists; the contender's own
  std::uint32_t accounts = 1'000'000;
  std::uint64_t seed = 1;
  std::string holdfastd;  // empty: beside this program
  std::vector<std::string> holdfastd_arguments;
  std::vector<unsigned> load_processors;  // of whoever asks, for each contender alike; none: all
};

/// Starts one. An error: it is not installed, or this program was built without its client, or it
/// does not start; the sentence says what to do.
using ContenderResult = Result<std::unique_ptr<Contender>>;
[[nodiscard]] ContenderResult start_holdfast(const ContenderOptions& options);
[[nodiscard]] ContenderResult start_redis(const ContenderOptions& options);
[[nodiscard]] ContenderResult start_postgresql(const ContenderOptions& options);

}  // namespace holdfast::bench
