// The `wal` subcommands: each reads the log of a data directory, of a stopped or a running server,
// and changes nothing (but for `wal cut`, see wal_cut.h). Each returns the exit code or throws a
// `Failure`. Thread: the only one.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "engine/command.h"
#include "engine/decision.h"
#include "engine/types.h"
#include "tools/cli/failure.h"
#include "tools/cli/options.h"
#include "tools/cli/replay_start.h"
#include "tools/cli/wal_options.h"

namespace holdfast::tools {

enum class DumpFormat : std::uint8_t { text, json, csv };

/// What of the log is shown; what is not given does not restrict.
struct WalDumpOptions {
  LogPlace place;
  DumpFormat format = DumpFormat::text;
  bool skip_damage = false;          // show what is behind damage too; the exit code tells of it
  LogPosition from;
  LogPosition to{std::numeric_limits<std::uint64_t>::max()};
  std::optional<TimestampNs> since;  // at this time or later
  std::optional<TimestampNs> until;  // before this time
  std::optional<Decision> decision;
  std::optional<CommandKind> kind;
  RequestId request_id;
  AccountId account;                 // also as a transfer's payee, or named for settlement
  CardToken card;
  AuthorizationId authorization;
};

struct WalReplayOptions {
  LogPlace place;
  std::optional<LogPoint> until;  // the last position, or the last time, that is replayed
  bool verify_only = false;       // say only whether all came out as logged, of all there is
  Wanted wanted = Wanted::newest;
};

/// Segments with their positions, records, bytes and times.
[[nodiscard]] ExitCode wal_ls(const Globals& globals, const std::string& dir);
/// Each record as a line.
[[nodiscard]] ExitCode wal_dump(const Globals& globals, const WalDumpOptions& options);
/// All that is wrong with the log: exit code `not_so` if anything is. A torn tail is not damage.
[[nodiscard]] ExitCode wal_verify(const Globals& globals, const std::string& dir);
/// Rebuilds the state, compares every outcome with the logged one, tells the digest and the rate.
[[nodiscard]] ExitCode wal_replay(const Globals& globals, const WalReplayOptions& options);

}  // namespace holdfast::tools
