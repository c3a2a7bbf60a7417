#include <fmt/core.h>

#include <cstring>
#include <vector>

#include "engine/prefetch.h"
#include "engine/state_machine.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/report.h"
#include "tools/cli/wal.h"
#include "tools/cli/wal_log.h"
#include "tools/cli/wal_mismatch.h"

namespace holdfast::tools {
namespace {

/// What was replayed, besides the state itself.
struct Replayed {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  TimestampNs first_time;  // of the first command of a gateway: the server's own come at any time
  TimestampNs last_time;
  bool to_the_end = true;
};

Replayed replay_until(WalLog& log, const std::optional<LogPoint>& until, StateMachine& engine) {
  Replayed replayed;
  std::vector<persistence::Record> records;
  Progress progress("replayed", log.segments_bytes());
  while (replayed.to_the_end && log.next_block()) {
    records.clear();
    log.for_each_record([&records](const persistence::Record& record) {
      records.push_back(record);
      return true;
    });
    for (std::size_t at = 0; at < records.size() && replayed.to_the_end; ++at) {
      const auto& [command, logged] = records[at];
      if (until && until->passed_by(logged)) {
        replayed.to_the_end = false;
        break;
      }
      prefetch_ahead(engine, at, records.size(),
                     [&records](std::size_t i) -> const Command& { return records[i].command; });
      const Outcome outcome = engine.apply(command, logged.time);
      // Plain bytes without padding: equal bytes are equal outcomes.
      if (std::memcmp(&outcome, &logged, sizeof outcome) != 0) {
        throw replay_mismatch(log.place(), records[at], outcome);
      }
      ++replayed.records;
      if (replayed.first_time.ns == 0 && !command.request_id.is_zero()) replayed.first_time = outcome.time;
      replayed.last_time = outcome.time;
      // Not a block further: what is behind may be damaged.
      if (until && until->position == outcome.position) replayed.to_the_end = false;
    }
    const persistence::BlockHeader& header = log.reader().header();
    replayed.bytes += header.block_bytes;
    progress.block(header.record_count(), header.block_bytes);
  }
  return replayed;
}

}  // namespace

namespace {

/// How long the recording took and how much faster this was; nothing for a log of a moment.
void add_recorded(Report& report, const Replayed& replayed, double seconds) {
  const std::uint64_t recorded_ns = replayed.last_time.ns - replayed.first_time.ns;
  if (replayed.first_time.ns == 0 || recorded_ns == 0 || seconds <= 0) {
    report.add_json("recorded_seconds", std::monostate{});
    return;
  }
  const double recorded = static_cast<double>(recorded_ns) / static_cast<double>(kNsPerSecond);
  report.add("recorded_seconds", recorded, "recorded in",
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
  WalLog log(options.place);
  StateMachine engine;
  const std::uint64_t start_ns = monotonic_ns();
  const Replayed replayed = replay_until(log, options.until, engine);
  const std::uint64_t took_ns = monotonic_ns() - start_ns;
  const double seconds = static_cast<double>(took_ns) / static_cast<double>(kNsPerSecond);
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(replayed.records) /
                                               (seconds > 0 ? seconds : 1));
  const bool past_the_log = options.until && options.until->position &&
                            engine.position() < *options.until->position;
  if (past_the_log) {
    throw not_found(fmt::format("the log ends at position {}, before {}", engine.position().value,
                                log_point_text(*options.until)),
                    "Name a position that holdfast wal ls tells.");
  }

  Report report;
  report.headline = "every outcome came out as logged";
  report.fields = {
      id_field("log_id", "log id", log.identity().log_id),
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
  report.fields.push_back(text_field("digest", "state digest",
                                     options.verify_only ? "" : digest_text(engine.digest())));
  print_report(globals, report);
  return ExitCode::ok;
}

}  // namespace holdfast::tools
