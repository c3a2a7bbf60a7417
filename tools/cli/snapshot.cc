#include "tools/cli/snapshot.h"

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <thread>

#include "tools/cli/commands.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/progress.h"
#include "tools/cli/report.h"
#include "tools/cli/wal_options.h"

namespace holdfast::tools {

ExitCode snapshot_now(const Globals& globals, std::uint64_t wait_s) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kPause{50};
  Gateway gateway(globals);
  const Clock::time_point began = Clock::now();
  Progress progress("waited", 0);
  const StatusView asked = gateway.take_snapshot();
  if (!asked.snapshots.is_on) {
    throw Failure{.code = ExitCode::not_so,
                  .kind = "snapshots_off",
                  .message = "the server takes no snapshots",
                  .advice = "Start holdfastd without --no-snapshots.",
                  .request_id = {}};
  }
  StatusView now = asked;
  while (now.snapshots.report.newest_position < asked.position) {
    const bool failed = now.snapshots.report.failed > asked.snapshots.report.failed;
    if (failed || Clock::now() - began > std::chrono::seconds(wait_s)) {
      throw Failure{.code = ExitCode::not_so,
                    .kind = failed ? "snapshot_failed" : "snapshot_not_ready",
                    .message = failed
                                   ? "a snapshot failed on the server"
                                   : fmt::format("no snapshot of position {} or later after {} s",
                                                 asked.position.value, wait_s),
                    .advice = failed ? "Its log says why; it tries again by itself."
                                     : "It still goes on; `holdfast status` shows how far it is.",
                    .request_id = {}};
    }
    std::this_thread::sleep_for(kPause);
    now = gateway.show_status(false);
    const SnapshotProgress& running = now.snapshots.running;
    progress.say(fmt::format("the server has copied {} of {} pages",
                             count_text(running.pages_copied), count_text(running.pages)));
  }
  progress.done();
  const auto took_ns =
      static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - began).count());
  const SnapshotReport& report = now.snapshots.report;
  Report told;
  told.headline = fmt::format("the snapshot of position {} counts", report.newest_position.value);
  told.fields = {count_field("position", "position", report.newest_position.value),
                 time_field("time", "time", report.newest_time),
                 {"bytes", report.newest_bytes, "size", bytes_text(report.newest_bytes)},
                 {"duration_ns", took_ns, "took", duration_text(took_ns)}};
  print_report(globals, told);
  return ExitCode::ok;
}

namespace {

void add_dir(CLI::App& app, SnapshotOptions& options) {
  app.add_option("DIR", options.dir, "Data directory of a server, running or not")
      ->required()
      ->type_name("");
}

}  // namespace

void add_snapshot_commands(CLI::App& app, Action& action) {
  CLI::App* group =
      add_group(app, "snapshot", "Take snapshots of a server's state, and check them");

  CLI::App* command =
      group->add_subcommand("now", "Have the server take one, and wait until it counts");
  auto wait_s = std::make_shared<std::uint64_t>(3600);
  add_number(*command, "--wait", *wait_s, std::uint64_t{86'400}, "seconds",
             "Longest wait in seconds");
  add_examples(*command, {"holdfast snapshot now", "holdfast snapshot now --json"});
  on_run(*command, action, [wait_s](const Globals& g) { return snapshot_now(g, *wait_s); });

  auto options = std::make_shared<SnapshotOptions>();
  command = group->add_subcommand("ls", "List the snapshots and what their headers tell");
  add_dir(*command, *options);
  add_examples(*command, {"holdfast snapshot ls DIR"});
  on_run(*command, action, [options](const Globals& g) { return snapshot_ls(g, *options); });

  options = std::make_shared<SnapshotOptions>();
  command = group->add_subcommand("show", "Show one snapshot: its tables and their sizes");
  add_dir(*command, *options);
  add_position(*command, "--position", options->position,
               "The snapshot of this position (default: the newest)");
  add_examples(*command, {"holdfast snapshot show DIR"});
  on_run(*command, action, [options](const Globals& g) { return snapshot_show(g, *options); });

  options = std::make_shared<SnapshotOptions>();
  command = group->add_subcommand(
      "verify", "Check every byte of each snapshot and load it (exit code 1 if anything is wrong)");
  add_dir(*command, *options);
  add_position(*command, "--position", options->position, "Only the snapshot of this position");
  command->add_flag("--replay", options->replay,
                    "Also replay the log, as much as there is, and compare the digests");
  command->add_option("--archive-dir", options->archive_dir, "Holds older log, for --replay")
      ->type_name("DIR");
  add_examples(*command, {"holdfast snapshot verify DIR",
                          "holdfast snapshot verify DIR --replay --archive-dir ARCHIVE"});
  on_run(*command, action, [options](const Globals& g) { return snapshot_verify(g, *options); });
}

}  // namespace holdfast::tools
