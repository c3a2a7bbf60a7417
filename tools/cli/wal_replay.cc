#include <fmt/core.h>

#include <cstring>

#include "engine/decision.h"
#include "engine/state_machine.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/record_text.h"
#include "tools/cli/report.h"
#include "tools/cli/wal.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

/// "decision approved, not insufficient_funds; amount 2500, not 0": logged first.
std::string difference(const Outcome& logged, const Outcome& replayed) {
  std::string text;
  const auto differ = [&text](std::string_view what, const auto& was, const auto& is) {
    if (was == is) return;
    if (!text.empty()) text += "; ";
    text += fmt::format("{} is {} in the log and {} in the replay", what, was, is);
  };
  differ("decision", decision_name(logged.decision), decision_name(replayed.decision));
  differ("flags", logged.flags, replayed.flags);
  differ("authorization", logged.authorization.value, replayed.authorization.value);
  differ("amount", logged.amount.minor, replayed.amount.minor);
  differ("ledger_balance", logged.ledger_balance.minor, replayed.ledger_balance.minor);
  differ("available_balance", logged.available_balance.minor, replayed.available_balance.minor);
  differ("counterparty_balance", logged.counterparty_balance.minor,
         replayed.counterparty_balance.minor);
  differ("position", logged.position.value, replayed.position.value);
  differ("time", logged.time.ns, replayed.time.ns);
  return text;
}

Failure mismatch(const WalLog& log, const RecordLines& lines, const persistence::Record& record,
                 const std::string& what) {
  std::string line = lines.human(record.command, record.outcome);
  line.erase(line.find_last_not_of('\n') + 1);
  return {.code = ExitCode::not_so,
          .kind = "replay_differs",
          .message = fmt::format("position {} does not come out as logged: {}\n  {}",
                                 record.outcome.position.value, what, line),
          .advice = fmt::format(
              "{} is not what this version of holdfast would have written. Replay it with the "
              "version that wrote it; if that differs too, keep the files and report a bug.",
              log.dir()),
          .request_id = {}};
}

/// What was replayed, besides the state itself.
struct Replayed {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  TimestampNs last_time;
};

Replayed replay_all(WalLog& log, StateMachine& engine) {
  Replayed replayed;
  RecordLines lines;
  Progress progress("replayed", log.segments_bytes());
  while (log.next_block()) {
    log.for_each_record([&](const persistence::Record& record) {
      const Outcome outcome = engine.apply(record.command, record.outcome.time);
      lines.observe(record.command, record.outcome);
      // Plain bytes without padding: equal bytes are equal outcomes.
      if (std::memcmp(&outcome, &record.outcome, sizeof outcome) != 0) {
        throw mismatch(log, lines, record, difference(record.outcome, outcome));
      }
      ++replayed.records;
      replayed.last_time = outcome.time;
      return true;
    });
    const persistence::BlockHeader& header = log.reader().header();
    replayed.bytes += header.block_bytes;
    progress.block(header.record_count(), header.block_bytes);
  }
  return replayed;
}

}  // namespace

ExitCode wal_replay(const Globals& globals, const std::string& dir, const std::string& archive_dir) {
  WalLog log(dir, archive_dir);
  StateMachine engine;
  const std::uint64_t start_ns = monotonic_ns();
  const Replayed replayed = replay_all(log, engine);
  const std::uint64_t took_ns = monotonic_ns() - start_ns;
  const StatusView status = engine.show_status();
  const double seconds = static_cast<double>(took_ns) / static_cast<double>(kNsPerSecond);

  Report report;
  report.headline = "every outcome came out as logged";
  report.fields = {
      id_field("log_id", "log id", log.identity().log_id),
      count_field("records", "records", replayed.records),
      {"bytes", replayed.bytes, "bytes", bytes_text(replayed.bytes)},
      {"seconds", seconds, "took",
       fmt::format("{}, {} records/s", duration_text(took_ns),
                   count_text(static_cast<std::uint64_t>(static_cast<double>(replayed.records) /
                                                         (seconds > 0 ? seconds : 1))))},
      count_field("accounts", "accounts", status.accounts),
      count_field("cards", "cards", status.cards),
      count_field("programs", "programs", status.programs),
      count_field("authorizations", "authorizations", status.authorizations),
      count_field("open_authorizations", "open of these", status.open_authorizations),
      count_field("request_ids", "request ids", status.request_ids),
      time_field("time", "time", replayed.last_time),
      count_field("position", "position", engine.position().value),
      {"torn_tail", has_torn_tail(log.reader().end()), "", ""},
      text_field("end", "end", end_text(log.reader().end())),
      text_field("digest", "state digest", digest_text(engine.digest())),
  };
  print_report(globals, report);
  return ExitCode::ok;
}

}  // namespace holdfast::tools
