#include "tools/cli/gateway.h"
#include "tools/cli/record_csv.h"
#include "tools/cli/record_links.h"
#include "tools/cli/record_text.h"
#include "tools/cli/replay_start.h"
#include "tools/cli/wal.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

bool is_wanted(const WalDumpOptions& options, const Command& command, const Outcome& outcome) {
  if (outcome.position < options.from) return false;
  if (options.since && outcome.time < *options.since) return false;
  if (options.decision && outcome.decision != *options.decision) return false;
  if (options.kind && command.kind != *options.kind) return false;
  return options.request_id.is_zero() || command.request_id == options.request_id;
}

bool concerns(const WalDumpOptions& options, const RecordLinks::Linked& linked) {
  if (!options.account.is_zero() && !linked.concerns(options.account)) return false;
  if (!options.card.is_zero() && linked.card != options.card) return false;
  return options.authorization.is_zero() || linked.authorization == options.authorization;
}

std::string line_of(DumpFormat format, const RecordLines& lines, const RecordLinks::Linked& linked,
                    const Command& command, const Outcome& outcome) {
  switch (format) {
    case DumpFormat::json: return lines.json(command, outcome);
    case DumpFormat::csv:
      return record_csv(command, outcome, linked, lines.currencies_of(command, outcome));
    case DumpFormat::text: break;
  }
  return lines.human(command, outcome);
}

/// Where the dump begins, and a state that knows what earlier log told of
/// accounts, cards and holds.
struct DumpStart {
  LogBeginning beginning;
  std::optional<StateMachine> state;
};

/// Nothing may keep a dump from showing what is there: without a snapshot amounts have no currency.
DumpStart dump_start(const WalDumpOptions& options) {
  if (WalLog(options.place, {.after = {}, .anywhere = true}).first() == LogPosition{1}) return {};
  const DumpStart without{.beginning = {.after = {}, .anywhere = true}, .state = {}};
  ReplayFrom from{
      .place = options.place, .point = {}, .wanted = Wanted::oldest, .beside = Beside::lines};
  const auto state_of = [&from](DumpStart begin) {
    return replay_from(from, [&begin](ReplayStart& start) {
      if (!begin.beginning.anywhere) begin.beginning.after = start.position();
      begin.state = start.take_engine();
      return std::move(begin);
    });
  };
  if (options.from.value > 1) {
    from.point = LogPoint{.position = LogPosition{options.from.value - 1}, .time = {}};
    from.wanted = Wanted::newest;
    try {
      return state_of({});
    } catch (const Failure& failure) {
      if (failure.kind != kNoBeginning) throw;
    }
    from.point.reset();
    from.wanted = Wanted::oldest;
  }
  try {
    return state_of({.beginning = without.beginning, .state = {}});
  } catch (const Failure& failure) {
    if (failure.kind != kNoBeginning) throw;
    return {.beginning = without.beginning, .state = {}};
  }
}

}  // namespace

ExitCode wal_dump(const Globals&, const WalDumpOptions& options) {
  const DumpStart start = dump_start(options);
  WalLog log(options.place, start.beginning);
  if (options.skip_damage) log.skip_damage();
  RecordLines lines;
  RecordLinks links;
  if (start.state) {
    lines.know(*start.state);
    links.know(*start.state);
  }
  Progress progress("read", log.bytes_ahead(options.to), Beside::lines);
  std::string text = options.format == DumpFormat::csv ? std::string(kRecordCsvHead) : "";
  bool go_on = true;
  // Text leaves block by block, so that what is before some damage has been shown when it is told.
  while (go_on && log.next_block()) {
    log.for_each_record([&](const persistence::Record& record) {
      const auto& [command, outcome] = record;
      if (outcome.position > options.to || (options.until && outcome.time >= *options.until)) {
        go_on = false;
        return false;
      }
      // Not a block further than asked: what is behind may be damaged.
      go_on = outcome.position != options.to;
      lines.observe(command, outcome);
      links.observe(command, outcome);
      if (!is_wanted(options, command, outcome)) return go_on;
      const RecordLinks::Linked linked = links.linked(command, outcome);
      if (concerns(options, linked)) {
        text += line_of(options.format, lines, linked, command, outcome);
      }
      return go_on;
    });
    if (!text.empty()) print_text(text);
    text.clear();
    progress.add(log.reader().header().record_count(), log.reader().header().block_bytes);
  }
  progress.done();
  if (!text.empty()) print_text(text);
  if (!log.skipped().empty()) throw damaged(log.skipped().front());
  return ExitCode::ok;
}

}  // namespace holdfast::tools
