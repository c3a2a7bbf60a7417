// Where a replay begins: the one answer for every tool that rebuilds a state from a log.
//
// A log begins with the first command as long as nothing of it was let go. After that a replay goes
// on from a snapshot, or takes the older log from an archive:
//
//   wanted         begins with
//   first_command  the first command, from the archive if need be; there is no other way
//   newest         the first command if the directory itself has it; else the newest good snapshot
//   at
//                  or below the point that is asked for; else the first command from the archive
//   oldest         the first command, from the archive if need be; else the oldest good snapshot at
//   or
//                  below the point that the log goes on from: as much is replayed as there is
//
// A bad snapshot is passed over and told on standard error. When there is no way to begin, the
// failure says what is there and what to do. Beside a running server snapshots and segments go away
// meanwhile: `replay_from` then begins again. Thread: the only one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/snapshot_loader.h"
#include "engine/state_machine.h"
#include "persistence/snapshot_load.h"
#include "tools/cli/progress.h"
#include "tools/cli/wal_log.h"
#include "tools/cli/wal_options.h"

namespace holdfast::tools {

/// Kind of the failure when there is nothing to begin with.
inline constexpr std::string_view kNoBeginning = "no_beginning";

enum class Wanted : std::uint8_t { first_command, newest, oldest };

struct ReplayFrom {
  LogPlace place;
  /// The state to begin with must not be behind this point. Not given: any will do.
  std::optional<LogPoint> point;
  Wanted wanted = Wanted::newest;
  Beside beside = Beside::report;
};

/// Makes a state of a snapshot's pages.
class StateTarget final : public persistence::SnapshotTarget {
 public:
  [[nodiscard]] std::optional<std::string> begin(const SnapshotPlan& plan) override;
  [[nodiscard]] std::optional<std::string> add_page(SnapshotTable table, std::uint32_t page,
                                                    std::span<const std::byte> bytes) override;
  [[nodiscard]] std::optional<std::string> finish() override;
  void discard() override { loader_.reset(); }

  /// Of the last one that was loaded; nothing: none was.
  std::optional<StateMachine> state;

 private:
  std::unique_ptr<SnapshotLoader> loader_;
};

/// Shows how far the reading of a snapshot into a target is.
void tell_loading(Progress& progress, const persistence::RecoveryProgress& loaded);

/// A log that is about to be replayed, and the state to begin with.
class ReplayStart {
 public:
  explicit ReplayStart(const ReplayFrom& from);

  /// Its next block is the first that holds something to replay.
  [[nodiscard]] WalLog& log() { return *log_; }
  [[nodiscard]] Progress& progress() { return *progress_; }
  /// The state to begin with. Each call makes one: the first has it ready, others load it again.
  [[nodiscard]] StateMachine take_engine();

  /// Everything up to it was in the snapshot; zero: the first command comes first.
  [[nodiscard]] LogPosition position() const { return position_; }
  [[nodiscard]] TimestampNs time() const { return time_; }
  /// "the first command", "the snapshot of position 605594".
  [[nodiscard]] std::string text() const;

 private:
  [[nodiscard]] bool has_beginning(Wanted wanted) const;
  [[nodiscard]] bool load_snapshot(const ReplayFrom& from);
  [[nodiscard]] bool load(const persistence::SnapshotFile& file);
  [[noreturn]] void refuse(const ReplayFrom& from) const;

  std::unique_ptr<WalLog> log_;
  std::unique_ptr<Progress> progress_;
  std::optional<StateMachine> engine_;  // nothing: it was taken
  LogPosition position_;
  TimestampNs time_;
  bool any_behind_ = false;  // there are snapshots, but behind the point
};

/// Calls `body(ReplayStart&)` and returns what it returns; again from a new start when a running
/// server has let go of log or snapshot meanwhile.
template <class Body>
auto replay_from(const ReplayFrom& from, Body&& body) {
  constexpr int kTriesMax = 5;
  for (int tries = 1;; ++tries) {
    try {
      ReplayStart start(from);
      return body(start);
    } catch (const Failure& failure) {
      if (failure.kind != kLetGo || tries == kTriesMax) throw;
    }
  }
}

/// --from-start.
void add_from_start(CLI::App& app, Wanted& wanted);

}  // namespace holdfast::tools
