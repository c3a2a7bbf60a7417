// `holdfast wal cut DIR --after POSITION`: takes the end off a log, after telling what is lost.
//
// For an operator who would rather go on from a known position than not at all: damage that no copy
// mends, or a bad day to be done over on a copy. Only with the directory's lock, so never beside a
// server. Nothing is deleted: whole segments (and snapshots behind the position) move into
// DIR/wal-cut-<time>/, and the one that is cut in the middle is there unchanged, too.
//
// The order of steps leaves, wherever it is interrupted, a log that a server starts on: segments
// move away from the last one backwards, and the shortened one takes its place by one rename.
// Thread: the only one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/types.h"
#include "tools/cli/failure.h"
#include "tools/cli/options.h"

namespace holdfast::tools {

struct WalCutOptions {
  std::string dir;
  LogPosition after;                        // the last position that is kept
  std::optional<std::uint64_t> yes_lose;    // agreed to by script: exactly so many records
};

/// What is behind the position.
struct CutLoss {
  std::uint64_t records = 0;      // positions, also those that damage hides
  std::uint64_t unreadable = 0;   // of them
  LogPosition first;
  LogPosition last;
  TimestampNs first_time;
  TimestampNs last_time;
  std::map<CommandKind, std::uint64_t> kinds;
  std::uint64_t authorizations = 0;                 // made there
  AuthorizationId authorization_first;  // their ids: a server gives them again, to others
  AuthorizationId authorization_last;
  std::map<std::uint16_t, std::int64_t> approved;   // held by them and by increments, by currency
  std::map<std::uint16_t, std::int64_t> moved;      // captured, refunded, transferred, posted
  std::vector<std::string> last_answers;            // as `wal dump` shows them
  std::vector<std::string> damage;                  // found behind the position
};

[[nodiscard]] ExitCode wal_cut(const Globals& globals, const WalCutOptions& options);

void add_cut(CLI::App& group, Action& action);

}  // namespace holdfast::tools
