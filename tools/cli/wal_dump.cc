#include <fmt/core.h>

#include "tools/cli/gateway.h"
#include "tools/cli/record_text.h"
#include "tools/cli/wal.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

bool is_wanted(const WalDumpOptions& options, const Command& command, const Outcome& outcome) {
  if (outcome.position < options.from) return false;
  if (options.decision && outcome.decision != *options.decision) return false;
  if (options.kind && command.kind != *options.kind) return false;
  return options.request_id.is_zero() || command.request_id == options.request_id;
}

}  // namespace

ExitCode wal_dump(const Globals& globals, const WalDumpOptions& options) {
  WalLog log(options.dir);
  RecordLines lines;
  std::string text;
  bool go_on = true;
  // Text leaves block by block, so that what is before some damage has been shown when it is told.
  while (go_on && log.next_block()) {
    log.for_each_record([&](const persistence::Record& record) {
      const auto& [command, outcome] = record;
      if (outcome.position > options.to) {
        go_on = false;
        return false;
      }
      lines.observe(command, outcome);
      if (is_wanted(options, command, outcome)) {
        text += globals.json ? lines.json(command, outcome) : lines.human(command, outcome);
      }
      return true;
    });
    if (!text.empty()) print_text(text);
    text.clear();
  }
  return ExitCode::ok;
}

}  // namespace holdfast::tools
