#include "tests/simulation/server.h"

#include <cstring>

#include "engine/core_loop.h"
#include "persistence/segments.h"
#include "tests/model/describe.h"

namespace holdfast::simulation {
namespace {

// Small, so that queues are made quickly: a life is short.
constexpr std::size_t kThreadInFlightMax = 2'048;
constexpr std::uint32_t kSessionInFlightMax = 64;

using persistence::SnapshotEvent;

// As holdfastd does it: a snapshot becomes the machine.
class MachineTarget final : public persistence::SnapshotTarget {
 public:
  explicit MachineTarget(StateMachine& machine) : machine_(machine) {}
  std::optional<std::string> begin(const SnapshotPlan& plan) override {
    loader_.emplace();
    const auto begun = loader_->begin(plan);
    return begun ? std::nullopt : std::optional(begun.error());
  }
  std::optional<std::string> add_page(SnapshotTable table, std::uint32_t page,
                                      std::span<const std::byte> bytes) override {
    const auto added = loader_->add_page({.table = table, .reserved = 0, .page = page}, bytes);
    return added ? std::nullopt : std::optional(added.error());
  }
  std::optional<std::string> finish() override {
    auto loaded = loader_->finish();
    loader_.reset();
    if (!loaded) return loaded.error();
    machine_ = std::move(*loaded);
    return std::nullopt;
  }
  void discard() override { loader_.reset(); }

 private:
  StateMachine& machine_;
  std::optional<SnapshotLoader> loader_;
};

}  // namespace

std::expected<Recovered, persistence::RecoveryError> recover(
    persistence::SimFileIo& io, const persistence::OpenLogOptions& options) {
  Recovered recovered;
  MachineTarget target(recovered.machine);
  persistence::OpenLogOptions log_options = options;
  log_options.snapshots = &target;
  const auto replay = [&](const Command& command,
                          const Outcome& logged) -> std::optional<std::string> {
    const Outcome again = recovered.machine.apply(command, logged.time);
    if (std::memcmp(&again, &logged, sizeof again) != 0) {
      return "logged " + model::describe(logged) + ", now " + model::describe(again);
    }
    recovered.records.push_back({command, logged});
    return std::nullopt;
  };
  auto opened = persistence::open_log(io, log_options, replay);
  if (!opened) return std::unexpected(opened.error());
  recovered.opened = std::move(*opened);
  return recovered;
}

struct Server::Core : CoreLoop<WatchedJournal, SimClock> {
  using CoreLoop::CoreLoop;
};

std::expected<std::unique_ptr<Server>, Server::Failure> Server::start(
    persistence::SimFileIo& io, const DurabilityOptions& options, const FaultMix& mix,
    SimClock& clock, Oracle& oracle, Coverage& coverage,
    std::vector<persistence::Record>& records) {
  auto recovered = recover(io, options.log);
  if (!recovered) return std::unexpected(recovered.error());
  records = std::move(recovered->records);
  std::unique_ptr<Server> server(new Server(io, options, std::move(recovered->machine),
                                            std::move(recovered->opened), mix, clock, oracle,
                                            coverage));
  if (const auto kept = server->keep_house(); !kept) {
    return std::unexpected(Failure{.kind = Failure::Kind::io,
                                   .path = kept.error().path,
                                   .reason = kept.error().text(),
                                   .what_to_do = {}});
  }
  return server;
}

Server::Server(persistence::SimFileIo& io, const DurabilityOptions& options, StateMachine machine,
               persistence::OpenedLog opened, const FaultMix& mix, SimClock& clock, Oracle& oracle,
               Coverage& coverage)
    : io_(io),
      options_(options),
      mix_(mix),
      clock_(clock),
      coverage_(coverage),
      engine_(std::move(machine)),
      opened_(std::move(opened)),
      log_(*opened_.writer),
      journal_(log_, oracle),
      lanes_(mix.network_threads, kThreadInFlightMax) {
  for (std::uint32_t i = 0; i < mix.network_threads; ++i) {
    network_.emplace_back(kSessionInFlightMax, opened_.report.log_id, lanes_[i]);
  }
}

// Recycler, snapshots, and the core that takes them.
persistence::IoResult<void> Server::keep_house() {
  persistence::RecyclerOptions recycler;
  recycler.dir = kDataDir;
  recycler.mode = persistence::LayoutMode::on_demand;
  recycler.tell = [this](bool is_trouble, const std::string&) {
    coverage_.count(is_trouble ? "archive: trouble" : "archive: trouble is over");
  };
  if (!options_.log.archive_dir.empty()) {
    const auto identity = persistence::read_identity(io_, kDataDir);
    if (!identity) return std::unexpected(identity.error());
    auto archive = persistence::SegmentArchive::open(io_, options_.log.archive_dir, *identity);
    if (!archive) return std::unexpected(archive.error());
    recycler.archive.emplace(std::move(*archive));
  }
  recycler_ = std::make_unique<persistence::LogRecycler>(log_.segments(), std::move(recycler));
  if (options_.snapshot_log_bytes > 0) {
    persistence::SnapshotWriterOptions snapshots;
    snapshots.mode = persistence::SnapshotWriterOptions::Mode::on_demand;
    snapshots.dir = kDataDir;
    snapshots.log_id = opened_.report.log_id;
    snapshots.kept = opened_.report.kept_snapshots;
    snapshots.now = [this] { return clock_.now(); };
    snapshots.on_log_covered = [this](LogPosition below) { recycler_->recycle_below(below); };
    snapshots.tell = [this](SnapshotEvent event, std::string_view) {
      static constexpr const char* kNames[] = {"snapshot: counts", "snapshot: failed",
                                               "snapshot: abandoned", "snapshot: trouble"};
      coverage_.count(kNames[static_cast<std::size_t>(event)]);
    };
    snapshots_ = std::make_unique<persistence::SnapshotWriter>(io_, std::move(snapshots));
  }
  core_ = std::make_unique<Core>(
      engine_, journal_, clock_, lanes_,
      Core::Options{.log_id = opened_.report.log_id,
                    .snapshots = snapshots_.get(),
                    .snapshot_policy = {.log_bytes = options_.snapshot_log_bytes}});
  return {};
}

Server::~Server() {
  core_.reset();
  snapshots_.reset();
  recycler_.reset();
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
  clock_.ran_ns += mix_.turn_ns;
  for (NetworkSide& side : network_) side.read();
  std::size_t work = core_->turn();
  for (NetworkSide& side : network_) work += side.drain();
  // The writer of snapshots has a thread of its own in a server: here a piece now and then.
  const std::uint64_t steps = ++turns_ % (options_.snapshot_steps + 1);
  for (std::uint64_t i = 0; snapshots_ != nullptr && i < steps; ++i) {
    if (!snapshots_->step()) break;
  }
  return work;
}

bool Server::stop() {
  const std::atomic<bool> stop{true};
  core_->run(io_, stop);
  while (snapshots_ != nullptr && snapshots_->step()) {
  }
  for (NetworkSide& side : network_) side.drain();
  if (log_.state() == JournalState::failed) return false;
  return log_.close();
}

}  // namespace holdfast::simulation
