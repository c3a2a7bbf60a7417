// A closed loop over many connections to a peer: each keeps so many requests under way.
//
// One thread and one epoll, the same for every peer, so that what differs is the peer and its own
// client library. Latency counts from encoding a request until its answer, durable, was read.
// Answers are judged: an approval names an authorization and leaves what is available not below
// zero; a decline must be for lack of money. Thread: one owner.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/histogram.h"
#include "bench/result.h"

namespace holdfast::bench {

/// How long a peer may be silent, in time that this thread was there to hear it (`Silence`): a
/// starved machine is slow, not wrong.
inline constexpr std::uint64_t kPeerSilenceMax_ns = 120'000'000'000;

/// What each account gets, in minor units; the same for all contenders.
inline constexpr std::int64_t kContenderFund = 100'000'000;

/// An authorization asked of a peer. Accounts are numbered from 0; a card has its account's number.
struct PeerRequest {
  std::uint64_t id = 0;  // new for each, across all turns of a run
  std::uint32_t card = 0;
  std::int64_t amount = 0;
};

enum class PeerDecision : std::uint8_t { approved, insufficient_funds, other };

struct PeerAnswer {
  PeerDecision decision = PeerDecision::other;
  std::uint64_t authorization = 0;
  std::int64_t available = 0;
  friend bool operator==(const PeerAnswer&, const PeerAnswer&) = default;
};

/// One connection, never waiting. Answers come in the order of the requests.
class PeerConnection {
 public:
  virtual ~PeerConnection() = default;
  [[nodiscard]] virtual int descriptor() const = 0;
  [[nodiscard]] virtual Result<void> send(const PeerRequest& request) = 0;
  /// Offers what is encoded to the socket; true when all is written.
  [[nodiscard]] virtual Result<bool> flush() = 0;
  /// Reads what is there and appends the answers that are whole and durable.
  [[nodiscard]] virtual Result<void> receive(std::vector<PeerAnswer>& answers) = 0;
};

/// What a peer has told so far, over all turns: what its books must say at the end.
struct PeerTally {
  std::uint64_t next_id = 1;
  std::uint64_t approved = 0;
  std::uint64_t declined = 0;
  std::int64_t approved_sum = 0;
  std::vector<std::string> errors;  // answers that cannot be explained, the first few
  /// The first few requests of each turn and their answers: asked again, the answers must be the
  /// same.
  std::vector<std::pair<PeerRequest, PeerAnswer>> sample;

  void judge(const PeerRequest& request, const PeerAnswer& answer);
};

struct LoopOptions {
  std::uint32_t in_flight = 1;  // on each connection
  double warm_up_s = 0;
  double duration_s = 1;
  std::uint32_t accounts = 1;
  std::uint64_t seed = 1;
  std::size_t sample = 20;
  std::uint64_t silence_max_ns = kPeerSilenceMax_ns;
};

struct TurnResult {
  Histogram latency_ns;
  double rate_per_s = 0;
};

[[nodiscard]] Result<TurnResult> run_closed_loop(
    std::vector<std::unique_ptr<PeerConnection>>& connections, const LoopOptions& options,
    PeerTally& tally);

/// Asks one request and waits for its answer.
[[nodiscard]] Result<PeerAnswer> ask(PeerConnection& connection, const PeerRequest& request,
                                     std::uint64_t silence_max_ns = kPeerSilenceMax_ns);

/// Asks the sampled requests again; an answer that differs is an error of the tally.
[[nodiscard]] Result<void> ask_again(PeerConnection& connection, PeerTally& tally);

/// Asks for more than an account has, and for a card that does not exist (`accounts` of them do);
/// anything but the decline that the rule gives is an error of the tally.
[[nodiscard]] Result<void> ask_what_must_be_declined(PeerConnection& connection,
                                                     std::uint32_t accounts, PeerTally& tally);

}  // namespace holdfast::bench
