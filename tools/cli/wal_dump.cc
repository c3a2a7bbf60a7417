#include "tools/cli/gateway.h"
#include "tools/cli/record_csv.h"
#include "tools/cli/record_links.h"
#include "tools/cli/record_text.h"
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
    case DumpFormat::csv: return record_csv(command, outcome, linked, lines.currencies_of(command, outcome));
    case DumpFormat::text: break;
  }
  return lines.human(command, outcome);
}

}  // namespace

ExitCode wal_dump(const Globals&, const WalDumpOptions& options) {
  WalLog log(options.place);
  if (options.skip_damage) log.skip_damage();
  RecordLines lines;
  RecordLinks links;
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
  }
  if (!text.empty()) print_text(text);
  if (!log.skipped().empty()) throw damaged(log.skipped().front());
  return ExitCode::ok;
}

}  // namespace holdfast::tools
