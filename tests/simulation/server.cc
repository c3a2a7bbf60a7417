#include "tests/simulation/server.h"

#include <cstring>

#include "engine/core_loop.h"
#include "tests/model/describe.h"

namespace holdfast::simulation {
namespace {

// Small, so that queues are made quickly: a life is short.
constexpr std::size_t kThreadInFlightMax = 2'048;
constexpr std::uint32_t kSessionInFlightMax = 64;

}  // namespace

struct Server::Core : CoreLoop<WatchedJournal, SimClock> {
  using CoreLoop::CoreLoop;
};

std::expected<std::unique_ptr<Server>, Server::Failure> Server::start(
    persistence::SimFileIo& io, const DurabilityOptions& options, StateMachine machine,
    const FaultMix& mix, SimClock& clock, Oracle& oracle,
    std::vector<persistence::Record>& records) {
  persistence::OpenLogOptions log_options = options.log;
  log_options.start_after = options.snapshot;
  const auto replay = [&](const Command& command,
                          const Outcome& logged) -> std::optional<std::string> {
    const Outcome again = machine.apply(command, logged.time);
    if (std::memcmp(&again, &logged, sizeof again) != 0) {
      return "logged " + model::describe(logged) + ", now " + model::describe(again);
    }
    records.push_back({command, logged});
    return std::nullopt;
  };
  auto opened = persistence::open_log(io, log_options, replay);
  if (!opened) return std::unexpected(opened.error());
  return std::unique_ptr<Server>(
      new Server(io, std::move(machine), std::move(*opened), mix, clock, oracle));
}

Server::Server(persistence::SimFileIo& io, StateMachine machine, persistence::OpenedLog opened,
               const FaultMix& mix, SimClock& clock, Oracle& oracle)
    : io_(io),
      clock_(clock),
      engine_(std::move(machine)),
      opened_(std::move(opened)),
      log_(*opened_.writer),
      journal_(log_, oracle),
      ingress_(mix.network_threads, kThreadInFlightMax) {
  std::vector<ReplyQueue*> queues;
  for (std::uint32_t i = 0; i < mix.network_threads; ++i) {
    replies_.push_back(std::make_unique<ReplyQueue>(kThreadInFlightMax));
    queues.push_back(replies_.back().get());
    network_.emplace_back(static_cast<std::uint16_t>(i), kSessionInFlightMax,
                          opened_.report.log_id, ingress_, *replies_.back());
  }
  core_ = std::make_unique<Core>(
      engine_, journal_, clock_, ingress_, queues,
      Core::Options{.log_id = opened_.report.log_id,
                    .in_flight_max = mix.network_threads * kThreadInFlightMax});
}

Server::~Server() {
  core_.reset();
  opened_.writer.reset();
  io_.close(opened_.lock);
}

void Server::configure(const EngineConfig& config) {
  if (!engine_.position().is_zero() && config == engine_.config()) return;
  while (log_.state() == JournalState::busy) {
    if (log_.pump() == 0) io_.park(1'000'000);
  }
  if (log_.state() != JournalState::ready) return;
  Command command;
  command.kind = CommandKind::configure;
  command.configure = {config};
  const Outcome outcome = engine_.apply(command, clock_.now());
  if (engine_.must_log(outcome)) journal_.append(command, outcome);
}

void Server::accept(std::shared_ptr<Link> link, std::size_t network_thread) {
  network_[network_thread].accept(std::move(link));
}

std::size_t Server::turn() {
  for (NetworkSide& side : network_) side.read();
  std::size_t work = core_->turn();
  for (NetworkSide& side : network_) work += side.drain();
  return work;
}

bool Server::stop() {
  const std::atomic<bool> stop{true};
  core_->run(io_, stop);
  for (NetworkSide& side : network_) side.drain();
  if (log_.state() == JournalState::failed) return false;
  return log_.close();
}

}  // namespace holdfast::simulation
