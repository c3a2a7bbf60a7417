// `holdfast wal what-if`: production's log replayed against changed rules, and what would have come
// out otherwise.
//
// Three engines are fed from the log, in step:
//   - the logged world replays it as it was; every outcome is compared with the logged one;
//   - the other world has the changed rules and goes by its own decisions: its holds, balances and
//     counters follow from what it approved itself;
//   - the lone world has the changed rules too, but each payment is judged there with everything
//     before it as production decided it, and then set to production's decision.
// A decision that the other world gives otherwise is a flip. It is direct when the lone judgement
// is otherwise too: the changed rules do it by themselves. Else it is a knock-on effect: it comes
// only from what had come out otherwise before. Thread: the only one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/decision.h"
#include "engine/types.h"
#include "tools/cli/failure.h"
#include "tools/cli/options.h"
#include "tools/cli/replay_start.h"
#include "tools/cli/rule_set.h"
#include "tools/cli/wal_options.h"

namespace holdfast::tools {

/// What becomes of a payment that only the other world approves; the log has no later step for it.
enum class NewlyApproved : std::uint8_t {
  spent,   // captured in full: what is held stays used, for good
  expire,  // never captured: the hold ends when its period is over
};

struct WhatIfProgram {
  ProgramId program;
  std::string file;
  RuleSet rules;
  std::map<std::uint16_t, std::string> names;  // of controls, as the document states them
};

struct WhatIfOptions {
  LogPlace place;
  std::vector<WhatIfProgram> programs;
  /// From where on the documents hold. Not given: from the first activation of a rule set of the
  /// program, or from the program's beginning when the log has none. Where the log no longer begins
  /// with the first command, a program that had rules then is judged by the document from there on.
  std::optional<LogPoint> from;
  NewlyApproved newly_approved = NewlyApproved::spent;
  Wanted wanted = Wanted::newest;  // counts only with `from`; else as much of the log as there is
  std::string html_file;  // empty: none
};

enum class FlipKind : std::uint8_t {
  now_declined,  // approved in the log, declined in the other world
  now_approved,  // the other way round
  other_amount,  // approved in both, for another amount or in another way (partially)
  other_reason,  // declined in both, for another reason
};
inline constexpr std::size_t kFlipKinds = 4;

/// The part of a decision that a person asks for: which control, or which other reason.
struct Cause {
  std::uint16_t control = 0;  // its number; 0: none
  Decision decision{};        // what it led to
  friend auto operator<=>(const Cause&, const Cause&) = default;
};

struct Flip {
  FlipKind kind{};
  bool knock_on = false;
  CommandKind command{};        // authorize or increment
  LogPosition position;         // of the logged decision, and its time
  TimestampNs time;
  RequestId request_id;
  CardToken card;
  ProgramId program;            // of the card then
  CurrencyCode currency;        // of the account, and of all amounts here
  Money asked;
  Decision logged{};
  Decision other{};
  Decision alone{};             // the lone judgement
  Money logged_amount;          // approved; 0 when declined
  Money other_amount;
  Cause cause;                  // why the one world that declined did; both: the other world
};

/// By currency code.
using Sums = std::map<std::uint16_t, std::int64_t>;

/// How many decisions, and what they held.
struct Tally {
  std::uint64_t count = 0;
  Sums money;
  void add(CurrencyCode currency, Money amount);
};

/// How the steps that follow an authorization, and all other commands, came out.
struct StepTally {
  std::uint64_t alike = 0;
  std::uint64_t not_applicable = 0;  // the hold does not exist in the other world
  std::uint64_t otherwise = 0;       // decided otherwise
  std::uint64_t adjusted = 0;        // another amount, since another amount had been approved
  Sums money_not_applicable;         // as the log moved or released it
};

struct WhatIfResult {
  /// Where each document took effect: the first position judged by it.
  std::map<ProgramId, LogPosition> effective;
  LogPosition
      start_position;  // of the snapshot that the replay began with; zero: the first command
  std::uint64_t records = 0;
  std::uint64_t seconds_ns = 0;     // what the replay took
  TimestampNs first_time;           // of the first and last payment that were judged
  TimestampNs last_time;
  Tally judged;                     // payments from there on; money: asked
  Tally approved_logged;
  Tally approved_other;
  std::uint64_t cards = 0;          // that had a payment judged
  std::vector<Flip> flips;          // in the order of the log
  std::map<CommandKind, StepTally> steps;
  std::uint64_t rule_changes_skipped =
      0;  // logged rule set commands of those programs, from there on
  /// Steps of production that the lone world could not repeat, so that knock-on may be told as
  /// direct or the other way round where it matters.
  std::uint64_t lone_gaps = 0;
};

/// Replays the log; fails when it is damaged or does not come out as logged.
[[nodiscard]] WhatIfResult run_what_if(const WhatIfOptions& options);

/// Prints the report; exit code ok, however many flips there are.
[[nodiscard]] ExitCode wal_what_if(const Globals& globals, const WhatIfOptions& options);

/// "P=FILE" into a program with its document read, or why not.
[[nodiscard]] std::expected<WhatIfProgram, std::string> parse_what_if_program(
    const std::string& text);

void add_what_if(CLI::App& group, Action& action);

}  // namespace holdfast::tools
