#include <fmt/core.h>

#include "engine/state_machine.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/replay.h"
#include "tools/cli/report.h"
#include "tools/cli/wal.h"

namespace holdfast::tools {
namespace {

/// How long the recording took and how much faster this was; nothing for a log of a moment.
void add_recorded(Report& report, const Replayed& replayed, double seconds) {
  const std::uint64_t recorded_ns = replayed.last_time.ns - replayed.first_time.ns;
  if (replayed.first_time.ns == 0 || recorded_ns == 0 || seconds <= 0) {
    report.add_json("recorded_seconds", std::monostate{});
    return;
  }
  const double recorded = static_cast<double>(recorded_ns) / static_cast<double>(kNsPerSecond);
  report.add(
      "recorded_seconds", recorded, "recorded in",
      fmt::format("{}, {:.1f} times as long", duration_text(recorded_ns), recorded / seconds));
}

void add_state(Report& report, const StateMachine& engine) {
  const StatusView status = engine.show_status();
  report.fields.push_back(count_field("accounts", "accounts", status.accounts));
  report.fields.push_back(count_field("cards", "cards", status.cards));
  report.fields.push_back(count_field("programs", "programs", status.programs));
  report.fields.push_back(count_field("authorizations", "authorizations", status.authorizations));
  report.fields.push_back(
      count_field("open_authorizations", "open of these", status.open_authorizations));
  report.fields.push_back(count_field("request_ids", "request ids", status.request_ids));
}

}  // namespace

ExitCode wal_replay(const Globals& globals, const WalReplayOptions& options) {
  // To verify is to recompute as much as there is.
  const Wanted wanted = options.wanted == Wanted::newest && options.verify_only ? Wanted::oldest
                                                                                : options.wanted;
  const ReplayFrom from{.place = options.place, .point = options.until, .wanted = wanted};
  return replay_from(from, [&](ReplayStart& start) {
    StateMachine engine = start.take_engine();
    const std::uint64_t start_ns = monotonic_ns();
    const Replayed replayed = replay(start, engine, options.until);
    const std::uint64_t took_ns = monotonic_ns() - start_ns;
    const double seconds = static_cast<double>(took_ns) / static_cast<double>(kNsPerSecond);
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(replayed.records) /
                                                 (seconds > 0 ? seconds : 1));
    WalLog& log = start.log();
    Report report;
    report.headline = "every outcome came out as logged";
    report.fields = {
        id_field("log_id", "log id", log.identity().log_id),
        {"start_position", start.position().value, "began with", start.text()},
        count_field("records", "records", replayed.records),
        {"bytes", replayed.bytes, "bytes", bytes_text(replayed.bytes)},
        {"seconds", seconds, "took",
         fmt::format("{}, {} records/s", duration_text(took_ns), count_text(rate))},
    };
    add_recorded(report, replayed, seconds);
    add_state(report, engine);
    report.fields.push_back(time_field("time", "time", replayed.last_time));
    report.fields.push_back(count_field("position", "position", engine.position().value));
    report.add_json("torn_tail", replayed.to_the_end && has_torn_tail(log.reader().end()));
    report.fields.push_back(
        text_field("end", "end", replayed.to_the_end ? end_text(log.reader().end()) : ""));
    report.fields.push_back(text_field(
        "digest", "state digest",
        options.verify_only ? "" : digest_text(digest_of(engine, start.progress()))));
    start.progress().done();
    print_report(globals, report);
    return ExitCode::ok;
  });
}

}  // namespace holdfast::tools
