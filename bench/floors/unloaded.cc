#include "bench/floors/unloaded.h"

#include <fmt/format.h>

#include <array>
#include <random>

#include "bench/clock.h"
#include "bench/floors/echo.h"
#include "bench/floors/with_own_server.h"
#include "bench/load/answer_check.h"
#include "bench/load/books.h"
#include "bench/load/random.h"
#include "bench/report/progress.h"
#include "net/protocol/codec.h"

namespace holdfast::bench {

namespace {

constexpr std::uint64_t kScratchBytes = limits::wal_segment_bytes_default;
constexpr unsigned kWarmUpTrips = 50;
constexpr std::size_t kErrorsMax = 10;

std::uint64_t to_ns(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

/// One request after the other over a bare socket.
class OneAtATime {
 public:
  OneAtATime(UnloadedReport& report, RoundTripClient client)
      : report_(report), client_(std::move(client)), random_(report.options.seed) {
    std::random_device device;  // a run is never answered from memory
    run_id_ = (std::uint64_t{device()} << 32) | device() | 1;
    change_.ledger.assign(report.options.population.accounts, 0);
    change_.held.assign(report.options.population.accounts, 0);
  }

  Result<void> greet();
  /// The latency into `latency_ns` unless it is null.
  Result<void> authorize_once(Histogram* latency_ns);
  [[nodiscard]] const ExpectedChange& change() const { return change_; }

 private:
  void judge(const Step& step);

  UnloadedReport& report_;
  RoundTripClient client_;
  Random random_;
  std::uint64_t run_id_ = 0;
  std::uint64_t sent_ = 0;
  AnswerCheck check_;
  ExpectedChange change_;
  std::array<std::byte, limits::frame_bytes_max> request_{};
  std::array<std::byte, kEchoReplyBytes> reply_{};
};

Result<void> OneAtATime::greet() {
  static_assert(net::wire::kFrameBytes<net::wire::HelloReply> == kEchoReplyBytes);
  const std::size_t bytes = net::encode_hello("holdfast-bench/unloaded", 1, request_);
  if (auto done = client_.round_trip(std::span(request_).first(bytes), reply_); !done) return done;
  const net::FrameScan scan = net::scan_frame(reply_);
  if (scan.status != net::FrameStatus::whole ||
      scan.frame.header.template_id !=
          static_cast<std::uint16_t>(net::wire::TemplateId::HelloReply)) {
    return std::unexpected("holdfastd did not answer Hello with a HelloReply");
  }
  return {};
}

Result<void> OneAtATime::authorize_once(Histogram* latency_ns) {
  const Population& population = report_.options.population;
  Step step;
  step.request_low = ++sent_;
  step.account = static_cast<std::uint32_t>(random_.below(population.accounts));
  step.amount = Money{static_cast<std::int64_t>(1 + random_.below(100))};
  const std::size_t bytes =
      net::encode_command(command_of(step, population, run_id_), step.request_low, request_);
  const std::uint64_t began_ns = monotonic_ns();
  if (auto done = client_.round_trip(std::span(request_).first(bytes), reply_); !done) return done;
  if (latency_ns != nullptr) latency_ns->record(monotonic_ns() - began_ns);
  judge(step);
  return {};
}

void OneAtATime::judge(const Step& step) {
  const net::FrameScan scan = net::scan_frame(reply_);
  std::string_view wrong;
  if (scan.status != net::FrameStatus::whole || scan.refusal ||
      scan.frame.header.template_id !=
          static_cast<std::uint16_t>(net::wire::TemplateId::OutcomeReply)) {
    wrong = "the answer is no OutcomeReply";
  } else if (scan.frame.correlation != step.request_low) {
    wrong = "the answer is to another request";
  } else {
    const Outcome outcome =
        net::to_outcome(net::body_as<net::wire::OutcomeReply>(scan.frame));
    wrong = check_.of_outcome(step, outcome);
    const bool is_approved = is_approval(outcome.decision);
    ++(is_approved ? report_.approved : report_.declined);
    if (is_approved) change_.held[step.account] += step.amount.minor;
  }
  if (!wrong.empty() && report_.errors.size() < kErrorsMax) {
    report_.errors.push_back(fmt::format("request {}: {}", step.request_low, wrong));
  }
}

Result<void> holdfast_turn(const UnloadedOptions& options, OneAtATime& load,
                           Histogram& latency_ns) {
  for (unsigned trip = 0; trip < kWarmUpTrips; ++trip) {
    if (auto done = load.authorize_once(nullptr); !done) return done;
  }
  const std::uint64_t end_ns = monotonic_ns() + to_ns(options.turn_s);
  do {
    if (auto done = load.authorize_once(&latency_ns); !done) return done;
  } while (monotonic_ns() < end_ns);
  return {};
}

Result<void> measure_rounds(const std::string& directory, const ServerProcess& server,
                            UnloadedReport& report) {
  const UnloadedOptions& options = report.options;
  auto file = ScratchFile::make(directory, kScratchBytes);
  if (!file) return std::unexpected(file.error());
  auto client = connect_to(server.endpoint(), "holdfast-bench/setup");
  if (!client) return std::unexpected(client.error());
  if (const auto made = options.population.set_up(*client); !made) {
    return std::unexpected(made.error());
  }
  const auto before = read_balances(*client, options.population.all_accounts());
  if (!before) return std::unexpected(before.error());
  if (const auto gone = client->goodbye(); !gone) return std::unexpected(gone.error().message);

  auto bare = RoundTripClient::connect(server.endpoint());
  if (!bare) return std::unexpected(bare.error());
  OneAtATime load(report, std::move(*bare));
  if (auto greeted = load.greet(); !greeted) return greeted;
  ProgressLine line;
  for (std::uint32_t i = 0; i < options.rounds; ++i) {
    line.show(fmt::format("round {} of {}", i + 1, options.rounds));
    UnloadedRound& round = report.rounds.emplace_back();
    if (auto done = run_echo({.file = &*file}, to_ns(options.turn_s), round.floor_ns); !done) {
      return done;
    }
    if (auto done = holdfast_turn(options, load, round.holdfast_ns); !done) return done;
  }
  auto books = connect_to(server.endpoint(), "holdfast-bench/books");
  if (!books) return std::unexpected(books.error());
  const auto after = read_balances(*books, options.population.all_accounts());
  if (!after) return std::unexpected(after.error());
  for (std::string& wrong : check_books(options.population, *before, *after, load.change())) {
    report.errors.push_back(std::move(wrong));
  }
  return {};
}

}  // namespace

double UnloadedRound::ratio(double quantile) const {
  return static_cast<double>(holdfast_ns.value_at(quantile)) /
         static_cast<double>(std::max<std::uint64_t>(1, floor_ns.value_at(quantile)));
}

Result<UnloadedReport> measure_unloaded(const UnloadedOptions& options) {
  return with_own_server<UnloadedReport>(options, measure_rounds);
}

}  // namespace holdfast::bench
