// `holdfast restore`, and its check of a backup.
#include "persistence/restore.h"

#include <fmt/core.h>

#include "persistence/posix_file_io.h"
#include "tools/cli/backup.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/replay.h"
#include "tools/cli/report.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

using persistence::BackupCheck;
using persistence::RestoreReport;

ExitCode check_backup(const Globals& globals, persistence::FileIo& io,
                      const RestoreCommand& command) {
  Progress progress("log: read", 0);
  const std::uint64_t start_ns = monotonic_ns();
  const auto checked = persistence::check_backup(io, command.from, shown_on(progress, "read"));
  progress.done();
  if (!checked) throw failure_of(checked.error());
  const std::uint64_t took_ns = monotonic_ns() - start_ns;
  const bool is_good = checked->problems.empty();
  Report report;
  report.headline =
      is_good ? "the backup is good"
              : fmt::format("the backup is damaged: {} finding{}", checked->problems.size(),
                            checked->problems.size() == 1 ? "" : "s");
  report.add_json("good", is_good);
  report.fields.push_back(id_field("log_id", "log id", checked->manifest.log_id));
  report.fields.push_back(text_field("source", "of", checked->manifest.source));
  report.fields.push_back(time_field("made_at", "made", checked->manifest.made_at));
  report.fields.push_back(count_field("segments", "segments", checked->manifest.segments.size()));
  report.fields.push_back(
      count_field("snapshots", "snapshots", checked->manifest.snapshots.size()));
  report.add("bytes", checked->bytes, "read", bytes_text(checked->bytes));
  report.add("duration_ns", took_ns, "took", duration_text(took_ns));
  add_ranges(report, checked->manifest);
  std::vector<std::vector<Field>> rows;
  for (const std::string& problem : checked->problems) {
    report.add_text("wrong", problem);
    rows.push_back({{"problem", problem, "", ""}});
  }
  report.add_json("problems", std::move(rows));
  report.fields.push_back(text_field("advice", "what to do",
                                     is_good ? ""
                                             : "Make a backup into a new directory while the "
                                               "server still has its files; find out what "
                                               "the disk of this one does."));
  print_report(globals, report);
  return is_good ? ExitCode::ok : ExitCode::not_so;
}

struct Verified {
  StateDigest digest;
  std::uint64_t records = 0;
};

/// As a start of the server would do it: the snapshot loads, and every decision behind it comes out
/// as logged, up to the position.
Verified verify(const std::string& dir, LogPosition position) {
  return replay_from({.place = {.dir = dir, .archives = {}}, .point = {}}, [&](ReplayStart& start) {
    StateMachine engine = start.take_engine();
    const Replayed replayed = replay(start, engine);
    if (engine.position() != position) {
      throw Failure{.code = ExitCode::not_so,
                    .kind = "damaged",
                    .message = fmt::format("{} replays to position {}, not to {}", dir,
                                           engine.position().value, position.value),
                    .advice = "Do not start a server on it. This is a bug in holdfast; report it.",
                    .request_id = {}};
    }
    return Verified{.digest = digest_of(engine, start.progress()), .records = replayed.records};
  });
}

void add_cut(Report& report, const RestoreReport& restored) {
  report.add_json("cut_records", restored.cut_records);
  if (restored.cut_last.is_zero()) return;
  report.add_text("left out",
                  fmt::format("{} records of the backup: positions {} to {}, until {}",
                              count_text(restored.cut_records), restored.position.value + 1,
                              restored.cut_last.value, time_text(restored.cut_last_time)));
}

}  // namespace

ExitCode restore(const Globals& globals, const RestoreCommand& command) {
  const auto io = persistence::PosixFileIo::make();
  if (!io) throw unreadable(io.error());
  if (command.check) return check_backup(globals, **io, command);
  if (command.dir.empty()) {
    fail_usage("it is not said where to restore to",
               "Name a new or empty directory: holdfast restore FROM DIR.");
  }
  persistence::RestoreOptions options{.from = command.from,
                                      .dir = command.dir,
                                      .from_first = command.from_start,
                                      .new_log_id = command.new_log_id};
  if (command.until) {
    options.until = command.until->position;
    options.until_time = command.until->time;
    options.until_text = log_point_text(*command.until);
  }
  const std::uint64_t start_ns = monotonic_ns();
  Progress progress("log: copied", 0);
  options.on_progress = shown_on(progress, "copied");
  const auto restored = persistence::restore(**io, options);
  progress.done();
  if (!restored) throw failure_of(restored.error());
  const std::uint64_t copied_ns = monotonic_ns() - start_ns;
  std::optional<Verified> verified;
  if (!command.no_verify) verified = verify(command.dir, restored->position);

  const bool is_other = restored->log_id != restored->manifest.log_id;
  Report report;
  report.headline =
      fmt::format("{} is as it was at position {}", command.dir, restored->position.value);
  report.add_json("dir", command.dir);
  report.add("log_id", id_text(restored->log_id), "log id",
             id_text(restored->log_id) +
                 (is_other ? ", a new one: from here on this is another log" : ", as before"));
  report.add_json("restored_from_log_id", id_text(restored->manifest.log_id));
  report.fields.push_back(count_field("position", "position", restored->position.value));
  report.fields.push_back(time_field("time", "time", restored->time));
  report.add("snapshot_position", restored->snapshot.value, "begins with",
             restored->snapshot.is_zero()
                 ? "the first command"
                 : fmt::format("the snapshot of position {}", restored->snapshot.value));
  report.fields.push_back(count_field("segments", "segments", restored->segments));
  report.add("bytes", restored->bytes, "copied", bytes_text(restored->bytes));
  report.add("duration_ns", copied_ns, "took", duration_text(copied_ns));
  add_cut(report, *restored);
  if (verified) {
    report.fields.push_back(count_field("verified_records", "verified", verified->records));
    report.fields.push_back(text_field("digest", "state digest", digest_text(verified->digest)));
  }
  for (const std::string& note : restored->notes) report.add_text("note", note);
  if (is_other) {
    report.add_text("now",
                    "give this log an --archive-dir and backups of its own: those of the "
                    "original are refused");
  }
  print_report(globals, report);
  return ExitCode::ok;
}

}  // namespace holdfast::tools
