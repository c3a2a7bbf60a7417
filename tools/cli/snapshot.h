// The `snapshot` subcommands: `now` asks a running server, the others read the files of a data
// directory, of a stopped or a running server, and change nothing. Each returns the exit code or
// throws a `Failure`. Thread: the only one.
#pragma once

#include <string>

#include "engine/types.h"
#include "tools/cli/failure.h"
#include "tools/cli/options.h"

namespace holdfast::tools {

struct SnapshotOptions {
  std::string dir;
  LogPosition position;     // zero: the newest (show), all (verify)
  std::string archive_dir;  // older log, for `replay`
  bool replay = false;  // verify: compare the digest with a replay of the log from its beginning
};

/// What each file's header tells; `content` is not looked at.
[[nodiscard]] ExitCode snapshot_ls(const Globals& globals, const SnapshotOptions& options);
/// One file: its tables and their pages, after checking all of it.
[[nodiscard]] ExitCode snapshot_show(const Globals& globals, const SnapshotOptions& options);
/// Checks every byte and loads each; exit code `not_so` if anything is wrong.
[[nodiscard]] ExitCode snapshot_verify(const Globals& globals, const SnapshotOptions& options);
/// Has the server take one and waits until it counts.
[[nodiscard]] ExitCode snapshot_now(const Globals& globals, std::uint64_t wait_s);

}  // namespace holdfast::tools
