#include "tools/cli/replay_start.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "persistence/snapshot_format.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {

using persistence::SnapshotFile;
using persistence::SnapshotReading;

namespace {

std::optional<std::string> text_of(const std::expected<void, std::string>& done) {
  return done ? std::nullopt : std::optional(done.error());
}

Failure snapshot_let_go(const std::string& path) {
  return {.code = ExitCode::no_input,
          .kind = std::string(kLetGo),
          .message = fmt::format("{}: the running server removed it meanwhile", path),
          .advice = "Try again.",
          .request_id = {}};
}

}  // namespace

void tell_loading(Progress& progress, const persistence::RecoveryProgress& loaded) {
  // What follows the last page takes about as long as the reading, and cannot tell how far it is.
  if (loaded.bytes + kSnapshotPageBytes >= loaded.bytes_total) {
    progress.say("snapshot: building the indexes of its tables");
  } else {
    progress.set(0, loaded.bytes, loaded.bytes_total);
  }
}

std::optional<std::string> StateTarget::begin(const SnapshotPlan& plan) {
  state.reset();
  loader_ = std::make_unique<SnapshotLoader>();
  return text_of(loader_->begin(plan));
}

std::optional<std::string> StateTarget::add_page(SnapshotTable table, std::uint32_t page,
                                                 std::span<const std::byte> bytes) {
  return text_of(loader_->add_page({.table = table, .reserved = 0, .page = page}, bytes));
}

std::optional<std::string> StateTarget::finish() {
  auto loaded = loader_->finish();
  loader_.reset();
  if (!loaded) return loaded.error();
  state = std::move(*loaded);
  return std::nullopt;
}

ReplayStart::ReplayStart(const ReplayFrom& from)
    : log_(std::make_unique<WalLog>(from.place, LogBeginning{.after = {}, .anywhere = true})),
      progress_(std::make_unique<Progress>("replayed", 0, from.beside)) {
  // `oldest` may take the archive's beginning; `newest` does only when no snapshot will do.
  const bool begins = has_beginning(from.wanted) ||
                      (from.wanted != Wanted::first_command && load_snapshot(from)) ||
                      has_beginning(Wanted::first_command);
  if (!begins) refuse(from);
  log_->begin({.after = position_});
  const std::optional<LogPosition> last = from.point ? from.point->position : std::nullopt;
  progress_->next("replayed", log_->bytes_ahead(last));
  if (position_.is_zero()) engine_.emplace();
}

bool ReplayStart::has_beginning(Wanted wanted) const {
  return (wanted == Wanted::newest ? log_->first_in_dir() : log_->first()) == LogPosition{1};
}

bool ReplayStart::load_snapshot(const ReplayFrom& from) {
  auto snapshots = persistence::list_snapshots(log_->io(), log_->dir());
  if (!snapshots) throw unreadable(snapshots.error());
  if (from.wanted == Wanted::newest) std::ranges::reverse(*snapshots);
  const std::optional<LogPosition> first = log_->first();
  for (const SnapshotFile& file : *snapshots) {
    if (from.point && from.point->position && file.position > *from.point->position) {
      any_behind_ = true;
      continue;
    }
    // The log must go on behind it. Of one that ends with the snapshot nothing may be there to see.
    if (first && *first > file.position.next()) continue;
    if (from.point && from.point->time) {
      persistence::SnapshotFileReader reader(
          log_->io(), persistence::join_path(log_->dir(), file.name), log_->identity().log_id);
      if (reader.begin(file.position) && reader.header().time > *from.point->time) {
        any_behind_ = true;
        continue;
      }
    }
    if (load(file)) return true;
  }
  return false;
}

bool ReplayStart::load(const SnapshotFile& file) {
  const std::string path = persistence::join_path(log_->dir(), file.name);
  StateTarget target;
  progress_->next("snapshot: loaded", 0);
  const SnapshotReading reading = persistence::read_snapshot(
      log_->io(), path, log_->identity().log_id, file.position, &target,
      [this](const persistence::RecoveryProgress& p) { tell_loading(*progress_, p); });
  if (reading.io) {
    if (reading.io->error_number == ENOENT) throw snapshot_let_go(path);
    throw unreadable(*reading.io);
  }
  const persistence::SnapshotRow& row = persistence::judge(reading.facts);
  if (row.verdict != persistence::SnapshotVerdict::use) {
    fmt::print(stderr, "holdfast: the snapshot {} {} (at offset {}: {}): it is passed over\n", path,
               row.told, reading.finding.offset, reading.finding.reason);
    return false;
  }
  engine_ = std::move(target.state);
  position_ = file.position;
  time_ = reading.header.time;
  return true;
}

StateMachine ReplayStart::take_engine() {
  if (!engine_ && position_.is_zero()) return StateMachine();
  if (!engine_ && !load({.position = position_, .name = persistence::snapshot_name(position_)})) {
    throw snapshot_let_go(persistence::snapshot_name(position_));
  }
  StateMachine taken = std::move(*engine_);
  engine_.reset();
  return taken;
}

std::string ReplayStart::text() const {
  return position_.is_zero() ? "the first command"
                             : fmt::format("the snapshot of position {}", position_.value);
}

void ReplayStart::refuse(const ReplayFrom& from) const {
  const auto first = log_->first();
  const std::string& dir = log_->dir();
  const std::string begins =
      first ? fmt::format("the log of {} begins with position {}", dir, first->value)
            : fmt::format("no good block stands at the front of the log of {}", dir);
  const bool has_archive = !from.place.archives.empty();
  std::string why = "no good snapshot stands there that it goes on from";
  if (from.wanted == Wanted::first_command) {
    why = "the first command is not there";
  } else if (any_behind_) {
    why = fmt::format("no good snapshot is of {} or before", log_point_text(*from.point));
  }
  std::string advice =
      has_archive
          ? "The archive does not reach back so far: bring its missing segments back (from a "
            "backup or a copy)"
          : "Give --archive-dir with the older segments, if the server keeps them (holdfastd "
            "--archive-dir), or name a backup that reaches back so far";
  advice += any_behind_ ? "; or ask for a later point." : ".";
  throw Failure{
      .code = ExitCode::not_so,
      .kind = std::string(kNoBeginning),
      .message = fmt::format("{}, and {}: there is nothing to begin a replay with", begins, why),
      .advice = std::move(advice),
      .request_id = {}};
}

void add_from_start(CLI::App& app, Wanted& wanted) {
  app.add_flag_callback(
      "--from-start", [&wanted] { wanted = Wanted::first_command; },
      "From the first command, with the archive if need be; not from a snapshot");
}

}  // namespace holdfast::tools
