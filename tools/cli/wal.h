// The `wal` subcommands: each reads the log of a data directory, of a stopped or a running server,
// and changes nothing. Each returns the exit code or throws a `Failure`. Thread: the only one.
#pragma once

#include <limits>
#include <optional>
#include <string>

#include "engine/command.h"
#include "engine/decision.h"
#include "engine/types.h"
#include "tools/cli/failure.h"
#include "tools/cli/options.h"

namespace holdfast::tools {

/// What of the log is shown; what is not given does not restrict.
struct WalDumpOptions {
  std::string dir;
  LogPosition from;
  LogPosition to{std::numeric_limits<std::uint64_t>::max()};
  std::optional<Decision> decision;
  std::optional<CommandKind> kind;
  RequestId request_id;
};

/// Segments with their positions, records, bytes and times.
[[nodiscard]] ExitCode wal_ls(const Globals& globals, const std::string& dir);
/// Each record as a line.
[[nodiscard]] ExitCode wal_dump(const Globals& globals, const WalDumpOptions& options);
/// All that is wrong with the log: exit code `not_so` if anything is. A torn tail is not damage.
[[nodiscard]] ExitCode wal_verify(const Globals& globals, const std::string& dir);
/// Rebuilds the state and compares every outcome with the logged one.
[[nodiscard]] ExitCode wal_replay(const Globals& globals, const std::string& dir,
                                  const std::string& archive_dir = "");

}  // namespace holdfast::tools
