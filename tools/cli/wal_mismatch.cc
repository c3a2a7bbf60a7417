#include "tools/cli/wal_mismatch.h"

#include <fmt/core.h>

#include "engine/decision.h"
#include "tools/cli/record_text.h"

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

}  // namespace

Failure replay_mismatch(const std::string& dir, const persistence::Record& record,
                        const Outcome& replayed, const StateMachine& engine) {
  RecordLines lines;
  lines.know(engine);
  std::string line = lines.human(record.command, record.outcome);
  line.erase(line.find_last_not_of('\n') + 1);
  return {.code = ExitCode::not_so,
          .kind = "replay_differs",
          .message = fmt::format("position {} does not come out as logged: {}\n  {}",
                                 record.outcome.position.value,
                                 difference(record.outcome, replayed), line),
          .advice = fmt::format(
              "{} is not what this version of holdfast would have written. Replay it with the "
              "version that wrote it; if that differs too, keep the files and report a bug.",
              dir),
          .request_id = {}};
}

}  // namespace holdfast::tools
