#include "tools/cli/backup.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "persistence/posix_file_io.h"
#include "tools/cli/commands.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/report.h"
#include "tools/cli/wal_log.h"
#include "tools/system_clock.h"

namespace holdfast::tools {

using persistence::BackupProgress;
using persistence::BackupReport;
using persistence::CopyError;
using persistence::RestorableRange;

Failure failure_of(const CopyError& error) {
  struct End {
    ExitCode code;
    const char* kind;
  };
  const End end = [&error]() -> End {
    switch (error.kind) {
      case CopyError::Kind::usage: return {ExitCode::usage, "usage"};
      case CopyError::Kind::locked: return {ExitCode::unavailable, "locked"};
      case CopyError::Kind::source: return {ExitCode::no_input, "unreadable"};
      case CopyError::Kind::damaged: return {ExitCode::not_so, "damaged"};
      case CopyError::Kind::target: return {ExitCode::output, "output"};
      case CopyError::Kind::moving: return {ExitCode::unavailable, "moving"};
      case CopyError::Kind::not_covered: return {ExitCode::not_so, "not_covered"};
    }
    return {ExitCode::software, "internal"};
  }();
  std::string advice = error.what_to_do;
  if (!advice.empty()) {
    advice.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(advice.front())));
    advice += '.';
  }
  return {.code = end.code,
          .kind = end.kind,
          .message = error.reason,
          .advice = std::move(advice),
          .request_id = {}};
}

std::function<void(const BackupProgress&)> shown_on(Progress& progress, std::string_view verb) {
  return [&progress, verb = std::string(verb), phase = std::optional<BackupProgress::Phase>()](
             const BackupProgress& p) mutable {
    if (phase != p.phase) {
      phase = p.phase;
      const bool is_log = p.phase == BackupProgress::Phase::log;
      progress.next((is_log ? "log: " : "snapshot: ") + verb, p.bytes_total);
    }
    progress.set(0, p.bytes, p.bytes_total);
  };
}

void add_ranges(Report& report, const persistence::BackupManifest& manifest) {
  std::vector<std::vector<Field>> rows;
  for (const RestorableRange& range : persistence::restorable_ranges(manifest)) {
    const std::uint64_t first = std::max<std::uint64_t>(range.first.value, 1);
    rows.push_back({{"position_first", first, "", ""},
                    {"position_last", range.last.value, "", ""},
                    time_field("time_first", "", range.first_time),
                    time_field("time_last", "", range.last_time)});
    report.add_text("can be restored",
                    fmt::format("positions {} to {}, {} to {}", first, range.last.value,
                                time_text(range.first_time), time_text(range.last_time)));
  }
  report.add_json("restorable", std::move(rows));
}

namespace {

void add_notes(Report& report, const std::vector<std::string>& notes) {
  std::string all;
  for (const std::string& note : notes) {
    report.add_text("note", note);
    all.append(all.empty() ? "" : "; ").append(note);
  }
  report.fields.push_back(text_field("notes", "", all));
}

}  // namespace

ExitCode backup(const Globals& globals, const BackupCommand& command) {
  const auto io = persistence::PosixFileIo::make();
  if (!io) throw unreadable(io.error());
  const std::uint64_t start_ns = monotonic_ns();
  Progress progress("log: copied", 0);
  const auto made = persistence::back_up(**io, {.dir = command.dir,
                                                .to = command.to,
                                                .archive_dir = command.archive_dir,
                                                .now = SystemClock().now(),
                                                .on_progress = shown_on(progress, "copied")});
  progress.done();
  if (!made) throw failure_of(made.error());
  const std::uint64_t took_ns = monotonic_ns() - start_ns;
  const persistence::BackupManifest& manifest = made->manifest;
  const bool is_new = made->segments_copied > 0 || made->snapshots_copied > 0;
  Report report;
  report.headline = fmt::format("{} of {} is in {}", is_new ? "the log" : "nothing new: all",
                                command.dir, command.to);
  report.add_json("dir", command.dir);
  report.add_json("to", command.to);
  report.fields.push_back(id_field("log_id", "log id", manifest.log_id));
  report.fields.push_back(count_field("records_new", "new records", made->records_new));
  report.fields.push_back(count_field("segments_copied", "segments", made->segments_copied));
  report.fields.push_back(count_field("snapshots_copied", "snapshots", made->snapshots_copied));
  report.add("bytes", made->bytes_copied, "copied", bytes_text(made->bytes_copied));
  report.add("duration_ns", took_ns, "took", duration_text(took_ns));
  report.add_json("tries", made->tries);
  report.fields.push_back(count_field("position", "last position", manifest.last().value));
  add_ranges(report, manifest);
  add_notes(report, made->notes);
  print_report(globals, report);
  return ExitCode::ok;
}

void add_backup_commands(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "backup", "Copy log and snapshots of a data directory, also beside its running server");
  auto options = std::make_shared<BackupCommand>();
  command->add_option("DIR", options->dir, "Data directory of a server, running or not")
      ->required()
      ->type_name("");
  command
      ->add_option("TO", options->to,
                   "Where the backup is, or will be: what it has is not copied again")
      ->required()
      ->type_name("");
  command
      ->add_option(
          "--archive-dir", options->archive_dir,
          "The server's archive: log that is no longer in the data directory is taken from it")
      ->type_name("ARCHIVE");
  add_examples(*command,
               {"holdfast backup /var/lib/holdfast /backup/holdfast",
                "holdfast backup /var/lib/holdfast /backup/holdfast --archive-dir /archive"});
  on_run(*command, action, [options](const Globals& g) { return backup(g, *options); });

  command = app.add_subcommand(
      "restore", "Make a data directory of a backup, as of any position or time in it");
  auto restored = std::make_shared<RestoreCommand>();
  command->add_option("FROM", restored->from, "A backup")->required()->type_name("");
  command->add_option("DIR", restored->dir, "The data directory to make: new or empty")
      ->type_name("");
  add_point(*command, "--until", restored->until,
            "Last position or time that is in it (all of the backup); the log is cut there, and is "
            "another log from then on");
  command->add_flag("--from-start", restored->from_start,
                    "All log that the backup has before, too, not only that behind the snapshot");
  command->add_flag(
      "--new-log-id", restored->new_log_id,
      "A log of its own even if nothing is cut: a copy to work with while the original runs on");
  command->add_flag("--no-verify", restored->no_verify, "Do not replay what was restored");
  command->add_flag("--check", restored->check,
                    "Only read all of the backup, and tell what is wrong with it");
  add_examples(*command, {"holdfast restore /backup/holdfast /var/lib/holdfast",
                          "holdfast restore /backup/holdfast /tmp/then --until 2026-11-22T18:30Z",
                          "holdfast restore /backup/holdfast --check"});
  on_run(*command, action, [restored](const Globals& g) { return restore(g, *restored); });
}

}  // namespace holdfast::tools
