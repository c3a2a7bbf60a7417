#include "bench/restart/filled_directory.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "bench/load/load_thread.h"
#include "bench/load/random.h"
#include "bench/load/step.h"
#include "bench/report/progress.h"
#include "engine/decision.h"
#include "engine/state_machine.h"
#include "persistence/recovery.h"
#include "persistence/segments.h"
#include "persistence/snapshot_writer.h"
#include "persistence/uring_file_io.h"
#include "tools/system_clock.h"

namespace holdfast::bench {
namespace {

TimestampNs wall_clock() { return tools::SystemClock().now(); }

/// State, log and snapshots of one directory, as a server's core has them.
class Filler {
 public:
  static Result<std::unique_ptr<Filler>> open(const std::string& dir);
  ~Filler() {
    writer_.reset();
    if (lock_.is_open()) io_->close(lock_);
  }
  Filler(const Filler&) = delete;
  Filler& operator=(const Filler&) = delete;

  /// Decides and logs it. A decline is an error.
  Result<Outcome> apply(const Command& command);
  Result<void> take_snapshot(const std::string& dir);
  /// All that was applied is durable.
  Result<void> close();
  [[nodiscard]] LogPosition position() const { return engine_.position(); }
  void tell(std::string_view what, std::uint64_t done, std::uint64_t total);

 private:
  static constexpr std::uint64_t kCommandsPerTurn = 64;  // between looks at clock and log
  static constexpr std::uint64_t kWait_ns = 1'000'000;

  Filler() = default;
  Result<void> wait_for_durable();
  Result<void> begin_snapshot(persistence::SnapshotWriter& snapshots);

  std::unique_ptr<persistence::FileIo> io_;
  persistence::File lock_;
  LogId log_id_;
  std::unique_ptr<persistence::WalWriter> writer_;
  StateMachine engine_;
  TimestampNs now_ = wall_clock();
  std::uint64_t in_turn_ = 0;
  ProgressLine progress_;
};

Result<std::unique_ptr<Filler>> Filler::open(const std::string& dir) {
  std::unique_ptr<Filler> filler(new Filler);
  auto io = persistence::make_file_io({});
  if (!io) return std::unexpected(io.error().text());
  filler->io_ = std::move(*io);
  persistence::OpenLogOptions options;
  options.dir = dir;
  options.now = filler->now_;
  auto opened = persistence::open_log(
      *filler->io_, options,
      [](const Command&, const Outcome&) { return std::optional<std::string>("a log is there"); });
  if (!opened) return std::unexpected(opened.error().text());
  filler->lock_ = opened->lock;
  filler->writer_ = std::move(opened->writer);
  filler->log_id_ = opened->report.log_id;
  if (!opened->report.created) {
    return std::unexpected(fmt::format("{} holds a log already; name a new directory", dir));
  }
  return filler;
}

Result<Outcome> Filler::apply(const Command& command) {
  if (in_turn_++ % kCommandsPerTurn == 0) {
    now_ = wall_clock();
    static_cast<void>(writer_->pump());
  }
  while (writer_->state() == JournalState::busy) {
    if (writer_->pump() == 0) io_->park(kWait_ns);
  }
  if (writer_->state() != JournalState::ready) return std::unexpected(writer_->failure());
  const Outcome outcome = engine_.apply(command, now_);
  if (!is_approval(outcome.decision)) {
    return std::unexpected(fmt::format("filling: {} was declined: {}", command_name(command.kind),
                                       decision_name(outcome.decision)));
  }
  if (engine_.must_log(outcome)) writer_->append(command, outcome);
  return outcome;
}

Result<void> Filler::wait_for_durable() {
  while (!writer_->is_idle()) {
    if (writer_->pump() == 0) io_->park(kWait_ns);
    if (writer_->state() == JournalState::failed) return std::unexpected(writer_->failure());
  }
  return {};
}

// The writer makes its packets first, a sixteenth of the state.
Result<void> Filler::begin_snapshot(persistence::SnapshotWriter& snapshots) {
  constexpr unsigned kTries = 6'000;
  constexpr std::chrono::milliseconds kBetweenTries{10};
  for (unsigned tried = 0; tried < kTries; ++tried) {
    const auto begun = engine_.begin_snapshot(snapshots);
    if (begun) return {};
    if (begun.error() != SnapshotDelay::making_memory) {
      return std::unexpected(fmt::format("filling: no snapshot begins (reason {})",
                                         static_cast<int>(begun.error())));
    }
    std::this_thread::sleep_for(kBetweenTries);
  }
  return std::unexpected(
      "filling: the snapshot writer was not ready within a minute; it makes memory for a sixteenth "
      "of the state before it begins: see whether the machine is out of memory, or ask for fewer "
      "accounts");
}

Result<void> Filler::take_snapshot(const std::string& dir) {
  if (auto durable = wait_for_durable(); !durable) return durable;
  std::string trouble;
  persistence::SnapshotWriterOptions options;
  options.dir = dir;
  options.log_id = log_id_;
  options.now = wall_clock;
  options.tell = [&](persistence::SnapshotEvent event, std::string_view text) {
    if (event != persistence::SnapshotEvent::counts) trouble = text;
  };
  persistence::SnapshotWriter snapshots(*io_, std::move(options));
  if (auto begun = begin_snapshot(snapshots); !begun) return begun;
  constexpr std::size_t kPages = 64;
  SnapshotProgress progress;
  do {
    const std::uint64_t before = progress.pages_copied;
    progress = engine_.copy_for_snapshot(kPages);
    if (progress.pages_copied == before) std::this_thread::yield();  // the writer is behind
    tell("copied for the snapshot, pages", progress.pages_copied, progress.pages);
  } while (progress.phase == SnapshotPhase::copying);
  if (progress.phase == SnapshotPhase::copied) engine_.finish_snapshot();
  while (snapshots.report().completed == 0 && snapshots.report().failed == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (snapshots.report().failed != 0) return std::unexpected("filling: " + trouble);
  return {};
}

Result<void> Filler::close() {
  if (!writer_->close()) return std::unexpected(writer_->failure());
  return {};
}

void Filler::tell(std::string_view what, std::uint64_t done, std::uint64_t total) {
  constexpr std::uint64_t kEvery = 65'536;
  if (!progress_.is_shown() || done % kEvery != 0) return;
  progress_.show(
      fmt::format("filling: {} {} of {}", what, with_thousands(done), with_thousands(total)));
}

/// Payments on random cards; what may be captured or reversed are holds that no step has touched.
class Payments {
 public:
  Payments(const FillOptions& options) : population_(options.population), random_(options.seed) {}

  Result<void> next(Filler& filler) {
    constexpr Mix kMix{.weights = {70, 20, 10, 0}};
    constexpr std::uint64_t kRunId = 0xF111;
    constexpr std::int64_t kAmountMax = 10'000;
    Step step;
    step.kind = held_.empty() ? StepKind::authorize : kMix.choose(random_.below(kMix.total()));
    step.request_low = ++number_;
    if (step.kind == StepKind::authorize) {
      step.account = static_cast<std::uint32_t>(random_.below(population_.accounts));
      step.amount.minor = 1 + static_cast<std::int64_t>(random_.below(kAmountMax));
    } else {
      std::swap(held_[random_.below(held_.size())], held_.back());
      const Held hold = held_.back();
      held_.pop_back();
      step.authorization = hold.authorization;
      step.amount = hold.amount;
    }
    const auto outcome = filler.apply(command_of(step, population_, kRunId));
    if (!outcome) return std::unexpected(outcome.error());
    if (step.kind == StepKind::authorize && held_.size() < kHeldMax) {
      held_.push_back({outcome->authorization, outcome->amount});
    }
    return {};
  }

 private:
  struct Held {
    AuthorizationId authorization;
    Money amount;
  };
  static constexpr std::size_t kHeldMax = 1'000'000;

  const Population& population_;
  Random random_;
  std::uint64_t number_ = 0;
  std::vector<Held> held_;
};

bool has_log(const std::string& dir) {
  return std::filesystem::exists(dir + "/" + std::string(persistence::kIdentityName));
}

}  // namespace

Result<Filled> fill_directory(const FillOptions& options) {
  const std::uint64_t start_ns = monotonic_ns();
  auto opened = Filler::open(options.dir);
  if (!opened) return std::unexpected(opened.error());
  Filler& filler = **opened;
  Filled filled;
  std::uint64_t accounts = 0;
  const auto created = options.population.for_each_setup_command([&](const Command& command) {
    if (command.kind == CommandKind::create_account) {
      filler.tell("accounts", ++accounts, options.population.accounts);
    }
    const auto outcome = filler.apply(command);
    return outcome ? Result<void>() : std::unexpected(outcome.error());
  });
  if (!created) return std::unexpected(created.error());
  if (auto taken = filler.take_snapshot(options.dir); !taken) return std::unexpected(taken.error());
  filled.snapshot_position = filler.position();
  Payments payments(options);
  for (std::uint64_t i = 0; i < options.records; ++i) {
    if (auto paid = payments.next(filler); !paid) return std::unexpected(paid.error());
    filler.tell("payments", i, options.records);
  }
  filled.last_position = filler.position();
  if (auto closed = filler.close(); !closed) return std::unexpected(closed.error());
  filled.seconds = static_cast<double>(monotonic_ns() - start_ns) / 1e9;
  return filled;
}

Result<MeasuredDirectory> measured_directory(FillOptions fill, const std::string& temp_parent) {
  MeasuredDirectory directory;
  if (fill.dir.empty()) {
    auto made = TemporaryDirectory::make(temp_parent);
    if (!made) return std::unexpected(made.error());
    directory.temporary.emplace(std::move(*made));
    fill.dir = directory.temporary->path();
  }
  directory.path = fill.dir;
  if (has_log(fill.dir)) return directory;
  const auto filled = fill_directory(fill);
  if (!filled) return std::unexpected(filled.error());
  directory.fill_seconds = filled->seconds;
  return directory;
}

}  // namespace holdfast::bench
