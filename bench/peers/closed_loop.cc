#include "bench/peers/closed_loop.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "bench/clock.h"
#include "bench/load/random.h"
#include "bench/load/silence.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kErrorsMax = 10;
constexpr int kLookEvery_ms = 1000;
constexpr std::uint64_t kLookEvery_ns = std::uint64_t{1'000'000} * kLookEvery_ms;
constexpr std::int64_t kAmountMax = 100;
static_assert(kAmountMax < kContenderFund);

std::unexpected<std::string> silent_for(std::uint64_t silence_ns) {
  return std::unexpected(
      fmt::format("no answer came for {:g} s", static_cast<double>(silence_ns) / 1e9));
}

class Loop {
 public:
  Loop(std::vector<std::unique_ptr<PeerConnection>>& connections, const LoopOptions& options,
       PeerTally& tally)
      : options_(options),
        tally_(tally),
        random_(options.seed),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (auto& connection : connections) {
      lanes_.push_back({.connection = connection.get()});
      lanes_.back().ring.resize(std::bit_ceil(options.in_flight));
    }
  }
  ~Loop() { ::close(epoll_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Result<TurnResult> run();

 private:
  struct UnderWay {
    PeerRequest request;
    std::uint64_t started_ns = 0;
  };
  /// A connection and what is under way on it, oldest first.
  struct Lane {
    PeerConnection* connection = nullptr;
    std::vector<UnderWay> ring;
    std::uint64_t first = 0;
    std::uint64_t next = 0;
    bool waits_to_write = false;
  };

  Result<void> fill(Lane& lane, std::uint64_t now_ns);
  /// Takes what came on a lane; false: no answer yet.
  Result<bool> take(Lane& lane);
  Result<void> watch(Lane& lane, std::uint32_t events, int operation);

  const LoopOptions& options_;
  PeerTally& tally_;
  Random random_;
  int epoll_;
  std::vector<Lane> lanes_;
  std::vector<PeerAnswer> answers_;
  TurnResult result_;
  std::uint64_t measure_from_ns_ = 0;
  std::uint64_t end_ns_ = 0;
  std::uint64_t counted_ = 0;
  std::uint64_t under_way_ = 0;
  std::size_t sampled_ = 0;
};

Result<void> Loop::watch(Lane& lane, std::uint32_t events, int operation) {
  epoll_event event{.events = events, .data = {.ptr = &lane}};
  if (::epoll_ctl(epoll_, operation, lane.connection->descriptor(), &event) != 0) {
    return std::unexpected(fmt::format("epoll: {}", std::strerror(errno)));
  }
  return {};
}

Result<void> Loop::fill(Lane& lane, std::uint64_t now_ns) {
  while (now_ns < end_ns_ && lane.next - lane.first < options_.in_flight) {
    UnderWay& slot = lane.ring[lane.next++ & (lane.ring.size() - 1)];
    slot.request = {.id = tally_.next_id++,
                    .card = static_cast<std::uint32_t>(random_.below(options_.accounts)),
                    .amount = 1 + static_cast<std::int64_t>(random_.below(kAmountMax))};
    slot.started_ns = now_ns;
    ++under_way_;
    if (auto sent = lane.connection->send(slot.request); !sent) return sent;
  }
  const auto flushed = lane.connection->flush();
  if (!flushed) return std::unexpected(flushed.error());
  if (lane.waits_to_write == !*flushed) return {};
  lane.waits_to_write = !*flushed;
  return watch(lane, EPOLLIN | (lane.waits_to_write ? EPOLLOUT : 0U), EPOLL_CTL_MOD);
}

Result<bool> Loop::take(Lane& lane) {
  answers_.clear();
  if (auto received = lane.connection->receive(answers_); !received) {
    return std::unexpected(received.error());
  }
  const std::uint64_t now_ns = monotonic_ns();
  for (const PeerAnswer& answer : answers_) {
    if (lane.first == lane.next) return std::unexpected("an answer came that nobody asked for");
    const UnderWay& slot = lane.ring[lane.first++ & (lane.ring.size() - 1)];
    --under_way_;
    tally_.judge(slot.request, answer);
    if (sampled_ < options_.sample) {
      ++sampled_;
      tally_.sample.emplace_back(slot.request, answer);
    }
    if (now_ns >= measure_from_ns_ && now_ns < end_ns_) ++counted_;
    if (slot.started_ns >= measure_from_ns_) {
      result_.latency_ns.record(now_ns - slot.started_ns);
    }
  }
  if (auto filled = fill(lane, now_ns); !filled) return std::unexpected(filled.error());
  return !answers_.empty();
}

Result<TurnResult> Loop::run() {
  const std::uint64_t start_ns = monotonic_ns();
  measure_from_ns_ = start_ns + static_cast<std::uint64_t>(options_.warm_up_s * 1e9);
  end_ns_ = measure_from_ns_ + static_cast<std::uint64_t>(options_.duration_s * 1e9);
  for (Lane& lane : lanes_) {
    if (auto added = watch(lane, EPOLLIN, EPOLL_CTL_ADD); !added) {
      return std::unexpected(added.error());
    }
    if (auto filled = fill(lane, start_ns); !filled) return std::unexpected(filled.error());
  }
  std::array<epoll_event, 64> events;
  Silence silence(monotonic_ns(), kLookEvery_ns);
  while (under_way_ > 0) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                   kLookEvery_ms);
    if (count < 0 && errno != EINTR) {
      return std::unexpected(fmt::format("epoll: {}", std::strerror(errno)));
    }
    bool has_answer = false;
    for (int i = 0; i < count; ++i) {
      Lane& lane = *static_cast<Lane*>(events[static_cast<std::size_t>(i)].data.ptr);
      const auto taken = take(lane);
      if (!taken) return std::unexpected(taken.error());
      has_answer = has_answer || *taken;
    }
    silence.look(monotonic_ns(), has_answer);
    if (silence.silent_ns() >= options_.silence_max_ns) return silent_for(options_.silence_max_ns);
  }
  result_.rate_per_s = static_cast<double>(counted_) / options_.duration_s;
  return std::move(result_);
}

}  // namespace

void PeerTally::judge(const PeerRequest& request, const PeerAnswer& answer) {
  std::string_view wrong;
  switch (answer.decision) {
    case PeerDecision::approved:
      ++approved;
      approved_sum += request.amount;
      if (answer.authorization == 0) wrong = "approved without an authorization";
      if (answer.available < 0) wrong = "approved beyond what was available";
      break;
    case PeerDecision::insufficient_funds:
      ++declined;
      if (answer.available >= request.amount) wrong = "declined with enough money";
      break;
    case PeerDecision::other:
      ++declined;
      wrong = "declined for what this load rules out";
      break;
  }
  if (!wrong.empty() && errors.size() < kErrorsMax) {
    errors.push_back(fmt::format("request {}: {}", request.id, wrong));
  }
}

Result<TurnResult> run_closed_loop(std::vector<std::unique_ptr<PeerConnection>>& connections,
                                   const LoopOptions& options, PeerTally& tally) {
  return Loop(connections, options, tally).run();
}

Result<PeerAnswer> ask(PeerConnection& connection, const PeerRequest& request,
                       std::uint64_t silence_max_ns) {
  if (auto sent = connection.send(request); !sent) return std::unexpected(sent.error());
  std::vector<PeerAnswer> answers;
  Silence silence(monotonic_ns(), kLookEvery_ns);
  while (answers.empty()) {
    const auto flushed = connection.flush();
    if (!flushed) return std::unexpected(flushed.error());
    const auto events = static_cast<short>(POLLIN | (*flushed ? 0 : POLLOUT));
    pollfd wait{.fd = connection.descriptor(), .events = events, .revents = 0};
    if (::poll(&wait, 1, kLookEvery_ms) < 0 && errno != EINTR) {
      return std::unexpected(fmt::format("poll: {}", std::strerror(errno)));
    }
    if (auto received = connection.receive(answers); !received) {
      return std::unexpected(received.error());
    }
    silence.look(monotonic_ns(), !answers.empty());
    if (silence.silent_ns() >= silence_max_ns) return silent_for(silence_max_ns);
  }
  return answers.front();
}

Result<void> ask_what_must_be_declined(PeerConnection& connection, std::uint32_t accounts,
                                       PeerTally& tally) {
  struct Probe {
    const char* what;
    std::uint32_t card;
    std::int64_t amount;
    PeerDecision expected;
  };
  const Probe probes[] = {
      {"more than the account has", 0, kContenderFund + 1, PeerDecision::insufficient_funds},
      {"a card that does not exist", accounts + 1, 1, PeerDecision::other}};
  for (const Probe& probe : probes) {
    const auto answer = ask(
        connection, {.id = tally.next_id++, .card = probe.card, .amount = probe.amount});
    if (!answer) return std::unexpected(answer.error());
    ++tally.declined;
    if (answer->decision != probe.expected) {
      tally.errors.push_back(fmt::format("{}: was not declined as the rule says", probe.what));
    }
  }
  return {};
}

Result<void> ask_again(PeerConnection& connection, PeerTally& tally) {
  for (const auto& [request, first] : tally.sample) {
    const auto again = ask(connection, request);
    if (!again) return std::unexpected(again.error());
    if (*again != first && tally.errors.size() < kErrorsMax) {
      tally.errors.push_back(
          fmt::format("request {}, asked again, was answered otherwise", request.id));
    }
  }
  return {};
}

}  // namespace holdfast::bench
